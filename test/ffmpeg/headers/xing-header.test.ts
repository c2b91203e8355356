import t from 'tap'
import { XingHeader } from '../../../lib/ffmpeg/headers/xing-header.js'
import { assemble } from '../../support/deferred-header.js'
import { audioInput, ffmpegToFile, ffmpegToPipe, ffprobeJson, packetsOf } from '../../support/media.js'

const tone = audioInput({ seconds: 3, sampleRate: 44_100 })

/** The output of ffmpeg to a pipe and to a file. */
async function both(args: string[], input = tone): Promise<[stream: Buffer, file: Buffer]> {
  const all = [...input, ...args, '-f', 'mp3']
  return [await ffmpegToPipe(all), await ffmpegToFile(all, 'media.mp3')]
}

interface Shown {
  streams: { duration_ts: number }[]
}

async function durationOf(bytes: Buffer): Promise<number> {
  const { streams } = await ffprobeJson<Shown>(bytes, ['-show_entries', 'stream=duration_ts'])
  return streams[0]!.duration_ts
}

/** The duration of all packets, including the encoder's padding. */
async function playedBy(bytes: Buffer): Promise<number> {
  return (await packetsOf(bytes)).reduce((sum, { duration }) => sum + duration!, 0)
}

/** The encoder's padding at both ends, in samples, from the LAME extension in ffmpeg's file. */
function addedIn(file: Buffer): number {
  const at = xingIn(file).readUIntBE(141, 3)
  return (at >> 12) + (at & 0xfff)
}

/** Packets without side data: only the encoder knows how much of the first and the last to skip. */
async function plainPackets(bytes: Buffer) {
  return (await packetsOf(bytes)).map(packet => ({ ...packet, side_data_list: undefined }))
}

/** The bytes from the fields of the Xing or Info frame on. */
function xingIn(bytes: Buffer): Buffer {
  const at = Math.max(bytes.indexOf('Xing'), bytes.indexOf('Info'))
  return bytes.subarray(at)
}

const ENCODINGS: Record<string, string[]> = {
  'a constant bit rate': ['-b:a', '64k'],
  'a variable bit rate': ['-q:a', '3'],
  'two channels': ['-ac', '2', '-b:a', '128k'],
  'MPEG-2, a variable bit rate': ['-ar', '22050', '-q:a', '5'],
  'MPEG-2.5, the lowest bit rate': ['-ar', '8000', '-b:a', '8k'],
  'a tag at its end': ['-write_id3v1', '1', '-metadata', 'title=TAG'],
  'no tag': ['-id3v2_version', '0'],
}

function sampleRateOf(args: readonly string[]): number {
  const at = args.indexOf('-ar')
  return at < 0 ? 44_100 : Number(args[at + 1])
}

for (const [what, args] of Object.entries(ENCODINGS)) {
  t.test(
    `gives an MP3 with ${what} the duration of all its frames, and the packets of ffmpeg's file`,
    async t => {
      const [stream, file] = await both(args)
      const made = assemble(new XingHeader(), stream)
      const [stated, whole] = [await durationOf(file), await playedBy(file)]
      t.equal(await durationOf(made), whole)
      // Since ffmpeg 9, the encoder's padding does not count. A stream does not state it.
      const added = (addedIn(file) * 14_112_000) / sampleRateOf(args)
      t.ok([whole, whole - added].includes(stated), `${stated} of ${whole}`)
      t.same(await plainPackets(made), await plainPackets(file))
      const [ours, theirs] = [xingIn(made), xingIn(file)]
      t.equal(ours.toString('latin1', 0, 4), theirs.toString('latin1', 0, 4), 'Xing or Info')
      t.equal(ours.readUInt32BE(8), theirs.readUInt32BE(8), 'frames')
      t.equal(theirs.readUInt32BE(12) - ours.readUInt32BE(12), file.length - made.length, 'bytes')
    },
  )
}

t.test('points the seek table to each hundredth of the duration', async t => {
  const [stream] = await both(['-q:a', '3'])
  const made = assemble(new XingHeader(), stream)
  const xing = xingIn(made)
  const [frames, bytes] = [xing.readUInt32BE(8), xing.readUInt32BE(12)]
  const packets = await packetsOf(made, ['-show_entries', 'packet=pos'])
  const places = packets.map(packet => Number((packet as unknown as { pos: string }).pos))
  const first = made.length - bytes
  for (let n = 1; n < 100; n++) {
    const place = places[Math.floor((frames * n) / 100)]! - first
    t.equal(xing[16 + n], Math.floor((256 * place) / bytes), `${n} %`)
  }
})

t.test('gives the same result in any chunking', async t => {
  const [stream] = await both(
    ['-b:a', '32k', '-write_id3v1', '1'],
    audioInput({ seconds: 0.3, sampleRate: 44_100 }),
  )
  const made = assemble(new XingHeader(), stream)
  for (let size = 1; size < stream.length; size++) {
    if (!assemble(new XingHeader(), stream, { size }).equals(made)) t.fail(`cut every ${size} bytes`)
  }
})

t.test('pads a longer header within the tag, or with a new one, and keeps the media', async t => {
  for (const version of ['3', '0']) {
    const [stream, file] = await both(['-id3v2_version', version, '-metadata', 'title=kept'])
    const made = assemble(new XingHeader(), stream, { length: 5000 })
    t.equal(made.subarray(5000).compare(stream.subarray(-made.length + 5000)), 0)
    t.same(await plainPackets(made), await plainPackets(file))
    t.equal(await durationOf(made), await playedBy(file))
    const { format } = await ffprobeJson<{ format: { tags?: { title: string } } }>(made, ['-show_format'])
    t.equal(format.tags?.title, version === '3' ? 'kept' : undefined)
    t.throws(() => assemble(new XingHeader(), stream, { length: 100 }), { code: 'AVIO_ERR_HEADER_TOO_LARGE' })
  }
})

t.test('repairs a tag whose size is 0 on a pipe, because of cover art or its length', async t => {
  const long = ['-metadata', `title=${'long '.repeat(8000)}`]
  const image = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=1:duration=1']
  const cover = [...image, '-map', '0', '-map', '1', '-c:v', 'png', '-disposition:v', 'attached_pic']
  for (const version of ['3', '4']) {
    for (const args of [long, [...cover, '-metadata', 'title=kept']]) {
      const [stream, file] = await both([...args, '-id3v2_version', version])
      t.equal(stream.readUInt32BE(6), 0)
      const made = assemble(new XingHeader(), stream, { size: 1000 })
      const frames = file.subarray(10, file.indexOf('Info') - 40)
      t.ok(made.subarray(10).subarray(0, frames.length).equals(frames), "the frames of the file's tag")
      t.same(await plainPackets(made), await plainPackets(file))
      const { format } = await ffprobeJson<{ format: { tags: object } }>(file, ['-show_format'])
      t.match(await ffprobeJson(made, ['-show_format']), { format: { tags: format.tags } })
    }
  }
})

t.test('rejects anything but MP3, and an early end', async t => {
  const [stream] = await both(['-b:a', '64k'])
  t.throws(() => assemble(new XingHeader(), Buffer.alloc(5000)), {
    code: 'AVIO_ERR_HEADER_INVALID',
    message: /no frame/,
  })
  for (const size of [0, 5, 30]) {
    t.throws(() => assemble(new XingHeader(), stream.subarray(0, size)), {
      message: /ended within its header/,
    })
  }
  const endless = Buffer.from(stream)
  endless.fill(0x7f, 6, 10)
  t.throws(() => new XingHeader().write(endless), { message: /limit of 16777216 bytes/ })
})
