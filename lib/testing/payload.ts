import { createHash } from 'node:crypto'
import { AwsChunkedDecoder } from './aws-chunked.js'
import { algorithmOfHeader, type ChecksumAlgorithm, isChecksum, parseAlgorithm } from './checksum.js'
import { ChunkSignatures } from './chunk-signatures.js'
import type { Exchange } from './exchange.js'
import { Intake, type Taken } from './intake.js'
import { headerOf } from './s3-request.js'
import { ServiceError } from './service-error.js'

/**
 * Receives the bytes of a PutObject or UploadPart and holds them to everything the client said of them: length,
 * `x-amz-content-sha256`, chunk signatures, `Content-MD5`, and one additional checksum as header or trailer.
 * Until all of it holds, nothing is stored; where something does not, nothing is left.
 */

/** The largest body of one request: 5 GiB. */
const MAX_BODY_BYTES = 5 * 1024 ** 3

interface Promised {
  /** Bytes of the object. */
  readonly length: number
  readonly isChunked: boolean
  readonly isSigned: boolean
  /** Base64. */
  readonly md5: string | undefined
  readonly algorithm: ChecksumAlgorithm | undefined
  /** Base64; absent where it comes as a trailer, or not at all. */
  readonly checksum: string | undefined
  /** The trailer that carries the checksum. */
  readonly trailer: string | undefined
}

function lengthOf(exchange: Exchange, isChunked: boolean): number {
  const { request } = exchange
  const decoded = headerOf(request, 'x-amz-decoded-content-length')
  const text = isChunked ? decoded : headerOf(request, 'content-length')
  if (text === undefined || !/^\d+$/.test(text)) throw new ServiceError('MissingContentLength')
  const length = Number(text)
  if (length > MAX_BODY_BYTES) {
    throw new ServiceError('EntityTooLarge', {
      fields: { ProposedSize: length, MaxSizeAllowed: MAX_BODY_BYTES },
    })
  }
  return length
}

function invalidDigest(name: string): ServiceError {
  return new ServiceError('InvalidRequest', { message: `Value for ${name} header is invalid.` })
}

function readPromises(exchange: Exchange, fallback: ChecksumAlgorithm | undefined): Promised {
  const { request, authentication } = exchange
  const isChunked = authentication.payload.startsWith('STREAMING-')
  const md5 = headerOf(request, 'content-md5')
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16) throw new ServiceError('InvalidDigest')
  const values = Object.keys(request.headers).filter(name => algorithmOfHeader(name))
  const trailer = headerOf(request, 'x-amz-trailer')?.trim().toLowerCase()
  if (values.length + (trailer === undefined ? 0 : 1) > 1) {
    throw new ServiceError('InvalidRequest', {
      message: 'Expecting a single x-amz-checksum- header. Multiple checksum types are not allowed.',
    })
  }
  const name = trailer ?? values[0]
  const algorithm = name === undefined ? undefined : algorithmOfHeader(name)
  if (name !== undefined && algorithm === undefined) throw invalidDigest('x-amz-trailer')
  const checksum = trailer === undefined && name !== undefined ? headerOf(request, name) : undefined
  if (algorithm && checksum !== undefined && !isChecksum(algorithm, checksum)) throw invalidDigest(name!)
  return {
    length: lengthOf(exchange, isChunked),
    isChunked,
    isSigned: authentication.payload.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD'),
    md5,
    algorithm: algorithm ?? parseAlgorithm(headerOf(request, 'x-amz-sdk-checksum-algorithm')) ?? fallback,
    checksum,
    trailer,
  }
}

async function receiveChunked(
  exchange: Exchange,
  promised: Promised,
  intake: Intake,
): Promise<string | undefined> {
  const { seed } = exchange.authentication
  const signatures =
    promised.isSigned && seed && exchange.settings.verifyPayload ? new ChunkSignatures(seed) : undefined
  let wait: Promise<void> | undefined
  const decoder = new AwsChunkedDecoder({
    data: bytes => {
      signatures?.update(bytes)
      const written = intake.write(bytes)
      wait = wait && written ? wait.then(() => written) : (wait ?? written)
    },
    chunkEnd: signature => signatures?.endChunk(signature),
  })
  await exchange.body.consume(chunk => {
    wait = undefined
    decoder.write(chunk)
    return wait
  })
  decoder.end()
  const signature = decoder.trailers.get('x-amz-trailer-signature')
  decoder.trailers.delete('x-amz-trailer-signature')
  if (promised.trailer === undefined) return undefined
  const lines = [...decoder.trailers].map(([name, value]) => `${name}:${value}\n`).join('')
  signatures?.endTrailer(lines, signature)
  const value = decoder.trailers.get(promised.trailer)
  if (value === undefined) {
    throw new ServiceError('InvalidRequest', { message: `The trailer ${promised.trailer} is missing.` })
  }
  return value
}

async function receivePlain(exchange: Exchange, intake: Intake): Promise<void> {
  const { payload, anonymous } = exchange.authentication
  const isHashed = /^[0-9a-f]{64}$/i.test(payload)
  if (!isHashed && payload !== 'UNSIGNED-PAYLOAD') {
    throw new ServiceError('InvalidArgument', {
      message: 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a streaming word, or a valid sha256 value.',
      fields: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: payload },
    })
  }
  const sha256 = isHashed && !anonymous && exchange.settings.verifyPayload ? createHash('sha256') : undefined
  await exchange.body.consume(chunk => {
    sha256?.update(chunk)
    return intake.write(chunk)
  })
  const computed = sha256?.digest('hex') ?? payload.toLowerCase()
  if (isHashed && computed !== payload.toLowerCase()) {
    throw new ServiceError('XAmzContentSHA256Mismatch', {
      fields: { ClientComputedContentSHA256: payload, S3ComputedContentSHA256: computed },
    })
  }
}

/**
 * Receives the request's body into the store.
 *
 * @param fallback - a checksum to compute where the client names none
 */
export async function receiveContent(exchange: Exchange, fallback?: ChecksumAlgorithm): Promise<Taken> {
  const promised = readPromises(exchange, fallback)
  const intake = new Intake(exchange.store.contents, {
    etag: exchange.settings.etag,
    algorithm: promised.algorithm,
    md5: promised.md5 !== undefined,
  })
  let taken: Taken | undefined
  try {
    let checksum = promised.checksum
    if (promised.isChunked) checksum = await receiveChunked(exchange, promised, intake)
    else await receivePlain(exchange, intake)
    if (intake.size !== promised.length) throw new ServiceError('IncompleteBody')
    taken = await intake.finish()
    if (promised.md5 !== undefined && taken.md5 !== promised.md5) {
      throw new ServiceError('BadDigest', {
        message: 'The Content-MD5 you specified did not match what we received.',
        fields: { ExpectedDigest: promised.md5, CalculatedDigest: taken.md5 ?? '' },
      })
    }
    if (checksum !== undefined && taken.checksum && checksum !== taken.checksum.value) {
      throw new ServiceError('BadDigest', {
        message: `The ${taken.checksum.algorithm} you specified did not match the calculated checksum.`,
      })
    }
    return taken
  } catch (error) {
    if (taken) taken.content.release()
    else await intake.discard()
    throw error
  }
}

/** The whole of a small body (XML), checked against its signed hash; `MalformedXML` where it is too long. */
export async function receiveText(exchange: Exchange, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  await exchange.body.consume(chunk => {
    size += chunk.length
    if (size > maxBytes) throw new ServiceError('MalformedXML')
    chunks.push(chunk)
    return undefined
  })
  const bytes = Buffer.concat(chunks)
  const { payload, anonymous } = exchange.authentication
  const isHashed = /^[0-9a-f]{64}$/i.test(payload) && !anonymous && exchange.settings.verifyPayload
  if (isHashed && createHash('sha256').update(bytes).digest('hex') !== payload.toLowerCase()) {
    throw new ServiceError('XAmzContentSHA256Mismatch')
  }
  return bytes.toString()
}
