import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { S3Error } from '../../errors.js'
import { retry } from '../../io/async/retry.js'
import { MiB } from '../../options.js'
import { type ObjectState, headObject } from '../../s3/commit/head-object.js'
import { listObjects } from '../../s3/list-objects.js'
import { s3Error } from '../../s3/request/classify-error.js'
import { clientOption } from '../../s3/request/s3-client.js'
import { type S3Location, formatS3Uri } from '../../s3/request/s3-location.js'
import { sendWithTimeout } from '../../s3/request/send-with-timeout.js'
import { S3MultipartWritable } from '../../s3/s3-multipart-writable.js'
import { S3RangeReadable } from '../../s3/s3-range-readable.js'
import { patience } from '../../s3/upload/upload-errors.js'

const TIMEOUT = 60_000
const ATTEMPTS = 5
/** Results are a few kilobytes; those of a package some 150 bytes a segment. */
const LARGEST_JSON = 32 * MiB
const REMOVED_AT_ONCE = 16

/** Settings of {@link WorkStore}. */
export interface WorkStoreSettings {
  readonly client?: S3Client | undefined
  readonly signal?: AbortSignal | undefined
  /** Called for each object that was listed or removed. */
  readonly onAnswer?: (() => void) | undefined
}

/** The small requests that the steps of a plan send. */
export class WorkStore {
  readonly client: S3Client
  readonly #signal: AbortSignal | undefined
  readonly #onAnswer: (() => void) | undefined

  /** @throws `OptionError` for an invalid client */
  constructor({ client, signal, onAnswer }: WorkStoreSettings) {
    this.client = clientOption({ client })
    this.#signal = signal
    this.#onAnswer = onAnswer
  }

  /** The state of an object; `undefined` if there is none. */
  async head(location: S3Location, versionId?: string): Promise<ObjectState | undefined> {
    return await headObject(this.client, location, { versionId, signal: this.#signal })
  }

  /** The value of a JSON object; `undefined` if there is none. */
  async getJson(location: S3Location): Promise<unknown> {
    const { client } = this
    const chunks: Buffer[] = []
    let size = 0
    try {
      for await (const chunk of new S3RangeReadable({ client, ...location, signal: this.#signal })) {
        chunks.push(chunk as Buffer)
        size += (chunk as Buffer).length
        if (size > LARGEST_JSON) throw notJson(location)
      }
      return parsed(Buffer.concat(chunks).toString(), location)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  /** Stores a value as JSON unless the object exists: the first one stays. Returns whether it was stored. */
  async putJsonOnce(location: S3Location, value: unknown): Promise<boolean> {
    const sink = new S3MultipartWritable({
      ...{ client: this.client, ...location, signal: this.#signal },
      ...{ contentType: 'application/json', ifNoneMatch: '*' },
    })
    sink.on('error', () => undefined)
    sink.end(JSON.stringify(value))
    try {
      await sink.result
      return true
    } catch (error) {
      if (error instanceof S3Error && error.code === 'AVIO_ERR_PRECONDITION_FAILED') return false
      throw error
    }
  }

  /** The keys of all objects below a prefix. */
  async list(bucket: string, prefix: string): Promise<string[]> {
    return [...(await this.listSizes(bucket, prefix)).keys()]
  }

  /** The sizes in bytes of all objects below a prefix, by key. */
  async listSizes(bucket: string, prefix: string): Promise<Map<string, number>> {
    const sizes = new Map<string, number>()
    const { client } = this
    for await (const { key, size } of listObjects({ client, bucket, prefix, signal: this.#signal })) {
      sizes.set(key, size)
      this.#onAnswer?.()
    }
    return sizes
  }

  /** Removes objects; a missing object is no error. */
  async remove(bucket: string, keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += REMOVED_AT_ONCE) {
      await Promise.all(keys.slice(at, at + REMOVED_AT_ONCE).map(key => this.#removeOne({ bucket, key })))
    }
  }

  async #removeOne(location: S3Location): Promise<void> {
    const input = { Bucket: location.bucket, Key: location.key }
    const fields = { ...location, operation: 'DeleteObject', attempts: 0 }
    const operation = (attempt: number) => {
      fields.attempts = attempt
      const command = new DeleteObjectCommand(input)
      return sendWithTimeout(this.client, command, { timeout: TIMEOUT, signal: this.#signal, attempt })
    }
    try {
      await retry(operation, patience(ATTEMPTS, this.#signal))
    } catch (error) {
      if (this.#signal?.aborted === true) throw error
      const failure = s3Error(error, 'AVIO_ERR_UPLOAD_FAILED', fields, 'DeleteObject failed for')
      if (!isMissing(failure)) throw failure
    }
    this.#onAnswer?.()
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof S3Error && error.code === 'AVIO_ERR_NO_SUCH_KEY'
}

function parsed(text: string, location: S3Location): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw notJson(location, cause)
  }
}

function notJson(location: S3Location, cause?: unknown): S3Error {
  const message =
    `${formatS3Uri(location)} does not hold the JSON of a result. Does anything else write below this ` +
    'prefix?'
  return new S3Error('AVIO_ERR_BAD_RESPONSE', message, { ...location }, { cause, retryable: false })
}
