import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { encodeRfc3986, hmac, signingKey } from '../../lib/testing/wire/sigv4.js'
import type { Arena } from './topic.js'

/** How a {@link rawUpload} goes. */
export interface RawUploadOptions {
  /** In bytes. */
  readonly partSize: number
  /** Parts at once. */
  readonly concurrency: number
}

/**
 * A multipart upload with `node:http` and nothing else, as a lower bound: each byte is copied once, into a part whose
 * memory is used again, and each part gets a CRC-32, a SHA-256 for its signature, and a single write. There are no
 * time limits, no retries and no clean-up.
 *
 * @returns the number of bytes stored under `uploaded`
 */
export async function rawUpload(
  arena: Arena,
  source: Readable,
  { partSize, concurrency }: RawUploadOptions,
): Promise<number> {
  const agent = new Agent({ keepAlive: true })
  const send = async (method: string, query: Query, body: Buffer, headers: Record<string, string> = {}) => {
    const payload = createHash('sha256').update(body).digest('hex')
    const { url, signed } = sign(arena, method, query, payload, headers)
    const outgoing = request(url, { method, agent, headers: { ...signed, 'content-length': body.length } })
    outgoing.end(body)
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    const said = await text(answer)
    if (answer.statusCode !== 200) throw new Error(`${method} ${url.search}: ${answer.statusCode} ${said}`)
    return { said, etag: String(answer.headers.etag) }
  }
  const asked = { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' }
  const { said } = await send('POST', { uploads: '' }, Buffer.alloc(0), asked)
  const uploadId = /<UploadId>(.*?)<\/UploadId>/.exec(said)![1]!
  const free: Buffer[] = []
  const underWay = new Set<Promise<void>>()
  const all: Promise<void>[] = []
  const parts: string[] = []
  let bytes = 0
  const put = async (block: Buffer, body: Buffer) => {
    bytes += body.length
    const number = parts.push('')
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(body))
    const checksum = sum.toString('base64')
    const headers = { 'x-amz-checksum-crc32': checksum }
    const { etag } = await send('PUT', { partNumber: String(number), uploadId }, body, headers)
    parts[number - 1] =
      `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag><ChecksumCRC32>${checksum}</ChecksumCRC32></Part>`
    free.push(block)
  }
  let block: Buffer = Buffer.allocUnsafeSlow(partSize)
  let filled = 0
  const start = (body: Buffer) => {
    const done: Promise<void> = put(block, body).finally(() => underWay.delete(done))
    underWay.add(done)
    all.push(done)
    // It fails the upload at one of the waits below.
    done.catch(() => undefined)
  }
  for await (const chunk of source as AsyncIterable<Buffer>) {
    for (let from = 0; from < chunk.length;) {
      const to = Math.min(chunk.length, from + partSize - filled)
      block.set(chunk.subarray(from, to), filled)
      filled += to - from
      from = to
      if (filled < partSize) continue
      if (underWay.size >= concurrency) await Promise.race(underWay)
      start(block)
      block = free.pop() ?? Buffer.allocUnsafeSlow(partSize)
      filled = 0
    }
  }
  if (filled > 0) start(block.subarray(0, filled))
  await Promise.all(all)
  const list = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`
  await send('POST', { uploadId }, Buffer.from(list))
  agent.destroy()
  return bytes
}

type Query = Readonly<Record<string, string>>

const keys = new Map<string, Buffer>()

function cachedKey(secret: string, day: string, region: string): Buffer {
  const name = [secret, day, region].join('\n')
  const key = keys.get(name) ?? signingKey(secret, day, region)
  keys.set(name, key)
  return key
}

/** The URL and the signed headers of a request, by Signature Version 4. */
function sign(
  { client, bucket }: Arena,
  method: string,
  query: Query,
  payload: string,
  headers: Record<string, string>,
) {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const day = date.slice(0, 8)
  const search = Object.entries(query)
    .map(pair => pair.map(encodeRfc3986).join('='))
    .sort()
    .join('&')
  const url = new URL(`${client.endpoint}/${bucket}/uploaded?${search}`)
  const signed: Record<string, string> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': payload,
    'x-amz-date': date,
  }
  const names = Object.keys(signed).sort()
  const fields = names.map(name => `${name}:${signed[name]!}`)
  const canonical = [method, url.pathname, search, ...fields, '', names.join(';'), payload].join('\n')
  const scope = `${day}/${client.region}/s3/aws4_request`
  const hash = createHash('sha256').update(canonical).digest('hex')
  const key = cachedKey(client.credentials.secretAccessKey, day, client.region)
  const signature = hmac(key, ['AWS4-HMAC-SHA256', date, scope, hash].join('\n')).toString('hex')
  const credential = `${client.credentials.accessKeyId}/${scope}`
  signed['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return { url, signed }
}
