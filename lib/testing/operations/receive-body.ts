import { createHash } from 'node:crypto'
import { AwsChunkedDecoder } from '../wire/aws-chunked.js'
import {
  algorithmOfHeader,
  type ChecksumAlgorithm,
  checksumHeader,
  isChecksum,
  parseAlgorithm,
} from '../wire/checksum.js'
import { ChunkSignatures } from '../wire/chunk-signatures.js'
import { bytesOf, type ContentStore } from '../store/content.js'
import { Intake, type Taken } from './intake.js'
import { memoryContents } from '../store/memory-content.js'
import type { OperationContext } from './operation-context.js'
import { headerOf } from '../wire/s3-request.js'
import { ServiceError } from '../wire/service-error.js'

/**
 * Receives a request's body and checks everything the client said about it: length, `x-amz-content-sha256`, chunk
 * signatures, `Content-MD5`, and one additional checksum as header or trailer. Stores nothing until all checks pass,
 * and leaves nothing behind if one fails.
 */

/** The largest body of one request: 5 GiB. */
const MAX_BODY_BYTES = 5 * 1024 ** 3

/** How to receive a body. */
interface Reception {
  readonly contents: ContentStore
  readonly etag: 'md5' | 'opaque'
  /** A checksum to compute if the client names none. */
  readonly fallback?: ChecksumAlgorithm | undefined
  readonly maxBytes: number
  /** The checksum headers describe the object, not this body. */
  readonly ignoreChecksums?: boolean
}

/** What the client says about its body. */
interface Promised {
  /** Bytes, without framing. */
  readonly length: number
  readonly isChunked: boolean
  /** Base64. */
  readonly md5: string | undefined
  readonly algorithm: ChecksumAlgorithm | undefined
  /** Base64; absent if it comes as a trailer, or not at all. */
  readonly checksum: string | undefined
  /** The name of the trailer with the checksum. */
  readonly trailer: string | undefined
}

function invalid(name: string): ServiceError {
  return new ServiceError('InvalidRequest', { message: `Value for ${name} header is invalid.` })
}

function lengthOf({ request }: OperationContext, isChunked: boolean, maxBytes: number): number {
  const text = headerOf(request, isChunked ? 'x-amz-decoded-content-length' : 'content-length')
  const isAbsent = text === undefined && headerOf(request, 'transfer-encoding') === undefined
  // A PUT must state its length, even if it is 0; a POST or a bucket's PUT may have no body at all.
  if (isAbsent && (request.method !== 'PUT' || request.key === undefined)) return 0
  if (text === undefined || !/^\d+$/.test(text)) throw new ServiceError('MissingContentLength')
  const length = Number(text)
  if (length <= maxBytes) return length
  if (maxBytes < MAX_BODY_BYTES) throw new ServiceError('MalformedXML')
  throw new ServiceError('EntityTooLarge', { fields: { ProposedSize: length, MaxSizeAllowed: maxBytes } })
}

/** The checksum given or announced by the headers. At most one, as a header or as a trailer. */
function promisedChecksum({
  request,
}: OperationContext): Pick<Promised, 'algorithm' | 'checksum' | 'trailer'> {
  const header = Object.keys(request.headers).filter(name => algorithmOfHeader(name))
  const trailer = headerOf(request, 'x-amz-trailer')?.trim().toLowerCase()
  if (header.length + (trailer === undefined ? 0 : 1) > 1) {
    throw new ServiceError('InvalidRequest', {
      message: 'Expecting a single x-amz-checksum- header. Multiple checksum types are not allowed.',
    })
  }
  const name = trailer ?? header[0]
  const algorithm = name === undefined ? undefined : algorithmOfHeader(name)
  if (name !== undefined && algorithm === undefined) throw invalid('x-amz-trailer')
  const checksum = header[0] === undefined ? undefined : headerOf(request, header[0])
  if (algorithm && checksum !== undefined && !isChecksum(algorithm, checksum)) throw invalid(header[0]!)
  return { algorithm, checksum, trailer }
}

function readPromises(context: OperationContext, reception: Reception): Promised {
  const { request, authentication } = context
  const isChunked = authentication.payload.startsWith('STREAMING-')
  const length = lengthOf(context, isChunked, reception.maxBytes)
  const md5 = headerOf(request, 'content-md5')
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16) throw new ServiceError('InvalidDigest')
  const none = { algorithm: undefined, checksum: undefined, trailer: undefined }
  const named = reception.ignoreChecksums === true ? none : promisedChecksum(context)
  const asked = parseAlgorithm(headerOf(request, 'x-amz-sdk-checksum-algorithm'))
  const algorithm = named.algorithm ?? (reception.ignoreChecksums === true ? undefined : asked)
  return { ...named, length, isChunked, md5, algorithm: algorithm ?? reception.fallback }
}

/** Removes the framing, checks the chain of signatures, and returns the checksum from the trailer. */
async function receiveChunked(
  context: OperationContext,
  promised: Promised,
  intake: Intake,
): Promise<string | undefined> {
  const { payload, seed } = context.authentication
  const isSigned = payload.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')
  if (!isSigned && payload !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') throw new ServiceError('NotImplemented')
  const signatures =
    isSigned && seed && context.settings.verifyPayload ? new ChunkSignatures(seed) : undefined
  let writes: (Promise<void> | undefined)[] = []
  const decoder = new AwsChunkedDecoder({
    data: bytes => {
      signatures?.update(bytes)
      writes.push(intake.write(bytes))
    },
    chunkEnd: signature => signatures?.endChunk(signature),
  })
  await context.body.consume(chunk => {
    writes = []
    decoder.write(chunk)
    return settled(writes)
  })
  decoder.end()
  const signature = decoder.trailers.get('x-amz-trailer-signature')
  decoder.trailers.delete('x-amz-trailer-signature')
  if (promised.trailer === undefined) return undefined
  const lines = [...decoder.trailers].map(([name, value]) => `${name}:${value}\n`).join('')
  signatures?.endTrailer(lines, signature)
  const value = decoder.trailers.get(promised.trailer)
  if (value !== undefined) return value
  throw new ServiceError('InvalidRequest', { message: `The trailer ${promised.trailer} is missing.` })
}

function settled(writes: readonly (Promise<void> | undefined)[]): Promise<void> | undefined {
  const waits = writes.filter(write => write !== undefined)
  return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined)
}

async function receivePlain(context: OperationContext, intake: Intake): Promise<void> {
  const { payload, anonymous } = context.authentication
  const isHashed = /^[0-9a-f]{64}$/i.test(payload)
  if (!isHashed && payload !== 'UNSIGNED-PAYLOAD') {
    throw new ServiceError('InvalidArgument', {
      message: 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a streaming word, or a valid sha256 value.',
      fields: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: payload },
    })
  }
  const sha256 = isHashed && !anonymous && context.settings.verifyPayload ? createHash('sha256') : undefined
  await context.body.consume(chunk => {
    sha256?.update(chunk)
    return intake.write(chunk)
  })
  const computed = sha256?.digest('hex')
  if (computed !== undefined && computed !== payload.toLowerCase()) {
    throw new ServiceError('XAmzContentSHA256Mismatch', {
      fields: { ClientComputedContentSHA256: payload, S3ComputedContentSHA256: computed },
    })
  }
}

function checkDigests(taken: Taken, md5: string | undefined, checksum: string | undefined): void {
  if (md5 !== undefined && taken.md5 !== md5) {
    throw new ServiceError('BadDigest', {
      message: 'The Content-MD5 you specified did not match what we received.',
      fields: { ExpectedDigest: md5, CalculatedDigest: taken.md5 ?? '' },
    })
  }
  if (checksum !== undefined && taken.checksum && checksum !== taken.checksum.value) {
    throw new ServiceError('BadDigest', {
      message: `The ${taken.checksum.algorithm} you specified did not match the calculated checksum.`,
    })
  }
}

/** A checksum as given, if it can be one at all. */
function givenChecksum(algorithm: ChecksumAlgorithm, value: string): Taken['checksum'] {
  if (isChecksum(algorithm, value)) return { algorithm, value }
  throw invalid(checksumHeader(algorithm))
}

async function receive(context: OperationContext, reception: Reception): Promise<Taken> {
  const promised = readPromises(context, reception)
  const { algorithm, md5 } = promised
  const { verifyChecksums } = context.settings
  // Not a checksum that the client only names, or that only the upload asks for: there is no word to take for it.
  const isTrusted = !verifyChecksums && (promised.checksum ?? promised.trailer) !== undefined
  const intake = new Intake(reception.contents, {
    etag: reception.etag,
    algorithm: isTrusted ? undefined : algorithm,
    md5: verifyChecksums && md5 !== undefined,
  })
  let checksum: string | undefined = promised.checksum
  try {
    if (promised.isChunked) checksum = await receiveChunked(context, promised, intake)
    else await receivePlain(context, intake)
    if (intake.size !== promised.length) throw new ServiceError('IncompleteBody')
  } catch (error) {
    await intake.discard()
    throw error
  }
  const taken = await intake.finish()
  try {
    if (isTrusted) return { ...taken, checksum: givenChecksum(algorithm!, checksum!) }
    if (verifyChecksums) checkDigests(taken, md5, checksum)
    return taken
  } catch (error) {
    taken.content.release()
    throw error
  }
}

/**
 * Receives an object's or a part's bytes into the store.
 *
 * @param fallback - a checksum to compute if the client names none
 */
export function receiveContent(context: OperationContext, fallback?: ChecksumAlgorithm): Promise<Taken> {
  const { contents } = context.store
  return receive(context, { contents, etag: context.settings.etag, fallback, maxBytes: MAX_BODY_BYTES })
}

/**
 * Receives a small text body; `MalformedXML` if it is longer than `maxBytes`.
 *
 * @param ignoreChecksums - the checksum headers describe the object, not this body
 */
export async function receiveText(
  context: OperationContext,
  maxBytes: number,
  ignoreChecksums = false,
): Promise<string> {
  const reception = { contents: memoryContents, etag: 'opaque', maxBytes, ignoreChecksums } as const
  const { content } = await receive(context, reception)
  return (await bytesOf(content)).toString()
}
