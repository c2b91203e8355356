import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { S3Client } from '@aws-sdk/client-s3'
import type { Test } from 'tap'
import { LocalS3, type LocalS3Options } from '../../lib/testing/index.js'
import { encodeRfc3986, hmac, signingKey } from '../../lib/testing/wire/sigv4.js'

/** A server with the bucket `box`, and a client that sends each request once. Both are closed after the test. */
export async function startS3(t: Test, options: LocalS3Options = {}) {
  const s3 = await LocalS3.start({ buckets: ['box'], ...options })
  const client = new S3Client({ ...s3.clientConfig(), maxAttempts: 1 })
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  return { s3, client }
}

/** A server that keeps its objects in a folder, and the names of the files there that hold their bytes. */
export async function startInFolder(t: Test) {
  const folder = `${t.testdir({})}/store`
  return { ...(await startS3(t, { folder })), files: () => readdirSync(`${folder}/content`) }
}

/** A request that no SDK would send. */
export interface RawRequest {
  readonly method?: string
  /** Path and query, as sent. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  /** `x-amz-content-sha256`. Default: the body's own hash. */
  readonly payload?: string
  readonly secretAccessKey?: string
  readonly accessKeyId?: string
  readonly region?: string
  readonly date?: Date
  /** No signature at all. */
  readonly unsigned?: boolean
}

/** A complete response. */
export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The code in an error's XML. */
  readonly code: string | undefined
}

/** `20130524T000000Z` */
export function amzDate(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, '')
}

/** The headers and the signature of a signed request. */
export function sign(s3: LocalS3, raw: RawRequest) {
  const { method = 'GET', path, headers = {}, body = '', date = new Date() } = raw
  const { credentials, region } = s3.clientConfig()
  const payload = raw.payload ?? createHash('sha256').update(body).digest('hex')
  const signed: Record<string, string> = {
    ...headers,
    host: new URL(s3.endpoint).host,
    'x-amz-content-sha256': payload,
    'x-amz-date': amzDate(date),
  }
  const names = Object.keys(signed).sort()
  const url = new URL(path, s3.endpoint)
  const canonical = [
    method,
    url.pathname,
    [...url.searchParams]
      .map(pair => pair.map(encodeRfc3986).join('='))
      .sort()
      .join('&'),
    ...names.map(name => `${name}:${signed[name]!}`),
    '',
    names.join(';'),
    payload,
  ].join('\n')
  const day = amzDate(date).slice(0, 8)
  const scope = `${day}/${raw.region ?? region}/s3/aws4_request`
  const hash = createHash('sha256').update(canonical).digest('hex')
  const key = signingKey(raw.secretAccessKey ?? credentials.secretAccessKey, day, raw.region ?? region)
  const toSign = ['AWS4-HMAC-SHA256', amzDate(date), scope, hash].join('\n')
  const signature = hmac(key, toSign).toString('hex')
  const credential = `${raw.accessKeyId ?? credentials.accessKeyId}/${scope}`
  signed['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return { headers: signed, signature, key, scope, date: amzDate(date) }
}

/** Sends a request over a new connection and reads the response. */
export async function sendRaw(s3: LocalS3, raw: RawRequest): Promise<RawAnswer> {
  const { method = 'GET', path, body = '' } = raw
  const headers = raw.unsigned === true ? { ...raw.headers } : sign(s3, raw).headers
  const outgoing = request(s3.endpoint, { method, path, headers, agent: new Agent({ keepAlive: false }) })
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [AsyncIterable<Buffer> & RawHead]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const whole = Buffer.concat(chunks)
  const code = /<Code>(.*?)<\/Code>/.exec(whole.toString('latin1'))?.[1]
  return { status: response.statusCode, headers: response.headers, body: whole, code }
}

interface RawHead {
  readonly statusCode: number
  readonly headers: IncomingHttpHeaders
}

/** Opens a connection and writes the head of a signed request; the test handles the body. */
export function openRaw(s3: LocalS3, raw: RawRequest) {
  const { method = 'GET', path } = raw
  const head = Object.entries(sign(s3, raw).headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const socket = connect(s3.port, '127.0.0.1')
  socket.write(`${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n`)
  return socket
}
