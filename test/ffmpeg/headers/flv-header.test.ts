import t from 'tap'
import { FlvHeader } from '../../../lib/ffmpeg/headers/flv-header.js'
import { assemble } from '../../support/deferred-header.js'
import * as media from '../../support/media.js'

/** The output of ffmpeg to a pipe and to a file. */
async function both(args: string[]): Promise<[stream: Buffer, file: Buffer]> {
  const all = [...args, '-f', 'flv']
  return [await media.ffmpegToPipe(all), await media.ffmpegToFile(all, 'media.flv')]
}

const tiny = media.videoInput({ seconds: 0.2, size: '32x32' })
const WHOLE: Record<string, string[]> = {
  'H.264': [...tiny, ...media.H264],
  'H.264 with B-frames': [...media.videoInput({ size: '64x48' }), ...media.H264_B_FRAMES],
  'Sorenson H.263': [...tiny, '-c:v', 'flv'],
  'AAC of whole frames': [
    ...media.audioInput({ seconds: 1.024, sampleRate: 16_000 }),
    '-c:a',
    'aac',
    '-af',
    'atrim=end_sample=15360',
  ],
}

for (const [what, args] of Object.entries(WHOLE)) {
  t.test(`turns an FLV with ${what} into ffmpeg's own file, byte for byte`, async t => {
    const [stream, file] = await both(args)
    t.notSame(stream, file)
    t.same(assemble(new FlvHeader(), stream), file)
  })
}

/** Offsets of the bytes that differ. */
const differences = (a: Buffer, b: Buffer) => [...a.keys()].filter(at => a[at] !== b[at])

t.test(
  'differs only by a longer duration if the last packet is truncated, which FLV does not show',
  async t => {
    for (const codec of ['aac', 'libmp3lame', 'pcm_s16le']) {
      const [stream, file] = await both([
        ...media.audioInput({ sampleRate: 44_100, seconds: 0.5 }),
        '-c:a',
        codec,
      ])
      const made = assemble(new FlvHeader(), stream)
      t.equal(made.length, file.length)
      t.ok(
        differences(made, file).every(at => at >= 53 && at < 61),
        'nothing but the duration differs',
      )
      const longer = made.readDoubleBE(53) - file.readDoubleBE(53)
      t.ok(longer >= 0 && longer < 0.05, `${codec}: ${longer} s longer`)
    }
  },
)

t.test('gives the same result in any chunking', async t => {
  const [stream, file] = await both(WHOLE['Sorenson H.263']!)
  for (let size = 1; size <= stream.length; size += size < 1000 ? 1 : 97) {
    if (!assemble(new FlvHeader(), stream, { size }).equals(file)) t.fail(`cut every ${size} bytes`)
  }
})

t.test('keeps other fields, and a header without the two fields', async t => {
  const args = [...WHOLE['H.264']!, '-metadata', 'title=a \0duration of none', '-metadata', 'filesize=text']
  const [stream, file] = await both(args.map(argument => argument.replace('\0', '')))
  t.same(assemble(new FlvHeader(), stream), file)
  for (const flag of ['no_duration_filesize', 'no_metadata']) {
    const [stream] = await both([...WHOLE['H.264']!, '-flvflags', flag])
    t.same(assemble(new FlvHeader(), stream), stream, flag)
  }
})

t.test('refuses to shorten or pad a header', async t => {
  const [stream, file] = await both(WHOLE['H.264']!)
  const size = 13 + 11 + stream.readUIntBE(14, 3) + 4
  t.same(assemble(new FlvHeader(), stream, { length: size }), file)
  t.throws(() => assemble(new FlvHeader(), stream, { length: size - 1 }), {
    code: 'AVIO_ERR_HEADER_TOO_LARGE',
  })
  t.throws(() => assemble(new FlvHeader(), stream, { length: size + 99 }), {
    code: 'AVIO_ERR_HEADER_TOO_LARGE',
    message: /can't be padded/,
  })
})

t.test('rejects anything but FLV, and an end within a tag', async t => {
  const [stream] = await both(WHOLE['H.264']!)
  t.throws(() => new FlvHeader().write(Buffer.alloc(30)), { code: 'AVIO_ERR_HEADER_INVALID' })
  t.throws(() => assemble(new FlvHeader(), stream.subarray(0, 30)), { message: /ended within its header/ })
  t.throws(() => assemble(new FlvHeader(), stream.subarray(0, -1)), { message: /ended within a tag/ })
})
