import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { Upstream } from '../../lib/io/pipeline/upstream.js'
import { FaststartBuilder } from '../../lib/mp4/faststart/faststart-builder.js'
import { FaststartMp4 } from '../../lib/mp4/faststart-mp4.js'
import { chunksOf } from './fmp4.js'
import { FRAGMENTED, ffprobeJson, packetsOf } from './media.js'

const run = promisify(execFile)
const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'

/** A sink that claims the header, and writes it before the kept bytes. */
export class HeadSink extends Writable {
  readonly #upstream = new Upstream(this, 'HeadSink', { claimsHeader: true })
  readonly #chunks: Buffer[] = []
  readonly #length: number | undefined
  file = Buffer.alloc(0)

  /** @param length - the length of the header */
  constructor(length?: number) {
    super()
    this.#length = length
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#chunks.push(chunk)
    callback()
  }

  override _final(callback: (error?: Error) => void): void {
    try {
      this.file = Buffer.concat([this.#upstream.header!.bytes(this.#length), ...this.#chunks])
      callback()
    } catch (error) {
      callback(error as Error)
    }
  }
}

/** The ordinary MP4 that {@link FaststartMp4} makes from a fragmented one. */
export async function progressive(fragmented: Buffer, chunkSize = 64 * 1024): Promise<Buffer> {
  const sink = new HeadSink()
  await pipeline(chunksOf(fragmented, chunkSize), new FaststartMp4(), sink)
  return sink.file
}

/** The same without streams. */
export function assembled(fragmented: Buffer, chunkSize = fragmented.length, length?: number): Buffer {
  const assembly = new FaststartBuilder({ maxBoxSize: 2 ** 24 })
  const media = chunksOf(fragmented, chunkSize).flatMap(chunk => assembly.write(chunk))
  media.push(...assembly.end())
  return Buffer.concat([assembly.head(length), ...media])
}

/** A source as fragmented MP4 and as ffmpeg's own ordinary MP4, both copied from the same packets. */
export async function bothLayouts(
  source: Buffer,
  name: string,
  args: readonly string[] = [],
): Promise<{ fragmented: Buffer; faststart: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), 'avio-streams-progressive-'))
  try {
    const input = join(folder, name)
    await writeFile(input, source)
    const copy = [
      '-v',
      'error',
      '-nostdin',
      '-y',
      '-i',
      input,
      '-map',
      '0',
      '-c',
      'copy',
      '-strict',
      '-2',
      ...args,
    ]
    const faststart = join(folder, 'faststart.mp4')
    // Through a pipe: with a seekable output ffmpeg would go back and fill in durations.
    const pipe = { encoding: 'buffer', maxBuffer: 2 ** 26 } as const
    const { stdout: fragmented } = await run(
      FFMPEG,
      [...copy, ...FRAGMENTED, '-frag_duration', '1000000', 'pipe:1'],
      pipe,
    )
    await run(FFMPEG, [...copy, '-movflags', '+faststart', faststart])
    return { fragmented, faststart: await readFile(faststart) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** ffprobe's report on a file. */
export interface Description {
  readonly streams: Record<string, unknown>[]
  readonly chapters: unknown[]
  readonly format: Record<string, unknown>
}

/** ffprobe's report on a file without the fields that must differ: size, bit rate, brands. */
export async function described(bytes: Buffer): Promise<Description> {
  const asked = ['-show_streams', '-show_format', '-show_chapters', '-show_data_hash', 'md5']
  const description = await ffprobeJson<Description>(bytes, asked)
  const { format, streams } = description
  Object.assign(format, { size: '', bit_rate: '', filename: '' })
  Object.assign(format['tags'] as object, { compatible_brands: '' })
  // ffmpeg adds the bit rate (btrt) to the sample entry of chapters; in fragments it does not know it.
  for (const stream of streams) {
    if (stream['codec_type'] === 'data') Object.assign(stream, { extradata_size: 0, extradata_hash: '' })
  }
  return description
}

/** The packets of each stream, in its own order. */
export async function packetsByStream(bytes: Buffer): Promise<unknown> {
  const packets = await packetsOf(bytes)
  return packets.sort((a, b) => a.stream_index - b.stream_index)
}

/** ffmpeg's errors when it decodes a whole file. */
export async function decoded(bytes: Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'avio-streams-progressive-'))
  try {
    const input = join(folder, 'media.mp4')
    await writeFile(input, bytes)
    const { stderr } = await run(FFMPEG, ['-v', 'error', '-nostdin', '-i', input, '-f', 'null', '-'])
    return stderr
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
