import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { CmafPackager } from '../../lib/hls/cmaf-packager.js'
import type { ImageSheet } from '../../lib/hls/image-store.js'
import type { SegmentStorage, StoredObjectInfo } from '../../lib/hls/storage/segment-storage.js'
import { AAC, H264, audioInput, ffmpegToPipe, videoInput } from './media.js'

/** Renditions for packaging, and a storage in memory that keeps a log. */

/** Fragments at key frames and every 200 ms, so that audio can be cut close to the video. */
const FRAGMENTS = [
  ...['-movflags', '+frag_keyframe+delay_moov+default_base_moof', '-frag_duration', '200000'],
  ...['-f', 'mp4'],
]

/** Eight seconds of video only, a key frame per second. */
export function pictureOf(size: string, { seconds = 8, gop = 25 } = {}): Promise<Buffer> {
  return ffmpegToPipe([...videoInput({ seconds, size }), ...H264, '-g', String(gop), ...FRAGMENTS])
}

/** Eight seconds of audio only. */
export function soundOf({ seconds = 8, channels = 1, language = 'eng' } = {}): Promise<Buffer> {
  const metadata = ['-metadata:s:a:0', `language=${language}`]
  return ffmpegToPipe([...audioInput({ seconds, channels }), ...AAC, ...metadata, ...FRAGMENTS])
}

/** Eight seconds of video and audio in one stream. */
export function bothOf({ seconds = 8 } = {}): Promise<Buffer> {
  return ffmpegToPipe([...videoInput({ seconds }), ...audioInput({ seconds }), ...H264, ...AAC, ...FRAGMENTS])
}

/** A storage in memory, with a log of all calls. */
export class MemoryStorage implements SegmentStorage {
  readonly objects = new Map<string, Buffer>()
  readonly infos = new Map<string, StoredObjectInfo>()
  /** `store NAME` for a stored object, or `delete NAME`. */
  readonly log: string[] = []
  /** Called with the name before an object is stored; storing fails with the thrown error. */
  onStore: (name: string) => void | Promise<void> = () => undefined
  /** The buffer of each object, in bytes. */
  highWaterMark = 16_384

  open(name: string, info: StoredObjectInfo): Writable {
    const chunks: Buffer[] = []
    this.infos.set(name, info)
    return new Writable({
      highWaterMark: this.highWaterMark,
      write: (chunk: Buffer, _encoding, callback) => {
        chunks.push(chunk)
        setImmediate(callback)
      },
      final: callback => {
        const stored = async (): Promise<void> => {
          await this.onStore(name)
          this.objects.set(name, Buffer.concat(chunks))
          this.log.push(`store ${name}`)
        }
        stored().then(() => callback(), callback)
      },
    })
  }

  delete(name: string): Promise<void> {
    this.objects.delete(name)
    this.log.push(`delete ${name}`)
    return Promise.resolve()
  }

  read(name: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.objects.get(name))
  }

  /** The text of an object. */
  text(name: string): string {
    const bytes = this.objects.get(name)
    if (bytes === undefined) throw new Error(`${name} was not stored: ${[...this.objects.keys()].join(' ')}`)
    return bytes.toString()
  }

  /** The names of all objects, sorted. */
  names(): string[] {
    return [...this.objects.keys()].sort()
  }
}

/** Bytes as a stream of chunks of `size`. */
export function chunksOf(bytes: Buffer, size = 4096): Readable {
  const parts = function* (): Generator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  return Readable.from(parts(), { objectMode: false })
}

/** Packages some renditions concurrently; rejects with the packager's own error. */
export async function packageAll(
  packager: CmafPackager,
  renditions: Record<string, Buffer>,
): Promise<Awaited<CmafPackager['result']>> {
  const streams = Object.keys(renditions).map(name => packager.rendition({ name }))
  await Promise.allSettled(
    Object.values(renditions).map((bytes, n) => pipeline(chunksOf(bytes), streams[n]!)),
  )
  return packager.result
}

/** Reads a playlist in a folder with ffprobe: packets of each video stream, and the duration in seconds. */
export async function probePlaylist(path: string): Promise<{ packets: number[]; seconds: number }> {
  const asked = ['-count_packets', '-show_entries', 'stream=codec_type,nb_read_packets:format=duration']
  const ffprobe = process.env['FFPROBE_PATH'] ?? 'ffprobe'
  const { stdout } = await promisify(execFile)(ffprobe, ['-v', 'error', ...asked, '-of', 'json', path])
  const { streams, format } = JSON.parse(stdout) as {
    streams: { codec_type: string; nb_read_packets: string }[]
    format: { duration: string }
  }
  const videos = streams.filter(stream => stream.codec_type === 'video')
  return { packets: videos.map(stream => Number(stream.nb_read_packets)), seconds: Number(format.duration) }
}

/**
 * A sheet with this many tiles of two seconds, three per row, starting at `start`: 1,000 bytes that begin like a JPEG.
 */
export function sheetOf(count: number, start: number): ImageSheet {
  const image = Buffer.alloc(1000)
  image.writeUInt16BE(0xffd8, 0)
  const tiles = Array.from({ length: count }, (_, n) => ({
    ...{ start: start + n * 2, end: start + n * 2 + 2 },
    ...{ x: (n % 3) * 160, y: Math.floor(n / 3) * 90, width: 160, height: 90 },
  }))
  return { image, tiles }
}
