import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { COMPLETE, FRAGMENTED, IMPOSSIBLE, LOSSES } from '../../../lib/ffmpeg/args/muxer-table.js'
import { runOutputs } from '../../support/command.js'
import * as media from '../../support/media.js'

const run = promisify(execFile)
const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'

/** Uncompressed video and audio, which every encoder accepts. */
const raw = (size: string, sampleRate: number, channels = 1) =>
  media.ffmpegToPipe([
    ...media.bothInputs({ seconds: 1, size, sampleRate, channels }),
    ...['-c:v', 'rawvideo', '-pix_fmt', 'yuv420p', '-c:a', 'pcm_s16le', '-f', 'nut'],
  ])

/** The media for testing muxers. */
const SOURCES = {
  small: () => raw('176x144', 44_100),
  pal: () => raw('720x576', 48_000, 2),
  telephone: () => raw('128x128', 8000),
  cues: () => Promise.resolve(Buffer.from('1\n00:00:00,000 --> 00:00:01,000\nhello\n')),
  // A second of silence in AMR (RFC 4867 §5), for which Debian's ffmpeg has no encoder.
  amr: () => Promise.resolve(Buffer.concat([Buffer.from('#!AMR\n'), ...Array<Buffer>(50).fill(amrFrame)])),
} as const
const amrFrame = Buffer.from([0x3c, ...Array<number>(31).fill(0)])

interface Recipe {
  source?: keyof typeof SOURCES
  /** The encoder's arguments, if the muxer's default fails. */
  args?: string
  /** The demuxer's arguments to read it back, if ffmpeg can't guess; null if ffmpeg has no demuxer. */
  read?: string | null
}

const VP8 = { args: '-c:v libvpx -deadline realtime -cpu-used 8' }
const H263 = { args: '-c:v h263 -c:a aac' }
const RECIPES: Readonly<Record<string, Recipe>> = {
  dv: { source: 'pal' },
  dvd: { source: 'pal', args: '-c:v mpeg2video' },
  mxf: { source: 'pal', args: '-c:v mpeg2video -c:a pcm_s16le' },
  dnxhd: { source: 'pal', args: '-c:v dnxhd -profile:v dnxhr_lb -pix_fmt yuv422p' },
  dts: { source: 'pal', args: '-c:a dca -strict -2' },
  mlp: { source: 'pal', args: '-strict -2', read: '-f mlp' },
  truehd: { source: 'pal', args: '-strict -2', read: '-f truehd' },
  spdif: { source: 'pal', read: '-f spdif' },
  amr: { source: 'amr', args: '-c copy' },
  gsm: { source: 'telephone', read: '-f gsm' },
  g723_1: { source: 'telephone', args: '-b:a 6.3k', read: '-f g723_1' },
  g726: { source: 'telephone', args: '-c:a g726', read: '-f g726' },
  g726le: { source: 'telephone', args: '-c:a g726le', read: '-f g726le' },
  g722: { source: 'telephone', read: '-f g722' },
  codec2: { source: 'telephone' },
  codec2raw: { source: 'telephone', read: null },
  obu: { source: 'telephone', args: '-c:v libsvtav1 -preset 12 -svtav1-params lp=1', read: '-f obu' },
  webm: VP8,
  ivf: VP8,
  hevc: { args: '-preset ultrafast -x265-params log-level=none' },
  h264: { args: '-preset ultrafast' },
  dfpwm: { read: '-f dfpwm' },
  aptx: { read: '-f aptx' },
  aptx_hd: { read: '-f aptx_hd' },
  sbc: { read: '-f sbc' },
  latm: { read: '-f loas' },
  alaw: { read: '-f alaw' },
  mulaw: { read: '-f mulaw' },
  vidc: { read: '-f vidc' },
  rawvideo: { read: '-f rawvideo -video_size 176x144' },
  yuv4mpegpipe: { args: '-pix_fmt yuv420p' },
  image2pipe: { args: '-c:v png', read: '-f png_pipe' },
  mjpeg: { read: '-f mjpeg' },
  a64: { read: null },
  avm2: { read: '-f swf' },
  asf_stream: { read: null },
  fits: { args: '-frames:v 1' },
  webp: { args: '-frames:v 1 -c:v libwebp' },
  '3gp': H263,
  '3g2': H263,
  srt: { source: 'cues' },
  webvtt: { source: 'cues' },
  ass: { source: 'cues' },
  lrc: { source: 'cues' },
  ttml: { source: 'cues', read: null },
}
const REPORTS =
  'ffmetadata chromaprint mkvtimestamp_v2 crc md5 hash streamhash framecrc framemd5 framehash'.split(' ')

function recipe(name: string): Required<Recipe> {
  const read = REPORTS.includes(name) ? null : /^([suf]\d+[lb]e|[su]8)$/.test(name) ? `-f ${name}` : ''
  return { source: 'small', args: '', read, ...RECIPES[name] }
}

const words = (line: string) => line.split(' ').filter(word => word !== '')

/** Runs one ffmpeg with a pipe per muxer. */
async function muxAll(input: Buffer, names: readonly string[]): Promise<Map<string, Buffer>> {
  const outputs = names.map(name => ({ format: name, args: words(recipe(name).args) }))
  const result = await runOutputs({ input, outputs })
  if (result.code !== 0) throw new Error(result.log)
  return new Map(names.map((name, n) => [name, result.outputs[n]!]))
}

/** The number of packets of each stream of a file; none for an unreadable file. */
async function packetsIn(file: string): Promise<number[]> {
  try {
    const entries = ['-count_packets', '-show_entries', 'stream=nb_read_packets', '-of', 'json']
    const { stdout } = await run(process.env['FFPROBE_PATH'] ?? 'ffprobe', ['-v', 'error', ...entries, file])
    const { streams } = JSON.parse(stdout) as { streams: { nb_read_packets?: string }[] }
    return streams.map(({ nb_read_packets: packets }) => Number(packets ?? 0))
  } catch {
    return []
  }
}

const isReadable = (packets: readonly number[]) => packets.some(n => n > 0)

/** Reads all files with one ffmpeg, and returns the number of packets of each. */
async function packetsOf(files: readonly { file: string; read: string }[]): Promise<number[]> {
  const inputs = files.flatMap(({ file, read }) => [...words(read), '-i', file])
  const maps = files.flatMap((_, n) => ['-map', String(n)])
  const args = [
    '-nostdin',
    '-v',
    'info',
    ...inputs,
    ...maps,
    '-c',
    'copy',
    '-copyinkf',
    '-f',
    'framecrc',
    'pipe:1',
  ]
  const { stdout, stderr } = await run(FFMPEG, args, { maxBuffer: 64 * 1024 * 1024 })
  const mappings = Array.from(stderr.matchAll(/Stream #(\d+):\d+ -> #0:(\d+)/g), ([, input, stream]) => [
    input,
    stream,
  ])
  const inputOf = new Map(mappings.map(([input, stream]) => [stream, Number(input)]))
  const counts = files.map(() => 0)
  for (const [, stream] of stdout.matchAll(/^(\d+), /gm)) counts[inputOf.get(stream)!]!++
  return counts
}

t.test('writes a readable stream to a pipe with every muxer that streams', async t => {
  const folder = t.testdir()
  const names = [...COMPLETE, ...Object.keys(LOSSES), ...FRAGMENTED]
  const files: { name: string; file: string; read: string }[] = []
  for (const [source, make] of Object.entries(SOURCES)) {
    const outputs = await muxAll(
      await make(),
      names.filter(name => recipe(name).source === source),
    )
    for (const [name, bytes] of outputs) {
      const { read } = recipe(name)
      const file = join(folder, name)
      await writeFile(file, bytes)
      if (read === null) t.ok(bytes.length > 0, name)
      else files.push({ name, file, read })
    }
  }
  const counts = await packetsOf(files)
  for (const [n, { name }] of files.entries()) t.ok(counts[n]! > 0, `${name}: ${counts[n]!} packets`)
})

const video = media.videoInput({ seconds: 0.4, size: '176x144' })
const audio = media.audioInput({ seconds: 0.4 })
const BROKEN: Readonly<Record<string, string[]>> = {
  aiff: audio,
  w64: audio,
  wtv: [...video, ...audio],
  mxf_opatom: [...video, ...words('-s 720x576 -c:v dnxhd -profile:v dnxhr_lb -pix_fmt yuv422p')],
}

t.test('refuses muxers that write unreadable output to a pipe without an error', async t => {
  const folder = t.testdir()
  for (const [name, args] of Object.entries(BROKEN)) {
    t.ok(name in IMPOSSIBLE, name)
    const [good, bad] = [join(folder, `file.${name}`), join(folder, `pipe.${name}`)]
    await writeFile(good, await media.ffmpegToFile([...args, '-f', name], `file.${name}`))
    const { stdout } = await run(FFMPEG, ['-nostdin', '-v', 'error', ...args, '-f', name, 'pipe:1'], {
      encoding: 'buffer',
    }).catch((error: unknown) => error as { stdout: Buffer })
    await writeFile(bad, stdout)
    t.equal(isReadable(await packetsIn(good)), true, `${name} in a file`)
    t.equal(isReadable(await packetsIn(bad)), false, `${name} over a pipe`)
  }
})

t.test('refuses muxers whose own error comes too late', async t => {
  const loud = {
    gxf: '-s 720x576',
    ico: '-s 32x32 -frames:v 1 -c:v bmp',
    avif: '-c:v libaom-av1 -cpu-used 8 -frames:v 1',
  }
  for (const [name, args] of Object.entries(loud)) {
    t.ok(name in IMPOSSIBLE, name)
    await t.rejects(media.ffmpegToPipe([...video, ...words(args), '-f', name]), /seek|stream/)
  }
})

t.test(
  'refuses animated PNG, which on a pipe states 4 Gi − 1 frames, more than the format allows',
  async t => {
    const bytes = await media.ffmpegToPipe([...video, '-f', 'apng'])
    t.equal(bytes.readUInt32BE(bytes.indexOf('acTL') + 4), 0xffffffff)
  },
)

t.test('refuses the segment muxers, which write their own files', async t => {
  const folder = t.testdir()
  await run(FFMPEG, ['-nostdin', '-v', 'quiet', ...video, '-f', 'dash', 'pipe:1'], { cwd: folder })
  t.ok((await readdir(folder)).length > 0)
})

t.test('lists every name once, and only names that ffmpeg knows', async t => {
  const { stdout } = await run(FFMPEG, ['-hide_banner', '-muxers'])
  const known = Array.from(stdout.matchAll(/^ {1,2}[D ]?E[d ]? +(\S+)/gm), ([, names]) =>
    names!.split(','),
  ).flat()
  t.ok(known.length > 100)
  const table = [...COMPLETE, ...Object.keys(LOSSES), ...FRAGMENTED, ...Object.keys(IMPOSSIBLE), 'null']
  t.equal(table.length, new Set(table).size)
  // Devices of other systems, and muxers that some builds omit.
  const elsewhere = 'audiotoolbox decklink sndio whip alsa caca opengl sdl sdl2 pulse fifo_test v4l2'.split(
    ' ',
  )
  const strange = table.filter(name => !known.includes(name) && !elsewhere.includes(name))
  t.same(strange, [])
})
