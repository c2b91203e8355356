import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { FfmpegReadable } from '../../lib/ffmpeg/ffmpeg-readable.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { failPastEnd } from '../../lib/tasks/fail-past-end.js'
import { indexLastMp4 } from '../support/media.js'

t.test('fails the stream for a time past the end, but not for an earlier time', async t => {
  const source = new BytesSource({ bytes: await indexLastMp4({ seconds: 2 }) })
  const read = (time: number) => {
    const output = { format: 'matroska', args: ['-c', 'copy'] }
    const stream = new FfmpegReadable({ input: { source, args: ['-ss', String(time)] }, output })
    failPastEnd(stream, time)
    return buffer(stream)
  }
  t.ok((await read(1)).length > 0)
  await t.rejects(read(60), {
    code: 'AVIO_ERR_FFMPEG_NO_OUTPUT',
    message: /at 60 s: it is 2(\.\d+)? s long/,
  })
})
