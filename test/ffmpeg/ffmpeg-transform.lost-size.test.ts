import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { AAC, audioInput, ffmpegToPipe } from '../support/media.js'

t.test('rejects an index that outgrows what ffmpeg can seek back over on a pipe', async t => {
  // A moov of about 40 kB by its tags alone. ffmpeg writes it with a size of 0 and exits with 0.
  const comment = ['-metadata', `comment=${'long '.repeat(8000)}`]
  const media = await ffmpegToPipe([...audioInput(), ...AAC, ...comment, '-f', 'matroska'])
  const ffmpeg = new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy'] } })
  const output = buffer(ffmpeg)
  output.catch(() => undefined)
  await t.rejects(pipeline(Readable.from([media]), ffmpeg), {
    code: 'AVIO_ERR_OUTPUT_NOT_SEEKABLE',
    message: /"moov" box without a size/,
  })
  await t.rejects(output, { code: 'AVIO_ERR_OUTPUT_NOT_SEEKABLE' })
  t.equal(ffmpeg.readableEnded, false)
})
