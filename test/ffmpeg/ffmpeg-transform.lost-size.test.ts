import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { AAC, audioInput, ffmpegToPipe } from '../support/media.js'

t.test('rejects an index larger than the buffer in which ffmpeg can seek back on a pipe', async t => {
  // The tag makes a moov of about 40 kB. ffmpeg writes it with a size of 0 and exits with 0.
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
