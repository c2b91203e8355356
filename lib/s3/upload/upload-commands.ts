import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListPartsCommand,
  type ListPartsCommandOutput,
  PutObjectCommand,
  type PutObjectCommandOutput,
  type S3Client,
  UploadPartCommand,
  type UploadPartCommandOutput,
} from '@aws-sdk/client-s3'
import type { PayloadSigning } from '../request/request-body.js'
import { RequestSeries } from '../request/request-series.js'
import { type SendWithTimeoutOptions, sendWithTimeout } from '../request/send-with-timeout.js'
import { formatCrc32 } from './combine-crc32.js'
import type { PartBuffer } from './part-buffer.js'
import type { S3Location } from '../request/s3-location.js'
import type { OnRetry } from '../request/report-retry.js'
import { type Middleware, type RequestPlace, addMiddleware } from '../request/send-once.js'
import { type UploadOperation, type UploadRequest, inputOf } from './upload-request-option.js'

/** How bytes are protected in transit: by a checksum that the server verifies. */
export type UploadChecksum = 'crc32' | 'md5' | 'none'

/** Timeout of CreateMultipartUpload, in milliseconds, if `stallTimeout` is longer. */
const CREATE_TIMEOUT = 60_000

/** The object to store, and how. */
export interface UploadTarget {
  readonly client: S3Client
  readonly location: S3Location
  readonly contentType: string | undefined
  readonly metadata: Record<string, string> | undefined
  readonly checksum: UploadChecksum
  readonly payloadSigning: PayloadSigning
  readonly ifNoneMatch: '*' | undefined
  readonly request: UploadRequest
  /** Number of attempts per request. */
  readonly maxAttempts: number
  /** Longest time without any data sent or received in a request, in milliseconds. */
  readonly stallTimeout: number
  /** Minimum throughput of a request body, in bytes per second over `stallTimeout`; 0 for none. */
  readonly minThroughput: number
  /** Timeout of CompleteMultipartUpload, in milliseconds. */
  readonly commitTimeout: number
}

/** A response, and its time by the server's clock, in milliseconds since 1970. */
export type Dated<Output> = Output & { readonly serverTime: number | undefined }

/** The output of the SDK's last step. */
interface RawResult {
  readonly response?: { readonly headers?: Record<string, string | undefined> }
}

/** A part stored on the server. */
export interface StoredPart {
  readonly partNumber: number
  /** In bytes. */
  readonly size: number
  /** As the server sent it. */
  readonly etag: string
  /** Its CRC-32, with the checksum `'crc32'`; otherwise 0. */
  readonly crc32: number
}

/**
 * The requests of one upload, each sent once and with a time limit. They reject with the SDK's error, a `TimeoutError`,
 * or an `AbortError`; the caller interprets those.
 */
export class UploadCommands {
  readonly target: UploadTarget
  readonly #parts: RequestSeries
  /** The object's media type; may be set until the first request. */
  contentType: string | undefined
  /** Called before another attempt of a request. */
  onRetry: OnRetry | undefined

  constructor(target: UploadTarget) {
    this.target = target
    this.contentType = target.contentType
    this.#parts = new RequestSeries(target.client)
  }

  /**
   * Creates a multipart upload. Cannot be cancelled: an upload whose response is lost cannot be found again.
   *
   * @param sumsWhole - requests a CRC-32 of the whole object, rather than one computed from those of the parts
   */
  create(sumsWhole: boolean, attempt?: number): Promise<Dated<CreateMultipartUploadCommandOutput>> {
    const input = {
      ...this.#base('CreateMultipartUpload'),
      ...this.#made(),
      ...(this.target.checksum === 'crc32' && { ChecksumAlgorithm: 'CRC32' as const }),
      ...(sumsWhole && { ChecksumType: 'FULL_OBJECT' as const }),
    }
    // Even a destroyed stream waits for this request, so it must not take forever.
    const timeout = Math.min(this.target.stallTimeout, CREATE_TIMEOUT)
    return this.#sendDated(new CreateMultipartUploadCommand(input), { timeout, attempt })
  }

  /** Stores a part. */
  uploadPart(
    uploadId: string,
    partNumber: number,
    part: PartBuffer,
    signal: AbortSignal,
    place?: RequestPlace,
  ): Promise<UploadPartCommandOutput> {
    const input = {
      ...this.#base('UploadPart'),
      UploadId: uploadId,
      PartNumber: partNumber,
      ContentLength: part.size,
      ...this.#sum(part),
    }
    return this.#send(new UploadPartCommand(input), { body: part, series: this.#parts, signal, ...place })
  }

  /**
   * Makes one object of the parts.
   *
   * @param whole - the CRC-32 of the whole for the server to compare, if the upload requested one when created
   */
  complete(
    uploadId: string,
    parts: readonly StoredPart[],
    whole?: { readonly crc32: number | undefined },
    attempt?: number,
  ): Promise<CompleteMultipartUploadCommandOutput> {
    const sums = this.target.checksum === 'crc32'
    const named = parts.map((part): CompletedPart => {
      const { partNumber, etag } = part
      return { PartNumber: partNumber, ETag: etag, ...(sums && { ChecksumCRC32: formatCrc32(part.crc32) }) }
    })
    const input = {
      ...this.#base('CompleteMultipartUpload'),
      UploadId: uploadId,
      MultipartUpload: { Parts: named },
      IfNoneMatch: this.target.ifNoneMatch,
      // S3 refuses to complete an upload without a type if it was created with one.
      ...(whole && { ChecksumType: 'FULL_OBJECT' as const }),
      ...(whole?.crc32 !== undefined && { ChecksumCRC32: formatCrc32(whole.crc32) }),
    }
    const { commitTimeout: timeout } = this.target
    return this.#send(new CompleteMultipartUploadCommand(input), { timeout, attempt })
  }

  /** Aborts an upload and discards its parts. */
  async abort(uploadId: string, signal: AbortSignal, attempt?: number): Promise<void> {
    const input = { ...this.#base('AbortMultipartUpload'), UploadId: uploadId }
    await this.#send(new AbortMultipartUploadCommand(input), { signal, attempt })
  }

  /**
   * Checks whether an upload exists; rejects with a 404 if not. Resolves with false if the response is not about the
   * upload: for example a proxy's page.
   */
  async listParts(uploadId: string, signal?: AbortSignal, attempt?: number): Promise<boolean> {
    const input = { ...this.#base('ListParts'), UploadId: uploadId, MaxParts: 1 }
    const answer = await this.#send(new ListPartsCommand(input), { signal, attempt })
    return answer.UploadId !== undefined
  }

  /** Lists the parts after `marker`, as many as the server likes; rejects with a 404 if there is no such upload. */
  listPage(
    uploadId: string,
    marker: string | undefined,
    signal: AbortSignal,
    attempt?: number,
  ): Promise<ListPartsCommandOutput> {
    const input = { ...this.#base('ListParts'), UploadId: uploadId, PartNumberMarker: marker }
    return this.#send(new ListPartsCommand(input), { signal, attempt })
  }

  /**
   * Stores an object in one piece.
   *
   * @param marked - metadata that identifies this attempt
   */
  put(
    body: PartBuffer,
    marked: Record<string, string> = {},
    attempt?: number,
  ): Promise<PutObjectCommandOutput> {
    const input = {
      ...this.#base('PutObject'),
      ...this.#made(),
      ...(Object.keys(marked).length > 0 && { Metadata: { ...this.target.metadata, ...marked } }),
      IfNoneMatch: this.target.ifNoneMatch,
      ContentLength: body.size,
      ...this.#sum(body),
    }
    return this.#send(new PutObjectCommand(input), { body, attempt, byteOffset: 0 })
  }

  /** Requests the properties of the object under the key. */
  head(attempt?: number): Promise<Dated<HeadObjectCommandOutput>> {
    const mode = this.target.checksum === 'crc32' ? { ChecksumMode: 'ENABLED' as const } : {}
    return this.#sendDated(new HeadObjectCommand({ ...this.#base('HeadObject'), ...mode }), { attempt })
  }

  #base(operation: UploadOperation) {
    const { bucket, key } = this.target.location
    return { ...inputOf(this.target.request, operation), Bucket: bucket, Key: key }
  }

  #made() {
    return { ContentType: this.contentType, Metadata: this.target.metadata }
  }

  #sum(part: PartBuffer) {
    const { checksum } = this.target
    // Ceph 20 checks the CRC only if the request names the algorithm too.
    if (checksum === 'crc32')
      return { ChecksumAlgorithm: 'CRC32' as const, ChecksumCRC32: formatCrc32(part.crc32) }
    if (checksum === 'md5') return { ContentMD5: part.digest('md5').toString('base64') }
    return {}
  }

  async #sendDated<Output>(
    command: Parameters<typeof sendWithTimeout<Output>>[1],
    options: { timeout?: number } & RequestPlace = {},
  ): Promise<Dated<Output>> {
    let date: string | undefined
    const read: Middleware = next => async args => {
      const result = await next(args)
      date = (result as RawResult).response?.headers?.['date']
      return result
    }
    addMiddleware(command, 'avioDate', { step: 'deserialize', priority: 'low' }, read)
    const answer = await this.#send(command, options)
    const serverTime = Date.parse(date ?? '')
    return { ...answer, serverTime: Number.isNaN(serverTime) ? undefined : serverTime }
  }

  #send<Output>(
    command: Parameters<typeof sendWithTimeout<Output>>[1],
    options: Pick<SendWithTimeoutOptions, 'body' | 'signal' | 'series'> & {
      timeout?: number
    } & RequestPlace = {},
  ): Promise<Output> {
    const { client, stallTimeout, minThroughput, payloadSigning } = this.target
    return sendWithTimeout(client, command, {
      timeout: stallTimeout,
      minThroughput,
      payloadSigning,
      ...options,
    })
  }
}
