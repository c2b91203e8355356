import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { ClipTrack, ProbeReport } from './checks.js'

/** Runs plain ffmpeg and ffprobe on a local file: the reference for the library. */

const run = promisify(execFile)
const MAX_OUTPUT = 256 * 1024 * 1024

/** The ffmpeg under test. */
export const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'
/** The ffprobe under test. */
export const FFPROBE = process.env['FFPROBE_PATH'] ?? 'ffprobe'

/** Runs ffmpeg; returns its standard output. */
export async function ffmpeg(...args: readonly string[]): Promise<Buffer> {
  const { stdout } = await run(FFMPEG, ['-hide_banner', '-nostdin', '-v', 'error', ...args], {
    encoding: 'buffer',
    maxBuffer: MAX_OUTPUT,
  })
  return stdout
}

async function ffprobe<T>(...args: readonly string[]): Promise<T> {
  const { stdout } = await run(FFPROBE, ['-v', 'error', '-of', 'json', ...args], { maxBuffer: MAX_OUTPUT })
  return JSON.parse(stdout) as T
}

/** ffprobe's report on a file. */
export function probed(path: string, input: readonly string[]): Promise<ProbeReport> {
  return ffprobe<ProbeReport>(...input, '-show_format', '-show_streams', '-show_chapters', '-i', path)
}

interface ClipReport {
  readonly streams: readonly { readonly codec_name: string; readonly codec_type: string }[]
  readonly packets: readonly {
    readonly stream_index: number
    readonly pts_time?: string
    readonly duration_time?: string
    readonly data_hash: string
  }[]
}

/** The video and audio tracks of an MP4. */
export async function tracksOf(path: string): Promise<ClipTrack[]> {
  const entries =
    'stream=codec_name,codec_type:packet=stream_index,pts_time,duration_time,data_hash:stream_disposition=:stream_tags='
  const { streams, packets } = await ffprobe<ClipReport>(
    ...['-show_streams', '-show_packets', '-show_data_hash', 'crc32', '-show_entries', entries, '-i', path],
  )
  return streams.flatMap(({ codec_name, codec_type }, n) => {
    if (!['video', 'audio'].includes(codec_type)) return []
    const own = packets.filter(({ stream_index }) => stream_index === n)
    return {
      codec: codec_name,
      packets: own.map(({ pts_time, duration_time, data_hash }) => ({
        ...{ time: Number(pts_time), length: Number(duration_time ?? 0), hash: data_hash },
      })),
    }
  })
}
