// One piece of work in a process of its own, counted: node counted-process.ts <work> <store> <bytes> [<part size>]
import { existsSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { MARK, startCounting } from './count.js'

const [, , work = '', config = '', size = '', part = ''] = process.argv
const BUCKET = 'counted'
const CHUNK = 65_536

const discard = () => new Writable({ write: (_chunk, _encoding, callback) => callback() })

/** The same memory again and again, so that the source itself allocates nothing. */
function* zeros(length: number): Generator<Buffer> {
  const chunk = Buffer.alloc(CHUNK)
  for (let sent = 0; sent < length; sent += CHUNK) yield chunk
}

const { FfmpegTransform, S3MultipartWritable, S3RangeReadable } = await import('../../../lib/index.js')
const client = new S3Client(JSON.parse(config) as S3ClientConfig)

/** With parts of a given size there are as few requests as possible, one at a time. */
const partSize = Number(part)
const reading = part === '' ? {} : { partSize, readAhead: partSize, concurrency: 1 }
const writing = part === '' ? {} : { partSize, concurrency: 1 }
const reader = (key: string) => new S3RangeReadable({ client, bucket: BUCKET, key, ...reading })
const writer = () => new S3MultipartWritable({ client, bucket: BUCKET, key: 'target', ...writing })
/** PCM, copied: as many bytes out as in, at ffmpeg's smallest cost. */
const ffmpeg = () =>
  new FfmpegTransform({ input: { format: 's16le' }, output: { format: 's16le', args: ['-c', 'copy'] } })

const WORK: Readonly<Record<string, (key: string, length: number) => Promise<void>>> = {
  read: key => pipeline(reader(key), discard()),
  upload: (_key, length) =>
    pipeline(Readable.from(zeros(length), { objectMode: false, highWaterMark: CHUNK }), writer()),
  remux: key => pipeline(reader(key), ffmpeg(), writer()),
}

// Modules are loaded, connections opened and ffmpeg asked for its version once a process.
await WORK[work]!('warm', 1 << 20)
const stop = startCounting()
mark()
await WORK[work]!('source', Number(size))
mark()
const counts = stop()
client.destroy()
process.send!(counts, () => process.disconnect())

/** A system call that stands out in a log of them. */
function mark(): void {
  existsSync(MARK)
}
