import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesOnceARun } from './once-a-run.js'

/**
 * Real media for tests, made on demand by the real ffmpeg from its own test sources (`lavfi`). Small, deterministic,
 * and made once in a run of the tests. In a process, equal arguments give the very same Buffer, so copy it
 * (`Buffer.from(bytes)`) before changing it.
 */

const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'
const FFPROBE = process.env['FFPROBE_PATH'] ?? 'ffprobe'
const MAX_OUTPUT = 256 * 1024 * 1024

const cache = new Map<string, Promise<Buffer>>()

function once(key: string, make: () => Promise<Buffer>): Promise<Buffer> {
  let made = cache.get(key)
  if (made === undefined) cache.set(key, (made = onceARun(key, make)))
  return made
}

/** What one ffmpeg makes is nothing that another one makes: `PATH` says which one it is, unless it is a path itself. */
function onceARun(key: string, make: () => Promise<Buffer>): Promise<Buffer> {
  return bytesOnceARun([FFMPEG, process.env['PATH'], key].join('\n'), make)
}

/** Runs a program; resolves with its output, or rejects with its stderr. */
function runFully(
  file: string,
  args: readonly string[],
  input?: Uint8Array,
): Promise<{ stdout: Buffer; stderr: Buffer }> {
  return new Promise((resolve, reject) => {
    const options = { encoding: 'buffer', maxBuffer: MAX_OUTPUT } as const
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${file} ${args.join(' ')}\n${stderr.toString()}`, { cause: error }))
      else resolve({ stdout, stderr })
    })
    // A program may close its input early; its exit code says whether it succeeded.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

/** The same, with stdout alone. */
async function run(file: string, args: readonly string[], input?: Uint8Array): Promise<Buffer> {
  return (await runFully(file, args, input)).stdout
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'avio-streams-media-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const QUIET = ['-hide_banner', '-nostdin', '-loglevel', 'error']

/** The output of `ffmpeg <args> pipe:1`. The arguments must name the format (`-f`). */
export function ffmpegToPipe(args: readonly string[]): Promise<Buffer> {
  return once(`pipe ${args.join('\n')}`, () => run(FFMPEG, [...QUIET, ...args, 'pipe:1']))
}

/** The same with `input` on ffmpeg's stdin (the caller adds `-i pipe:0`). Not cached. */
export function ffmpegThroughPipes(args: readonly string[], input: Uint8Array): Promise<Buffer> {
  const quiet = QUIET.filter(argument => argument !== '-nostdin')
  return run(FFMPEG, [...quiet, ...args, 'pipe:1'], input)
}

/** The file that ffmpeg writes, for muxers that seek; the extension of `name` selects the format. */
export function ffmpegToFile(args: readonly string[], name: string): Promise<Buffer> {
  return once(`file ${name} ${args.join('\n')}`, () =>
    inFolder(async folder => {
      const path = join(folder, name)
      await run(FFMPEG, [...QUIET, '-y', ...args, path])
      return readFile(path)
    }),
  )
}

/**
 * The file that ffmpeg makes from another one.
 *
 * @param before - input arguments
 * @param name - of the new file; its extension selects the format
 */
export function ffmpegFromFile(
  input: Uint8Array,
  before: readonly string[],
  args: readonly string[],
  name: string,
): Promise<Buffer> {
  const digest = createHash('sha256').update(input).digest('hex')
  return onceARun(['from', digest, ...before, '-i', ...args, name].join('\n'), () =>
    inFolder(async folder => {
      const [from, to] = [join(folder, 'input'), join(folder, name)]
      await writeFile(from, input)
      await run(FFMPEG, [...QUIET, '-y', ...before, '-i', from, ...args, to])
      return readFile(to)
    }),
  )
}

/** The output of `ffprobe -of json <args>` for `bytes`, read from a file (so that it can seek). */
export function ffprobeJson<T>(bytes: Uint8Array, args: readonly string[], name = 'media'): Promise<T> {
  return inFolder(async folder => {
    const path = join(folder, name)
    await writeFile(path, bytes)
    const json = await run(FFPROBE, ['-v', 'error', '-of', 'json', ...args, path])
    return JSON.parse(json.toString()) as T
  })
}

/** One packet, with the fields in which two files of the same media must agree. */
export interface Packet {
  codec_type: string
  stream_index: number
  pts?: number
  dts?: number
  duration?: number
  size: string
  flags: string
  data_hash: string
}

/** Every packet of `bytes`, in file order, with an MD5 of its data; a remux must not change them. */
export async function packetsOf(bytes: Uint8Array, args: readonly string[] = []): Promise<Packet[]> {
  const entries = 'packet=codec_type,stream_index,pts,dts,duration,size,flags,data_hash'
  const asked = ['-show_packets', '-show_data_hash', 'md5', '-show_entries', entries, ...args]
  return (await ffprobeJson<{ packets: Packet[] }>(bytes, asked)).packets
}

/** A decoded frame. */
export interface Frame {
  /** Its time, in seconds from the start of the media. */
  time: number
  /** The MD5 of its PNG, the same as from `thumbnails({ exact: true, format: 'png' })`. */
  hash: string
}

/** Every frame of `bytes`, decoded by plain ffmpeg, with the container's times. */
export async function framesOf(
  bytes: Uint8Array,
  name = 'media',
  args: readonly string[] = [],
): Promise<Frame[]> {
  return (await timedFramesOf(bytes, name, args)).frames
}

/** Every frame of a container, and the time at which it begins, in seconds. */
export interface TimedFrames {
  readonly start: number
  readonly frames: Frame[]
}

/** What was decoded: media are made once, and compared to more than one result. */
const decoded = new WeakMap<Uint8Array, Map<string, Promise<TimedFrames>>>()

/** Every frame, as {@link framesOf}, and the time at which the container begins. */
export function timedFramesOf(
  bytes: Uint8Array,
  name = 'media',
  args: readonly string[] = [],
): Promise<TimedFrames> {
  const known = decoded.get(bytes) ?? new Map<string, Promise<TimedFrames>>()
  decoded.set(bytes, known)
  const key = [name, ...args].join('\n')
  const frames = known.get(key) ?? decode(bytes, name, args)
  known.set(key, frames)
  return frames
}

function decode(bytes: Uint8Array, name: string, args: readonly string[]): Promise<TimedFrames> {
  return inFolder(async folder => {
    const path = join(folder, name)
    await writeFile(path, bytes)
    const way = [
      '-fps_mode',
      'passthrough',
      '-enc_time_base:v',
      '1/1000000',
      '-c:v',
      'png',
      '-f',
      'framehash',
    ]
    const input = ['-copyts', '-i', path, '-map', '0:V:0']
    // Its log says when the container begins, as ffprobe does.
    const log = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'info']
    const said = await runFully(FFMPEG, [...log, ...input, ...way, '-hash', 'md5', ...args, 'pipe:1'])
    const start = Number(/^ {2}Duration: .*, start: (-?[\d.]+)/m.exec(said.stderr.toString())?.[1] ?? 0)
    const zero = Math.max(0, start)
    const lines = said.stdout.toString().split('\n')
    const frames = lines.flatMap(line => {
      const [, , pts, , , hash] = line.split(',').map(field => field.trim())
      return hash === undefined || line.startsWith('#') ? [] : [{ time: Number(pts) / 1e6 - zero, hash }]
    })
    return { start, frames }
  })
}

/** The frame shown at a time: the latest one that has begun, or the first before that. */
export function shownAt(frames: readonly Frame[], time: number): Frame {
  // ffmpeg's resolution is a microsecond.
  return frames.findLast(frame => frame.time <= time + 5e-7) ?? frames[0]!
}

/** The shape of a test source. */
export interface SourceOptions {
  /** Seconds of media. Default 2. */
  seconds?: number
  /** Width and height. Default `160x90`. */
  size?: string
  /** Frames per second. Default 25. */
  rate?: number
  /** Samples per second. Default 48000. */
  sampleRate?: number
  /** Channels. Default 1. */
  channels?: number
}

/** Input arguments for test video. */
export function videoInput({ seconds = 2, size = '160x90', rate = 25 }: SourceOptions = {}): string[] {
  return ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`]
}

/** Input arguments for a tone. */
export function audioInput({ seconds = 2, sampleRate = 48_000, channels = 1 }: SourceOptions = {}): string[] {
  const tone = `sine=frequency=440:sample_rate=${sampleRate}:duration=${seconds}`
  const layout = Array.from({ length: channels }, (_, n) => `c${n}=c0`).join('|')
  return ['-f', 'lavfi', '-i', channels === 1 ? tone : `${tone},pan=${channels}c|${layout}`]
}

/** Input arguments for both: input 0 is the video, input 1 the tone. */
export function bothInputs(options: SourceOptions = {}): string[] {
  return [...videoInput(options), ...audioInput(options)]
}

/** Encoder arguments: H.264 with a key frame per second and x264's fastest preset. Bit-exact, so that runs agree. */
export const H264 = [
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-threads', '1'],
  ...['-pix_fmt', 'yuv420p', '-fflags', '+bitexact', '-flags:v', '+bitexact'],
]

/** Encoder arguments: H.264 with two B-frames between references. */
export const H264_B_FRAMES = [...H264, '-bf', '2', '-x264-params', 'b-adapt=0']

/** Encoder arguments: AAC. */
export const AAC = ['-c:a', 'aac', '-b:a', '64k', '-flags:a', '+bitexact']

/** The flags that this library gives ffmpeg for a fragmented MP4 on a pipe. */
export const FRAGMENTED = ['-movflags', '+frag_keyframe+delay_moov+default_base_moof', '-f', 'mp4']

/** Fragmented MP4 on a pipe, H.264 and AAC, one fragment a second. */
export function fragmentedMp4(options: SourceOptions = {}): Promise<Buffer> {
  return ffmpegToPipe([...bothInputs(options), ...H264, ...AAC, ...FRAGMENTED])
}

/** Ordinary MP4 with its index first. */
export function fastStartMp4(options: SourceOptions = {}): Promise<Buffer> {
  return ffmpegToFile([...bothInputs(options), ...H264, ...AAC, '-movflags', '+faststart'], 'fast-start.mp4')
}

/** Ordinary MP4 with its index last, which can't be read from a pipe. */
export function indexLastMp4(options: SourceOptions = {}): Promise<Buffer> {
  return ffmpegToFile([...bothInputs(options), ...H264, ...AAC], 'index-last.mp4')
}

/** MPEG-TS, H.264 and AAC in ADTS. */
export function transportStream(options: SourceOptions = {}): Promise<Buffer> {
  return ffmpegToPipe([...bothInputs(options), ...H264, ...AAC, '-f', 'mpegts'])
}

/** Matroska, H.264 and AAC, cues last. */
export function matroska(options: SourceOptions = {}): Promise<Buffer> {
  return ffmpegToFile([...bothInputs(options), ...H264, ...AAC], 'media.mkv')
}

/** AVI with H.263 and AC-3, its index last. H.263 knows few sizes; this is its second smallest. */
export function avi(options: SourceOptions = {}): Promise<Buffer> {
  const codecs = ['-c:v', 'h263', '-s', '176x144', '-c:a', 'ac3', '-b:a', '96k']
  return ffmpegToFile([...bothInputs(options), ...codecs], 'media.avi')
}
