import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'
import { retry } from '../../io/async/retry.js'
import { optionError } from '../../options.js'
import { parsePrefix } from '../../job/schema/location.js'
import { s3Error } from '../../s3/request/classify-error.js'
import { sendWithTimeout } from '../../s3/request/send-with-timeout.js'
import { patience } from '../../s3/upload/upload-errors.js'

/** An object of a batch. */
export interface BatchObject {
  readonly url: string
  /** Its ETag, if the listing has it. */
  readonly etag?: string | undefined
}

/** The objects of a batch: a prefix, or their addresses. */
export type BatchSource = string | Iterable<string> | AsyncIterable<string>

const TIMEOUT = 60_000
const ATTEMPTS = 5

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
  if (typeof source === 'string') {
    yield* listed(source, client, signal, atOnce)
    return
  }
  let group: BatchObject[] = []
  for await (const url of addresses(source)) {
    signal?.throwIfAborted()
    if (typeof url !== 'string' || url === '') throw optionError('source', 'addresses', url)
    if (group.push({ url }) < atOnce) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
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
  atOnce: number,
): AsyncGenerator<BatchObject[]> {
  const prefix = parsePrefix(source)
  if (prefix?.kind !== 's3') throw optionError('source', 's3://bucket/prefix/, with "/" at its end', source)
  const { bucket, key } = prefix
  let token: string | undefined
  do {
    const command = new ListObjectsV2Command({
      ...{ Bucket: bucket, Prefix: key, MaxKeys: atOnce, ContinuationToken: token },
    })
    const page = await send(command, client, signal, { bucket, key })
    const objects = (page.Contents ?? []).flatMap(({ Key, ETag }) =>
      // Consoles mark folders by empty objects.
      Key === undefined || Key.endsWith('/') ? [] : { url: `s3://${bucket}/${Key}`, etag: ETag },
    )
    if (objects.length > 0) yield objects
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined
  } while (token !== undefined)
}

async function send(
  command: ListObjectsV2Command,
  client: S3Client,
  signal: AbortSignal | undefined,
  location: { bucket: string; key: string },
) {
  const fields = { ...location, operation: 'ListObjectsV2', attempts: 0 }
  try {
    return await retry(
      attempt => {
        fields.attempts = attempt
        return sendWithTimeout(client, command, { timeout: TIMEOUT, signal })
      },
      patience(ATTEMPTS, signal),
    )
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw s3Error(error, 'AVIO_ERR_READ_FAILED', fields, 'ListObjectsV2 failed for')
  }
}
