import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  type CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  type HeadObjectCommandInput,
  type HeadObjectCommandOutput,
  PutObjectCommand,
  type PutObjectCommandInput,
  type PutObjectCommandOutput,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
  UploadPartCommand,
  type UploadPartCommandInput,
  type UploadPartCommandOutput,
} from '@aws-sdk/client-s3'
import type { OpenStore, StoreId } from '../stores.js'

/**
 * A question to an S3 server. The answer is a fact in a few words, so that the page records what a differing server
 * does, not only that it differs.
 */
export interface Question {
  readonly asks: string
  /** The answer according to S3's documentation. */
  readonly s3: string
  /** The answers of differing servers. */
  readonly but?: Partial<Record<StoreId, string>>
  readonly answer: (ask: Asker) => Promise<string>
}

/** The minimum size of a part that is not the last. */
export const PART = 5 * 1024 * 1024
export const SMALL = randomBytes(100_000)
export const PARTS = [randomBytes(PART), randomBytes(PART + 1), randomBytes(12_345)] as const
export const WHOLE = Buffer.concat(PARTS)
/** An ETag that no object has. */
export const OTHER_ETAG = `"${'0'.repeat(32)}"`

/** The ETag of an object or part uploaded in one piece. */
export function etagOf(body: string | Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`
}

/** A stream of `bytes` in chunks of 64 KiB. */
export function streamOf(bytes: Buffer): Readable {
  const chunks = Array.from({ length: Math.ceil(bytes.length / 65536) }, (_, n) =>
    bytes.subarray(n * 65536, (n + 1) * 65536),
  )
  return Readable.from(chunks, { objectMode: false })
}

/** `yes`, or the fault. */
export function yesIf(condition: boolean, otherwise = 'no'): string {
  return condition ? 'yes' : otherwise
}

interface Answer {
  readonly $metadata: { readonly httpStatusCode?: number | undefined }
}

/** The status of a response, with the service's code for errors: `200`, `412 PreconditionFailed`. */
export async function outcome(answer: Promise<Answer>): Promise<string> {
  try {
    return String((await answer).$metadata.httpStatusCode)
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error
    const status = error.$metadata.httpStatusCode
    // An error without a body, as after HEAD, has only a code made up by the SDK.
    const named = !['Unknown', 'UnknownError', 'NotFound', '304', '412'].includes(error.name)
    return `${status}${named ? ` ${error.name}` : ''}`
  }
}

/** Sends the usual requests to one server, in one bucket. */
export class Asker {
  readonly client: S3Client
  readonly bucket: string
  readonly #config: S3ClientConfig
  readonly #clients: S3Client[] = []

  constructor({ config, bucket }: OpenStore) {
    this.#config = config
    this.bucket = bucket
    // Sends each request once: the answer is the server's response, not the result of the SDK's retries.
    this.client = this.clientWith({})
  }

  /** A client of the same server with other settings. */
  clientWith(settings: S3ClientConfig): S3Client {
    const client = new S3Client({ ...this.#config, maxAttempts: 1, ...settings })
    this.#clients.push(client)
    return client
  }

  /** Closes all its clients. */
  close(): void {
    for (const client of this.#clients) client.destroy()
  }

  put(
    Key: string,
    Body: string | Buffer | Readable,
    more: Partial<PutObjectCommandInput> = {},
    client = this.client,
  ): Promise<PutObjectCommandOutput> {
    return client.send(new PutObjectCommand({ Bucket: this.bucket, Key, Body, ...more }))
  }

  /** A GET whose response headers matter; the body is read all the same. */
  async get(Key: string, more: Partial<GetObjectCommandInput> = {}) {
    const output = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key, ...more }))
    return { ...output, bytes: Buffer.from(await output.Body!.transformToByteArray()) }
  }

  head(Key: string, more: Partial<HeadObjectCommandInput> = {}): Promise<HeadObjectCommandOutput> {
    return this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key, ...more }))
  }

  /** Whether the object has these bytes. */
  async holds(key: string, bytes: Buffer | string): Promise<string> {
    const stored = (await this.get(key)).bytes
    return yesIf(stored.equals(Buffer.from(bytes)), `${stored.length} other bytes`)
  }

  /** Begins a multipart upload. */
  async create(Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}): Promise<Upload> {
    const command = new CreateMultipartUploadCommand({ Bucket: this.bucket, Key, ...more })
    const { UploadId } = await this.client.send(command)
    return new Upload(this.client, { Bucket: this.bucket, Key, UploadId })
  }
}

/** One multipart upload: parts, then `complete()` with the parts sent, or with any list. */
export class Upload {
  readonly id: { Bucket: string; Key: string; UploadId: string | undefined }
  readonly #client: S3Client
  readonly #sent = new Map<number, { PartNumber: number; ETag?: string; ChecksumCRC32?: string }>()

  constructor(client: S3Client, id: Upload['id']) {
    this.#client = client
    this.id = id
  }

  /** The parts as CompleteMultipartUpload expects them. */
  get parts() {
    return [...this.#sent.values()].sort((a, b) => a.PartNumber - b.PartNumber)
  }

  async part(
    PartNumber: number,
    Body: string | Buffer | Readable,
    more: Partial<UploadPartCommandInput> = {},
  ): Promise<UploadPartCommandOutput> {
    const command = new UploadPartCommand({ ...this.id, PartNumber, Body, ...more })
    const output = await this.#client.send(command)
    const { ETag, ChecksumCRC32 } = output
    const crc = ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }
    this.#sent.set(PartNumber, { PartNumber, ...(ETag === undefined ? {} : { ETag }), ...crc })
    return output
  }

  complete(
    Parts: readonly object[] = this.parts,
    more: Partial<CompleteMultipartUploadCommandInput> = {},
  ): Promise<CompleteMultipartUploadCommandOutput> {
    const MultipartUpload = { Parts: [...Parts] }
    return this.#client.send(new CompleteMultipartUploadCommand({ ...this.id, MultipartUpload, ...more }))
  }
}
