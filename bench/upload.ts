import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { KiB, MiB } from '../lib/options.js'
import { rawUpload } from './support/raw-upload.js'
import type { Arena, Library, Topic } from './support/topic.js'

const size = 512 * MiB
const WINDOW = { partSize: 8 * MiB, concurrency: 4 }

/** `bytes` in chunks of 64 KiB, each a fresh buffer as from a pipe. */
function chunks(bytes: number): Readable {
  return Readable.from(
    (function* () {
      for (let sent = 0; sent < bytes; sent += 64 * KiB) yield Buffer.alloc(64 * KiB, sent & 255)
    })(),
    { objectMode: false, highWaterMark: 64 * KiB },
  )
}

/** Uploads with S3MultipartWritable. */
export async function uploadOurs(
  arena: Arena,
  load: () => Promise<Library>,
  options: { partSize?: number; concurrency?: number; checksum?: 'crc32' | 'none' } = {},
): Promise<number> {
  const { S3MultipartWritable } = await load()
  const client = new S3Client(arena.client)
  const sink = new S3MultipartWritable({ client, bucket: arena.bucket, key: 'uploaded', ...options })
  await pipeline(chunks(arena.size), sink)
  const { bytes } = await sink.result
  client.destroy()
  return bytes
}

/** Uploads with lib-storage. */
export async function uploadPeer(
  arena: Arena,
  options: { partSize?: number; queueSize?: number } = {},
): Promise<number> {
  const client = new S3Client(arena.client)
  const params = { Bucket: arena.bucket, Key: 'uploaded', Body: chunks(arena.size) }
  const upload = new Upload({ client, params, ...options })
  let bytes = 0
  upload.on('httpUploadProgress', progress => (bytes = progress.loaded ?? 0))
  await upload.done()
  client.destroy()
  return bytes
}

export const topic: Topic = {
  title: 'Upload, unshaped: CPU time',
  setting: 'http to loopback, signed, parts of 8 MiB, 4 at a time',
  size,
  store: 'unshaped',
  contenders: {
    S3MultipartWritable: (arena, load) => uploadOurs(arena, load, WINDOW),
    'lib-storage Upload': arena =>
      uploadPeer(arena, { partSize: WINDOW.partSize, queueSize: WINDOW.concurrency }),
    'node:http alone': arena => rawUpload(arena, chunks(arena.size), WINDOW),
  },
}
