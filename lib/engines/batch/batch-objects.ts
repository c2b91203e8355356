import type { S3Client } from '@aws-sdk/client-s3'
import { parsePrefix } from '../../job/schema/location.js'
import { optionError } from '../../options.js'
import { listObjects } from '../../s3/list-objects.js'

/** An object of a batch. */
export interface BatchObject {
  readonly url: string
  /** Its ETag, if the listing has it. */
  readonly etag?: string | undefined
}

/** The objects of a batch: a prefix, or their addresses. */
export type BatchSource = string | Iterable<string> | AsyncIterable<string>

/**
 * Lists the objects of a batch, in groups. Memory is that of one group, however many there are.
 *
 * @param source - `s3://bucket/prefix/`, or addresses
 * @param atOnce - the most objects in a group: up to 1,000
 * @throws `OptionError`; the errors of a listing
 */
export async function* batchObjects(
  source: BatchSource,
  { client, signal, atOnce }: { client: S3Client; signal: AbortSignal | undefined; atOnce: number },
): AsyncGenerator<BatchObject[]> {
  const objects = typeof source === 'string' ? listed(source, client, signal, atOnce) : addressed(source)
  let group: BatchObject[] = []
  for await (const object of objects) {
    signal?.throwIfAborted()
    if (group.push(object) < atOnce) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

async function* addressed(source: unknown): AsyncGenerator<BatchObject> {
  for await (const url of addresses(source)) {
    if (typeof url !== 'string' || url === '') throw optionError('source', 'addresses', url)
    yield { url }
  }
}

function addresses(source: unknown): Iterable<unknown> | AsyncIterable<unknown> {
  const value = Object(source) as Iterable<unknown> & AsyncIterable<unknown>
  if (typeof value[Symbol.iterator] === 'function' || typeof value[Symbol.asyncIterator] === 'function')
    return value
  throw optionError('source', 's3://bucket/prefix/, or an iterable of addresses', source)
}

async function* listed(
  source: string,
  client: S3Client,
  signal: AbortSignal | undefined,
  pageSize: number,
): AsyncGenerator<BatchObject> {
  const location = parsePrefix(source)
  if (location?.kind !== 's3') throw optionError('source', 's3://bucket/prefix/, with "/" at its end', source)
  const { bucket, key: prefix } = location
  for await (const { key, etag } of listObjects({ client, bucket, prefix, pageSize, signal })) {
    // Consoles mark folders by empty objects.
    if (!key.endsWith('/')) yield { url: `s3://${bucket}/${key}`, etag }
  }
}
