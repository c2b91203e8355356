import { execFile } from 'node:child_process'
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { S3Client } from '@aws-sdk/client-s3'
import { table } from '../examples/support/format.js'
import { FfmpegTransform } from '../lib/ffmpeg/ffmpeg-transform.js'
import { clip } from '../lib/tasks/clip/clip.js'
import { thumbnails } from '../lib/tasks/thumbnails/thumbnails.js'
import { GiB, MiB } from '../lib/options.js'
import { S3Source } from '../lib/s3/s3-source.js'
import { S3RangeReadable } from '../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../lib/testing/index.js'
import { MediaFile } from './support/media-file.js'
import { PlainServer } from './support/plain-server.js'
import { type Read, drawReads } from './support/ranges.js'

/**
 * How many bytes a partial read fetches: the library against ffmpeg reading the same object's URL.
 *
 * npm run bench -- fetched the table npm run bench -- fetched --draw and the charts in docs/images, from the same runs
 */

const execute = promisify(execFile)

interface Case {
  readonly title: string
  /** Bytes that must be read: index, span, and one block per seek. */
  readonly need: number
  readonly ours: (object: S3Source) => Promise<void>
  /** ffmpeg's arguments before and after the URL. */
  readonly theirs: (url: string) => readonly string[]
  /** The name of its chart. */
  readonly picture?: string
}

const BLOCK = MiB
const OBJECT = { bucket: 'bench', key: 'media.mp4' }
const NULL = ['-f', 'null', '-']

/** The bytes of the index, by walking the boxes of the top level. */
async function indexOf(path: string): Promise<{ start: number; end: number }> {
  const file = await open(path)
  const { size } = await file.stat()
  const header = Buffer.alloc(16)
  try {
    for (let at = 0; at < size;) {
      await file.read(header, 0, 16, at)
      const short = header.readUInt32BE(0)
      const length = short === 1 ? Number(header.readBigUInt64BE(8)) : short
      if (header.toString('latin1', 4, 8) === 'moov') return { start: at, end: at + length }
      at += length
    }
  } finally {
    await file.close()
  }
  throw new Error('The file has no index')
}

async function drain(stream: Readable): Promise<void> {
  await pipeline(stream, new PassThrough().resume())
}

function cases(
  client: S3Client,
  size: number,
  index: { start: number; end: number },
  seconds: number,
): Case[] {
  const ofIndex = index.end - index.start
  const middle = Math.floor(seconds / 2) + 0.5
  const perSecond = size / seconds
  const at = ['-ss', String(middle)]
  return [
    {
      title: '10 s clip, copied',
      // From the previous key frame: one every two seconds.
      need: ofIndex + 11.5 * perSecond + 3 * BLOCK,
      ours: async source => drain(clip({ source, start: middle, end: middle + 10 })),
      theirs: url => [...at, '-to', String(middle + 10), '-i', url, '-c', 'copy', '-f', 'matroska', '-'],
      picture: 'clip',
    },
    {
      title: 'one thumbnail',
      need: ofIndex + perSecond / 25 + 3 * BLOCK,
      ours: async source => {
        for await (const { image } of thumbnails({ source, times: [middle], width: 320 })) image.toString()
      },
      theirs: url => ['-noaccurate_seek', ...at, '-i', url, '-frames:v', '1', ...NULL],
    },
    {
      title: 'all of it, index last',
      need: size,
      ours: async () => {
        const reader = new S3RangeReadable({ client, ...OBJECT })
        await pipeline(
          reader,
          new FfmpegTransform({ output: { format: 'mpegts', args: ['-c', 'copy'] } }),
          new PassThrough().resume(),
        )
      },
      theirs: url => ['-i', url, '-c', 'copy', '-f', 'mpegts', '-'],
      picture: 'index-last',
    },
  ]
}

/** Runs every case and prints the table. */
export async function run(draw: boolean, size = GiB): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'avio-bench-'))
  const media = await MediaFile.make(size)
  const path = join(folder, 'media.mp4')
  const store = await LocalS3.start({ buckets: ['bench'] })
  const client = new S3Client(store.clientConfig())
  try {
    await execute('ffmpeg', ['-v', 'error', '-nostdin', '-i', media.path, '-c', 'copy', path])
    const bytes = await readFile(path)
    const index = await indexOf(path)
    store.putSynthetic('bench', 'media.mp4', bytes.length, (start, end) => bytes.subarray(start, end))
    const probe = await execute('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'format=duration',
      '-of',
      'csv=p=0',
      path,
    ])
    const rows: string[][] = []
    for (const one of cases(client, (await stat(path)).size, index, Number(probe.stdout))) {
      store.clearCalls()
      await one.ours(new S3Source({ client, ...OBJECT }))
      await store.idle()
      const ours = {
        bytes: store.calls.reduce((sum, { bytesOut }) => sum + bytesOut, 0),
        requests: store.calls.length,
      }
      const reads = store.calls.map(({ range }): Read => {
        const [, first, last] = /(\d+)-(\d+)/.exec(range ?? '') ?? []
        const [start, end] = [Number(first), Number(last) + 1]
        return { start, end, isIndex: start < index.end && end > index.start }
      })
      if (draw && one.picture !== undefined) {
        const file = new URL(`../docs/images/fetched-${one.picture}.svg`, import.meta.url)
        await writeFile(file, drawReads(one.title, bytes.length, index, reads))
      }
      const plain = await PlainServer.start(path)
      await execute('ffmpeg', ['-v', 'error', '-nostdin', ...one.theirs(plain.url)], {
        encoding: 'buffer',
        maxBuffer: 4 * GiB,
      })
      const theirs = { bytes: plain.bytes, requests: plain.requests }
      await plain.close()
      const mib = (count: number) => `${(count / MiB).toFixed(1)} MiB`
      const times = (count: number) => `${(count / one.need).toFixed(2)} ×`
      rows.push([one.title, mib(one.need), mib(ours.bytes), times(ours.bytes), String(ours.requests)])
      rows.at(-1)!.push(mib(theirs.bytes), times(theirs.bytes), String(theirs.requests))
    }
    console.log(`Bytes fetched of an MP4 of ${(bytes.length / MiB).toFixed(0)} MiB with its index last`)
    console.log(
      'need: index, span and one block of 1 MiB per seek; ffmpeg: the same arguments on a plain URL',
    )
    const head = ['task', 'need', 'avio-streams', '/ need', 'GETs', 'ffmpeg, URL', '/ need', 'GETs']
    console.log(`${table([head, ...rows])}\n`)
  } finally {
    client.destroy()
    await store.close()
    await media.remove()
    await rm(folder, { recursive: true })
  }
}
