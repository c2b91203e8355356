import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { S3Client } from '@aws-sdk/client-s3'
import { table } from '../examples/support/format.js'
import { FfmpegTransform } from '../lib/ffmpeg/ffmpeg-transform.js'
import { KiB, MiB } from '../lib/options.js'
import { S3RangeReadable } from '../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../lib/testing/index.js'
import { MediaFile } from './support/media-file.js'

/**
 * The cost of reading a whole object by range, for containers that may differ by pipe. Unlike speed it does not depend
 * on the machine, so it has limits: 1.2 times the object, a request per block plus eight, and one request for an object
 * that fits into one.
 */

const execute = promisify(execFile)

const BUCKET = 'bench'
const BLOCK = MiB
const MAX_RATIO = 1.2
const MAX_MORE = 8
/** The size of one request. */
const ONE_REQUEST = 512 * KiB

interface Container {
  readonly title: string
  readonly file: string
  /** ffmpeg's arguments that make it from the large file, or from nothing. */
  readonly args: (media: string) => readonly string[]
}

/** The media in all of them. */
const MPEG2 = ['-c:v', 'mpeg2video', '-g', '12', '-bf', '2']
const of = (media: string) => ['-i', media, '-map', '0:v', '-map', '0:a', '-c:v', 'copy']
const CONTAINERS: readonly Container[] = [
  {
    title: 'AVI',
    file: 'media.avi',
    args: media => [...of(media), '-c:a', 'libmp3lame'],
  },
  { title: 'MXF', file: 'media.mxf', args: media => [...of(media), '-c:a', 'pcm_s16le'] },
  { title: 'MP4, index last', file: 'media.mp4', args: media => [...of(media), '-c:a', 'copy'] },
  {
    title: 'GIF',
    file: 'small.gif',
    args: () => ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=3'],
  },
]

/** Makes, stores and reads each; prints a table and reports exceeded limits. */
export async function run(size: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'avio-bench-'))
  const media = await MediaFile.make(size, MPEG2)
  const store = await LocalS3.start({ buckets: [BUCKET] })
  const client = new S3Client(store.clientConfig())
  const rows: string[][] = []
  const exceeded: string[] = []
  try {
    for (const { title, file, args } of CONTAINERS) {
      const path = join(folder, file)
      await execute('ffmpeg', ['-v', 'error', '-nostdin', ...args(media.path), path])
      const bytes = await readFile(path)
      await rm(path)
      const { length } = bytes
      store.putSynthetic(BUCKET, file, length, (start, end) => bytes.subarray(start, end))
      store.clearCalls()
      const stage = new FfmpegTransform({ output: { format: 'framecrc', args: ['-c', 'copy'] } })
      let route = 'pipe'
      stage.on('seek', () => (route = 'address'))
      const reader = new S3RangeReadable({ client, bucket: BUCKET, key: file })
      await pipeline(reader, stage, new PassThrough().resume())
      await store.idle()
      const fetched = store.calls.reduce((sum, { bytesOut }) => sum + bytesOut, 0)
      const gets = store.calls.length
      const most = length <= ONE_REQUEST ? 1 : Math.ceil(length / BLOCK) + MAX_MORE
      const mib = (count: number) => `${(count / MiB).toFixed(1)} MiB`
      rows.push([title, route, mib(length), mib(fetched), `${(fetched / length).toFixed(3)} ×`])
      rows.at(-1)!.push(String(gets), String(most))
      if (route !== 'address') exceeded.push(`${title} is not read by range`)
      if (fetched > MAX_RATIO * length) exceeded.push(`${title}: more than ${MAX_RATIO} × the object`)
      if (gets > most) exceeded.push(`${title}: ${gets} requests, but at most ${most} are allowed`)
    }
    const head = ['container', 'read by', 'object', 'fetched', '/ object', 'GETs', 'at most']
    console.log('Bytes fetched to read a whole object by range')
    console.log(`${table([head, ...rows])}\n`)
    return exceeded
  } finally {
    client.destroy()
    await store.close()
    await media.remove()
    await rm(folder, { recursive: true })
  }
}
