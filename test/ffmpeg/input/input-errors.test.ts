import t from 'tap'
import { discardLimit, emptyInput, needsSeek } from '../../../lib/ffmpeg/input/input-errors.js'

t.test('names the problem, the input and the remedy', async t => {
  t.match(emptyInput(), { code: 'AVIO_ERR_INPUT_INVALID', message: /empty.*did not start/, bytesIn: 0 })
  t.match(needsSeek({ offset: 40, size: 500 }), {
    code: 'AVIO_ERR_INPUT_NEEDS_SEEK',
    message: /mdat at byte 40, 500 bytes.*faststart/,
  })
  t.match(needsSeek({ offset: 40, size: Infinity }), { message: /to the end of the file/ })
  t.match(discardLimit(1000), { code: 'AVIO_ERR_DISCARD_LIMIT', message: /1000 bytes.*"discardLimit"/ })
})
