import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

/** Everything a copy of an input preserves, as ffprobe reports it. */
export interface Facts {
  /** The demuxer, by ffmpeg's names. */
  readonly demuxer: string
  readonly streams: readonly Record<string, unknown>[]
  readonly packets: readonly string[]
  readonly chapters: readonly unknown[]
  readonly tags: Record<string, unknown>
}

interface Report {
  streams?: Record<string, unknown>[]
  packets?: Record<string, unknown>[]
  chapters?: unknown[]
  format?: { format_name?: string; tags?: Record<string, unknown> }
}

/** Fields of a stream to compare. Durations are not among them: a file's end may state them, which a pipe reaches last. */
const OF_STREAM =
  'index codec_name codec_type codec_tag_string width height pix_fmt sample_aspect_ratio sample_rate channels ' +
  'time_base start_pts extradata_size disposition tags'

/** Side data state how many audio samples to drop at both ends. */
const OF_PACKET = 'stream_index pts dts duration size flags data_hash side_data_list'

/** Reads a file with ffprobe, by name or from a pipe. Rejects with ffprobe's last line. */
export async function factsOf(
  ffprobe: string,
  path: string,
  by: 'name' | 'pipe',
  input: readonly string[] = [],
): Promise<Facts> {
  const args = ['-v', 'error', ...input, '-i', by === 'name' ? path : 'pipe:0']
  const show = '-of json -show_streams -show_packets -show_chapters -show_format -show_data_hash crc32'.split(
    ' ',
  )
  const child = spawn(ffprobe, [...args, ...show])
  const [out, err]: Buffer[][] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => out!.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err!.push(chunk))
  const fed =
    by === 'name'
      ? child.stdin.end()
      : pipeline(inPieces(await readFile(path)), child.stdin).catch(() => undefined)
  const code = await new Promise(resolve => child.on('close', resolve))
  await fed
  if (code !== 0) throw new Error(Buffer.concat(err!).toString().trim().split('\n').at(-1))
  const report = JSON.parse(Buffer.concat(out!).toString()) as Report
  return {
    demuxer: report.format?.format_name ?? '',
    streams: (report.streams ?? []).map(stream => ({
      ...Object.fromEntries(
        OF_STREAM.split(' ').flatMap(name => (name in stream ? [[name, stream[name]]] : [])),
      ),
    })),
    packets: (report.packets ?? []).map(packet =>
      OF_PACKET.split(' ')
        .map(name => JSON.stringify(packet[name]))
        .join(' '),
    ),
    chapters: report.chapters ?? [],
    tags: report.format?.tags ?? {},
  }
}

/** The fields in which two inputs differ; empty if they are equal. */
export function differences(plain: Facts, other: Facts): string[] {
  const found: string[] = []
  for (const key of ['streams', 'packets', 'chapters', 'tags'] as const) {
    if (JSON.stringify(plain[key]) === JSON.stringify(other[key])) continue
    found.push(key)
  }
  return found
}

const PIECES = [1, 7, 100, 1000, 4000, 30_000, 70_000]

/** A file in pieces of various lengths, as from a socket but reproducible: some demuxers depend on the lengths. */
function* inPieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0, n = 1; at < bytes.length; n = (n * 48_271) % 0x7fffffff) {
    const end = at + PIECES[n % PIECES.length]!
    yield bytes.subarray(at, end)
    at = end
  }
}
