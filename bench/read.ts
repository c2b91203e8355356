import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { MiB } from '../lib/options.js'
import type { Arena, Library, Topic } from './support/topic.js'

const size = 1024 * MiB

/** Reads with S3RangeReadable and the given window. */
export async function readOurs(
  arena: Arena,
  load: () => Promise<Library>,
  options: { partSize?: number; concurrency?: number; readAhead?: number } = {},
): Promise<number> {
  const { S3RangeReadable } = await load()
  const client = new S3Client(arena.client)
  let bytes = 0
  const source = new S3RangeReadable({ client, bucket: arena.bucket, key: arena.key, ...options })
  for await (const chunk of source) bytes += (chunk as Buffer).length
  client.destroy()
  return bytes
}

/** The usual program: one GetObject, its body read to the end. */
export async function readOneBody(arena: Arena): Promise<number> {
  const client = new S3Client(arena.client)
  let bytes = 0
  const { Body } = await client.send(new GetObjectCommand({ Bucket: arena.bucket, Key: arena.key }))
  for await (const chunk of Body as AsyncIterable<Buffer>) bytes += chunk.length
  client.destroy()
  return bytes
}

export const topic: Topic = {
  title: 'Read, unshaped: CPU time',
  setting: 'loopback, default options',
  size,
  source: 'bytes',
  store: 'unshaped',
  contenders: { S3RangeReadable: readOurs, 'one GetObject body': readOneBody },
}
