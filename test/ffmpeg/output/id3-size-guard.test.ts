import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { FfmpegTransform } from '../../../lib/ffmpeg/ffmpeg-transform.js'
import { Id3SizeGuard } from '../../../lib/ffmpeg/output/id3-size-guard.js'
import { ffmpegToFile } from '../../support/media.js'
import { Collector } from '../../support/sources.js'

const tag = (...size: number[]) => Buffer.from([...Buffer.from('ID3'), 4, 0, 0, ...size])
const audio = Buffer.from([0xff, 0xfb, 0x90, 0x64, 0, 0, 0, 0, 0, 0, 0, 0])

t.test('rejects a tag without a size, in any chunking', async t => {
  const bytes = Buffer.concat([tag(0, 0, 0, 0), audio])
  for (let cut = 1; cut < bytes.length; cut++) {
    const guard = new Id3SizeGuard()
    const check = () => {
      for (let at = 0; at < bytes.length; at += cut) guard.check(bytes.subarray(at, at + cut))
    }
    t.throws(
      check,
      { code: 'AVIO_ERR_OUTPUT_NOT_SEEKABLE', message: /layout: 'file'/ },
      `cut every ${cut} bytes`,
    )
  }
})

t.test('accepts a tag with a size, audio without a tag, and the bytes after either', async t => {
  for (const start of [tag(0, 0, 2, 1), audio]) {
    const guard = new Id3SizeGuard()
    guard.check(start)
    t.doesNotThrow(() => guard.check(tag(0, 0, 0, 0)))
  }
})

t.test('rejects an MP3 with a cover, for which ffmpeg exits with 0', async t => {
  const cover = await ffmpegToFile(
    [
      '-f',
      'lavfi',
      '-i',
      'sine=duration=1',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=320x240:duration=1',
      '-map',
      '0',
    ].concat([
      '-map',
      '1',
      '-frames:v',
      '1',
      '-c:v',
      'png',
      '-disposition:v',
      'attached_pic',
      '-c:a',
      'libmp3lame',
    ]),
    'cover.mp3',
  )
  const run = (args: string[]) =>
    pipeline([cover], new FfmpegTransform({ output: { format: 'mp3', args } }), new Collector())
  await t.rejects(run(['-map', '0', '-c', 'copy']), { code: 'AVIO_ERR_OUTPUT_NOT_SEEKABLE' })
  await t.resolves(run(['-map', '0:a', '-c', 'copy']))
})
