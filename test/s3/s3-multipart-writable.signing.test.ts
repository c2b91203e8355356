import { createHash } from 'node:crypto'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { readExactly } from '../../lib/io/read-exactly.js'
import type { PayloadSigning } from '../../lib/s3/request/request-body.js'
import { S3Source } from '../../lib/s3/s3-source.js'
import type { FakeRequest } from '../support/fake-store.js'
import { fileOf, headed } from '../support/heads.js'
import { stores } from '../support/stores.js'
import { PART, UploadStore } from '../support/upload-store.js'
import { DATA, failureOf, source, writer } from '../support/uploads.js'

const SIGNINGS = ['auto', 'signed', 'unsigned'] as const
const UNSIGNED = 'UNSIGNED-PAYLOAD'
const HEAD = 1000

/** The kinds of bytes sent, by the query of their request. */
const OBJECTS = { 'one PutObject': DATA.subarray(0, 10), parts: DATA.subarray(0, PART + 10) }

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** The headers `x-amz-content-sha256` of the requests that store bytes, in the order of their parts. */
function headersOf(client: S3Client): () => string[] {
  const sent: { part: number; header: string }[] = []
  client.middlewareStack.add(
    next => args => {
      const { method, query, headers } = args.request as FakeRequest
      if (method === 'PUT')
        sent.push({ part: Number(query['partNumber']), header: headers['x-amz-content-sha256']! })
      return next(args)
    },
    { step: 'deserialize', priority: 'low', name: 'record' },
  )
  return () => {
    const ordered = sent.splice(0).toSorted((a, b) => a.part - b.part)
    return ordered.map(({ header }) => header)
  }
}

/** The header of each part of `bytes`. */
function hashes(bytes: Buffer, isSigned: boolean): string[] {
  const parts = bytes.length > PART ? [bytes.subarray(0, PART), bytes.subarray(PART)] : [bytes]
  return parts.map(part => (isSigned ? sha256(part) : UNSIGNED))
}

for (const store of stores()) {
  t.test(`on ${store.name}, signs parts and single objects over http unless told otherwise`, async t => {
    const { client, bucket, options } = await store.open(t)
    const sent = headersOf(client)
    for (const payloadSigning of SIGNINGS) {
      for (const [name, bytes] of Object.entries(OBJECTS)) {
        await pipeline(source(bytes), writer({ client, bucket }, { ...options, payloadSigning }))
        const stored = await readExactly(new S3Source({ client, bucket, key: 'k' }), 0, bytes.length)
        t.equal(Buffer.compare(stored, bytes), 0, `${payloadSigning}, ${name}`)
        t.same(sent(), hashes(bytes, payloadSigning !== 'unsigned'))
      }
    }
  })

  t.test(`on ${store.name}, stores a deferred header with an unsigned first part`, async t => {
    const { client, bucket, options } = await store.open(t)
    const sent = headersOf(client)
    const media = DATA.subarray(0, PART + 10)
    const sink = writer({ client, bucket }, { ...options, payloadSigning: 'unsigned' })
    await pipeline(source(media), headed(HEAD), sink)
    const file = fileOf(media, HEAD)
    const stored = await readExactly(new S3Source({ client, bucket, key: 'k' }), 0, file.length)
    t.equal(Buffer.compare(stored, file), 0)
    t.same(sent(), [UNSIGNED, UNSIGNED])
  })
}

t.test('leaves the payload to TLS over https unless told otherwise', async t => {
  const store = await UploadStore.open(t, { server: { tls: true } })
  const sent = headersOf(store.client)
  for (const payloadSigning of SIGNINGS) {
    for (const [name, bytes] of Object.entries(OBJECTS)) {
      await pipeline(source(bytes), writer(store, { payloadSigning }))
      t.equal(Buffer.compare((await store.get('k'))!, bytes), 0, `${payloadSigning}, ${name}`)
      t.same(sent(), hashes(bytes, payloadSigning === 'signed'))
    }
  }
})

t.test('signs a retry like the first attempt', async t => {
  const store = await UploadStore.open(t)
  const sent = headersOf(store.client)
  for (const payloadSigning of SIGNINGS) {
    store.s3.fault({ operation: 'UploadPart', nth: 1, status: 503 })
    await pipeline(source(OBJECTS.parts), writer(store, { payloadSigning }))
    const [first, second] = hashes(OBJECTS.parts, payloadSigning !== 'unsigned')
    t.same(sent(), [first, first, second])
  }
})

t.test('prefers the header of the user’s own middleware', async t => {
  for (const [payloadSigning, own] of [
    ['signed', UNSIGNED],
    ['unsigned', sha256(OBJECTS['one PutObject'])],
  ] as const) {
    const store = await UploadStore.open(t)
    const sent = headersOf(store.client)
    store.client.middlewareStack.add(
      next => args => {
        ;(args.request as FakeRequest).headers['x-amz-content-sha256'] = own
        return next(args)
      },
      { step: 'build', name: 'own' },
    )
    await pipeline(source(OBJECTS['one PutObject']), writer(store, { payloadSigning }))
    t.same(sent(), [own])
  }
})

/** Flips a byte of the next body that the client sends. */
function damageNext(client: S3Client): void {
  const handler = client.config.requestHandler as unknown as {
    handle(request: FakeRequest & { body?: Readable }, options: unknown): Promise<unknown>
  }
  const handle = handler.handle.bind(handler)
  handler.handle = (request, options) => {
    if (request.method !== 'PUT') return handle(request, options)
    Reflect.deleteProperty(handler, 'handle')
    const damaged = new PassThrough({
      transform: (chunk: Buffer, _encoding, callback) => {
        const copy = Buffer.from(chunk)
        copy[0]! ^= 1
        callback(null, copy)
      },
    })
    const copy = Object.create(Object.getPrototypeOf(request) as object) as typeof request
    return handle(Object.assign(copy, request, { body: request.body!.pipe(damaged) }), options)
  }
}

t.test('finds a byte that changed on its way by the checksum, whatever is signed', async t => {
  for (const payloadSigning of SIGNINGS) {
    for (const checksum of ['crc32', 'md5'] as const) {
      for (const bytes of Object.values(OBJECTS)) {
        const store = await UploadStore.open(t)
        damageNext(store.client)
        await pipeline(source(bytes), writer(store, { payloadSigning, checksum }))
        t.equal(Buffer.compare((await store.get('k'))!, bytes), 0, `${payloadSigning}, ${checksum}`)
        const refused = store.s3.calls.filter(({ status }) => status === 400)
        const code = payloadSigning === 'unsigned' ? 'BadDigest' : undefined
        t.match(refused, [{ errorCode: code ?? /^(BadDigest|XAmzContentSHA256Mismatch)$/ }])
      }
    }
  }
})

t.test('names the option if the store refuses an unsigned payload', async t => {
  const refusals = [
    { status: 403, code: 'AccessDenied' },
    { status: 400, code: 'InvalidDigest', message: 'UNSIGNED-PAYLOAD PUT is not allowed' },
  ]
  for (const [payloadSigning, isNamed] of [
    ['unsigned', true],
    ['auto', false],
  ] as const satisfies readonly [PayloadSigning, boolean][]) {
    for (const refusal of refusals) {
      for (const [operation, bytes] of [
        ['PutObject', OBJECTS['one PutObject']],
        ['UploadPart', OBJECTS.parts],
      ] as const) {
        const store = await UploadStore.open(t)
        store.s3.fault({ operation, times: Infinity, ...refusal })
        const error = await failureOf(pipeline(source(bytes), writer(store, { payloadSigning })))
        const remedy = /was not signed: .* set the option "payloadSigning" to "signed"/
        t.match(error, { name: 'S3Error', s3Code: refusal.code })
        t.equal(remedy.test(error!.message), isNamed, `${operation}, ${payloadSigning}: ${error!.message}`)
      }
    }
  }
})
