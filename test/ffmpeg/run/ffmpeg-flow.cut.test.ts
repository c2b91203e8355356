import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { FfmpegReadable } from '../../../lib/ffmpeg/ffmpeg-readable.js'
import { FfmpegTransform } from '../../../lib/ffmpeg/ffmpeg-transform.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { ffmpegToFile, ffmpegToPipe, ffprobeJson } from '../../support/media.js'

const VIDEO = ['-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=25:d=6']
const AUDIO = ['-f', 'lavfi', '-i', 'sine=d=6:r=44100', '-ac', '2']
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
const FRAGMENTS = ['-movflags', 'frag_keyframe+empty_moov+default_base_moof']

const KINDS: Record<string, readonly string[]> = {
  mp4: [...VIDEO, ...AUDIO, ...H264, '-movflags', '+faststart', '-f', 'mp4'],
  'fragmented mp4': [...VIDEO, ...AUDIO, ...H264, ...FRAGMENTS, '-f', 'mp4'],
  matroska: [...VIDEO, ...AUDIO, ...H264, '-cluster_time_limit', '500', '-f', 'matroska'],
  avi: [...VIDEO, ...AUDIO, '-c:v', 'mpeg4', '-c:a', 'mp2', '-f', 'avi'],
  asf: [...VIDEO, ...AUDIO, '-c:v', 'msmpeg4', '-c:a', 'wmav2', '-f', 'asf'],
  flv: [...VIDEO, ...AUDIO, ...H264, '-f', 'flv'],
  wav: [...AUDIO, '-f', 'wav'],
  rf64: [...AUDIO, '-rf64', 'always', '-f', 'wav'],
  w64: [...AUDIO, '-f', 'w64'],
  aiff: [...AUDIO, '-f', 'aiff'],
  caf: [...AUDIO, '-f', 'caf'],
  au: [...AUDIO, '-f', 'au'],
  flac: [...AUDIO, '-f', 'flac'],
  tta: [...AUDIO, '-f', 'tta'],
  ogg: [...AUDIO, '-c:a', 'libvorbis', '-f', 'ogg'],
}

const COPY = { format: 'matroska', args: ['-c', 'copy'] }

async function drain(stream: AsyncIterable<unknown>): Promise<number> {
  let length = 0
  for await (const chunk of stream) length += (chunk as Buffer).length
  return length
}

async function byPipe(bytes: Buffer, output: { format: string; args: string[] } = COPY): Promise<number> {
  let length = 0
  await pipeline(Readable.from([bytes]), new FfmpegTransform({ output }), async source => {
    length = await drain(source)
  })
  return length
}

function bySeeking(bytes: Buffer, args: string[] = [], output: { format: string; args: string[] } = COPY) {
  return drain(new FfmpegReadable({ input: { source: new BytesSource({ bytes }), args }, output }))
}

/** The offset of a packet in the middle of the file. */
async function sampleBorder(bytes: Buffer): Promise<number> {
  const { packets } = await ffprobeJson<{ packets: { pos?: string }[] }>(bytes, [
    '-show_entries',
    'packet=pos',
  ])
  const places = packets.map(({ pos }) => Number(pos)).filter(place => place > 0)
  places.sort((a, b) => a - b)
  return places[places.length >> 1]!
}

/** ffmpeg 9 trusts the size of 0 that an RF64 or a W64 has on a pipe. */
const NOT_READ = /AVIO_ERR_(FFMPEG_NO_OUTPUT|INPUT_INVALID)/

async function isRead(bytes: Buffer): Promise<boolean> {
  try {
    const { packets } = await ffprobeJson<{ packets: object[] }>(bytes, ['-show_entries', 'packet=pos'])
    return packets.length > 0
  } catch {
    return false
  }
}

const CUT = { code: 'AVIO_ERR_INPUT_PARTIAL' }

for (const [name, args] of Object.entries(KINDS)) {
  t.test(
    `fails to copy ${name} cut between two samples or within one, and copies the whole file`,
    async t => {
      const file = await ffmpegToFile(args, 'media')
      const border = await sampleBorder(file)
      // A page of Ogg, a frame of FLAC and a block of ASF hold several packets.
      for (const place of [border, border + 1, file.length >> 1]) {
        const cut = file.subarray(0, place)
        const isPage = name === 'ogg' && place === border
        if (isPage || (name === 'fragmented mp4' && place === border)) continue
        await t.rejects(byPipe(cut), CUT, `by pipe, cut at ${place}`)
        await t.rejects(bySeeking(cut), CUT, `by seeking, cut at ${place}`)
      }
      t.ok(await byPipe(file))
      t.ok(await bySeeking(file))
      // The first two can't be written to a pipe, and ffmpeg itself can't read the others back.
      if (['aiff', 'mp4', 'rf64', 'w64'].includes(name)) return
      const stream = await ffmpegToPipe(args)
      for (const read of [byPipe, bySeeking]) {
        if (await isRead(stream)) t.ok(await read(stream), 'a stream written to a pipe')
        else await t.rejects(read(stream), { code: NOT_READ }, 'this ffmpeg itself does not read it')
      }
    },
  )
}

t.test('states the expected length, the actual length, and the remedy', async t => {
  const file = await ffmpegToFile(KINDS['wav']!, 'media')
  const cut = file.subarray(0, file.length >> 1)
  const message = new RegExp(
    `truncated \\(WAV\\): .* up to byte ${file.length}, but the input has only ${cut.length} bytes\\. .*download or create it again`,
  )
  await t.rejects(byPipe(cut), { ...CUT, name: 'FfmpegError', message })
})

t.test('judges only the requested part', async t => {
  const file = await ffmpegToFile(KINDS['mp4']!, 'media')
  const cut = file.subarray(0, file.length >> 1)
  const part = (...args: string[]) => ({ format: 'nut', args: ['-c', 'copy', ...args] })
  t.ok(await byPipe(cut, part('-t', '1')))
  t.ok(await bySeeking(cut, ['-t', '1']))
  t.ok(await bySeeking(cut, ['-ss', '1', '-to', '2']))
  t.ok(await bySeeking(cut, [], { format: 'image2pipe', args: ['-frames:v', '1', '-c:v', 'mjpeg'] }))
  await t.rejects(byPipe(cut, part('-t', '5')), CUT)
  await t.rejects(bySeeking(cut, ['-ss', '1', '-to', '5']), CUT, 'a part that reaches past the end')
  await t.rejects(bySeeking(cut, ['-ss', '5', '-to', '6']), CUT, 'a part past the end')
  t.ok(await bySeeking(file, ['-ss', '5', '-to', '100']), 'a request for more than the whole file')
  t.ok(await byPipe(file, part('-t', '100')))
})

t.test('judges the whole input, whichever tracks are mapped', async t => {
  const file = await ffmpegToFile(KINDS['mp4']!, 'media')
  for (const args of [['-an'], ['-map', '0:a']]) {
    const output = { format: 'nut', args: ['-c', 'copy', ...args] }
    t.ok(await byPipe(file, output))
    t.ok(await bySeeking(file, [], output))
    await t.rejects(byPipe(file.subarray(0, file.length >> 1), output), CUT)
    await t.rejects(bySeeking(file.subarray(0, file.length >> 1), [], output), CUT)
  }
})
