import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import {
  AbortMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  type ListPartsCommandInput,
} from '@aws-sdk/client-s3'
import t from 'tap'
import { MiB } from '../../lib/options.js'
import { abortStaleUploads } from '../../lib/s3/abort-stale-uploads.js'
import type { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { Saved, failAfter, logOf } from '../support/checkpoints.js'
import { fileOf, headed } from '../support/heads.js'
import { programArgs } from '../support/program.js'
import { stores } from '../support/stores.js'
import { PART, UploadStore, partOf } from '../support/upload-store.js'
import { DATA, failureOf, source, write, writer } from '../support/uploads.js'

/** An upload that failed after `parts` parts, and its state. */
async function interrupted(
  store: UploadStore,
  parts: number,
  options: Parameters<typeof writer>[1] = {},
): Promise<Saved> {
  const saved = new Saved()
  await failAfter(
    writer(store, { checkpoint: { save: saved.save }, ...options }),
    DATA.subarray(0, parts * PART + 1),
    parts,
  )
  store.s3.clearCalls()
  return saved
}

const flipped = (at: number) => {
  const bytes = Buffer.from(DATA)
  bytes[at]! ^= 1
  return bytes
}

for (const remote of stores()) {
  for (const checksum of ['crc32', 'md5', 'none'] as const) {
    if (checksum === 'crc32' && remote.options.checksum !== undefined) continue
    t.test(`sends only the missing parts with the checksum ${checksum} on ${remote.name}`, async t => {
      const { client, bucket } = await remote.open(t)
      const saved = new Saved()
      const target = { client, bucket }
      await failAfter(
        writer(target, { checkpoint: { save: saved.save }, checksum }),
        DATA.subarray(0, 2 * PART + 1),
        2,
      )
      t.equal(saved.states.length, 1)
      t.match(saved.last, { version: 1, bucket, key: 'k', partSize: PART, checksum })
      const log = logOf(client)
      const sink = writer(target, { checkpoint: { ...saved.last, save: saved.save } })
      const resumed: unknown[] = []
      sink.on('resume', upload => resumed.push(upload))
      await pipeline(source(DATA), sink)
      t.same(resumed, [{ uploadId: saved.states[0]!.uploadId, parts: 2, bytes: 2 * PART }])
      t.same(log, ['ListParts', 'UploadPart 3', 'UploadPart 4', 'CompleteMultipartUpload'])
      const { etag, bytes, parts } = await sink.result
      t.same({ bytes, parts }, { bytes: DATA.length, parts: 4 })
      const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'k' }))
      t.equal(ETag, etag)
      t.equal(Buffer.compare(Buffer.from(await Body!.transformToByteArray()), DATA), 0)
      t.same(saved.last, { ...saved.states[0]!, commit: saved.last.commit })
      t.match(saved.last.commit, { bytes: DATA.length, etag })
    })

    t.test(`refuses a changed byte with the checksum ${checksum} on ${remote.name}`, async t => {
      const { client, bucket } = await remote.open(t)
      const saved = new Saved()
      const target = { client, bucket }
      await failAfter(
        writer(target, { checkpoint: { save: saved.save }, checksum }),
        DATA.subarray(0, 2 * PART + 1),
        2,
      )
      const log = logOf(client)
      const again = writer(target, { checkpoint: { ...saved.last, save: saved.save } })
      const failure = await failureOf(pipeline(source(flipped(2 * PART - 1)), again))
      t.match(failure, {
        code: 'AVIO_ERR_CHECKPOINT_MISMATCH',
        message: /Part 2 \(bytes 5242880 to 10485759\) differs .*as it is/,
        retryable: false,
        uploadId: saved.last.uploadId,
        partNumber: 2,
        byteOffset: PART,
      })
      await failureOf(again.result)
      t.same(log, ['ListParts'])
      await t.rejects(client.send(new GetObjectCommand({ Bucket: bucket, Key: 'k' })), { name: 'NoSuchKey' })
      await pipeline(source(DATA), writer(target, { checkpoint: { ...saved.last, save: saved.save } }))
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'k' }))
      t.equal(Buffer.compare(Buffer.from(await Body!.transformToByteArray()), DATA), 0, 'the right bytes do')
    })
  }

  t.test(`resumes what a killed process left on ${remote.name}`, async t => {
    const { client, config, bucket, options } = await remote.open(t)
    const program = programArgs(new URL('../fixtures/uploads-forever.ts', import.meta.url))
    const child = spawn(process.execPath, program, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TARGET: JSON.stringify({ config, bucket, options, partSize: PART }) },
    })
    child.stdin.on('error', () => undefined)
    child.stdin.write(DATA.subarray(0, 2 * PART + 1))
    let said = ''
    for await (const text of child.stdout.setEncoding('utf8')) {
      said += text as string
      if (said.includes('2 parts\n')) break
    }
    const exited = child.exitCode ?? child.signalCode ?? once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    const saved = JSON.parse(said.split('\n')[0]!) as Saved['last']
    const log = logOf(client)
    const sink = writer({ client, bucket }, { checkpoint: { ...saved, save: () => undefined } })
    await pipeline(source(DATA), sink)
    t.same(log, ['ListParts', 'UploadPart 3', 'UploadPart 4', 'CompleteMultipartUpload'])
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'k' }))
    t.equal(Buffer.compare(Buffer.from(await Body!.transformToByteArray()), DATA), 0)
  })

  t.test(`starts over if the upload is gone, and saves the new one, on ${remote.name}`, async t => {
    const { client, bucket, options } = await remote.open(t)
    const saved = new Saved()
    const target = { client, bucket }
    const begin = writer(target, { checkpoint: { save: saved.save }, ...options })
    await failAfter(begin, DATA.subarray(0, PART + 1), 1)
    const { uploadId: UploadId } = saved.last
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: 'k', UploadId }))
    const log = logOf(client)
    const sink = writer(target, { checkpoint: { ...saved.last, save: saved.save } })
    await pipeline(source(DATA), sink)
    const sent = [1, 2, 3, 4].map(n => `UploadPart ${n}`)
    t.same(log, ['ListParts', 'CreateMultipartUpload', ...sent, 'CompleteMultipartUpload'])
    t.not(saved.states[1]?.uploadId, UploadId)
    t.equal(saved.states.length, 3)
  })

  t.test(`lets two processes resume the same upload on ${remote.name}`, async t => {
    const { client, bucket, options } = await remote.open(t)
    const saved = new Saved()
    const target = { client, bucket }
    const begin = writer(target, { checkpoint: { save: saved.save }, ...options })
    await failAfter(begin, DATA.subarray(0, PART + 1), 1)
    const both = [1, 2].map(() => writer(target, { checkpoint: { ...saved.states[0]!, save: saved.save } }))
    for (const sink of both) sink.on('error', () => undefined)
    // Both have all parts before either commits.
    const writing = both.map(sink => write(sink, DATA))
    await Promise.all(writing)
    for (const sink of both) sink.end()
    const ends = await Promise.all(both.map(async sink => failureOf(sink.result)))
    t.ok(
      ends.some(end => end === undefined),
      'one of them succeeds',
    )
    for (const end of ends) if (end) t.match(end, { code: 'AVIO_ERR_UPLOAD_FAILED', retryable: true })
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'k' }))
    t.equal(Buffer.compare(Buffer.from(await Body!.transformToByteArray()), DATA), 0)
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
    t.same(Uploads, [])
  })
}

t.test('leaves the upload after any failure, and nothing without a checkpoint', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  const ends: [string, (sink: S3MultipartWritable) => void, string[]][] = [
    ['an error', sink => sink.destroy(new Error('boom')), ['create', 'part 1']],
    ['destroy()', sink => void sink.destroy(), ['create', 'part 1']],
  ]
  for (const [what, end, log] of ends) {
    for (const checkpoint of [{ save: new Saved().save }, undefined]) {
      const sink = writer(store, { checkpoint })
      sink.on('error', () => undefined)
      sink.write(DATA.subarray(0, PART + 1))
      await once(sink, 'part')
      end(sink)
      await failureOf(sink.result)
      t.same(store.log, checkpoint ? log : [...log, 'abort', 'list'], what)
      t.equal(store.s3.uploads('uploads').length, checkpoint ? 1 : 0)
      const day = { client: store.client, bucket: 'uploads', olderThan: 0, dryRun: false }
      await abortStaleUploads(day)
      store.s3.clearCalls()
    }
  }
})

t.test('leaves the upload if beforeCommit refuses, a part fails or the condition does', async t => {
  const cases: [Parameters<typeof writer>[1], (store: UploadStore) => unknown, string][] = [
    [{ beforeCommit: () => false }, () => undefined, 'AVIO_ERR_COMMIT_REFUSED'],
    [{}, ({ s3 }) => s3.fault({ operation: 'UploadPart', nth: 3, status: 403 }), 'AVIO_ERR_ACCESS_DENIED'],
    [{ ifNoneMatch: '*' }, ({ s3 }) => s3.put('uploads', 'k', 'older'), 'AVIO_ERR_PRECONDITION_FAILED'],
  ]
  for (const [options, fault, code] of cases) {
    const store = await UploadStore.open(t, { leaves: true })
    const saved = new Saved()
    await fault(store)
    const failing = writer(store, { checkpoint: { save: saved.save }, ...options })
    t.match(await failureOf(pipeline(source(DATA), failing)), { code })
    await failureOf(failing.result)
    t.equal(store.s3.uploads('uploads').length, 1, code)
    t.notOk(store.log.includes('abort'))
    store.s3.clearCalls()
    await pipeline(source(DATA), writer(store, { checkpoint: { ...saved.last, save: saved.save } }))
    const missing = code === 'AVIO_ERR_ACCESS_DENIED' ? ['part 3', 'part 4'] : []
    t.same(store.log, ['list', ...missing, 'complete'])
    t.equal(Buffer.compare((await store.get('k'))!, DATA), 0)
  }
})

t.test('aborts an upload whose id was not saved', async t => {
  const store = await UploadStore.open(t)
  const full = new Error('The disk is full.')
  for (const save of [
    () => Promise.reject(full),
    () => {
      throw full
    },
  ]) {
    const sink = writer(store, { checkpoint: { save } })
    t.match(await failureOf(pipeline(source(DATA), sink)), {
      code: 'AVIO_ERR_CHECKPOINT_SAVE',
      message: /^The checkpoint of upload .* to s3:\/\/uploads\/k was not saved: The disk is full\.$/,
      retryable: true,
      cause: full,
    })
    await failureOf(sink.result)
    t.same(store.log, ['create', 'abort', 'list'])
    store.s3.clearCalls()
  }
})

t.test('aborts an upload that is destroyed while its id is being saved', async t => {
  const store = await UploadStore.open(t)
  let began: () => void
  const saving = new Promise<void>(resolve => (began = resolve))
  const sink = writer(store, {
    checkpoint: {
      save: () => {
        began()
        return new Promise(() => undefined)
      },
    },
  })
  sink.write(DATA)
  await saving
  sink.destroy()
  await failureOf(sink.result)
  t.same(store.log, ['create', 'abort', 'list'])
})

t.test('sends no part before the id is saved', async t => {
  const store = await UploadStore.open(t)
  const saved = new Saved()
  const seen: string[][] = []
  const save: Saved['save'] = async state => {
    seen.push(store.log)
    await saved.save(state)
    seen.push(store.log)
  }
  await pipeline(source(DATA), writer(store, { checkpoint: { save }, concurrency: 4 }))
  const parts = ['create', 'part 1', 'part 2', 'part 3', 'part 4']
  t.same(seen.slice(0, 2), [['create'], ['create']])
  t.same(
    seen.slice(2).map(log => log.toSorted()),
    [parts, parts].map(log => log.toSorted()),
    'and no commit before the object is',
  )
})

t.test('commits nothing if the state before the commit is not saved, and leaves the upload', async t => {
  const store = await UploadStore.open(t)
  const saved = new Saved()
  const save: Saved['save'] = state =>
    state.commit ? Promise.reject(new Error('no space')) : saved.save(state)
  const sink = writer(store, { checkpoint: { save } })
  t.match(await failureOf(pipeline(source(DATA), sink)), { code: 'AVIO_ERR_CHECKPOINT_SAVE' })
  await failureOf(sink.result)
  t.same(store.log, ['create', 'part 1', 'part 2', 'part 3', 'part 4'])
  store.s3.clearCalls()
  await pipeline(source(DATA), writer(store, { checkpoint: { ...saved.last, save: saved.save } }))
  t.same(store.log, ['list', 'complete'])
})

t.test('does not store an object twice that was committed before the state was removed', async t => {
  for (const checksum of ['crc32', 'md5'] as const) {
    const store = await UploadStore.open(t)
    store.s3.setVersioning('uploads', 'Enabled')
    const saved = new Saved()
    const first = writer(store, { checkpoint: { save: saved.save }, ifNoneMatch: '*', checksum })
    await pipeline(source(DATA), first)
    const { etag, versionId } = await first.result
    store.s3.clearCalls()
    const checkpoint = { ...saved.last, save: saved.save }
    const again = writer(store, { checkpoint, ifNoneMatch: '*' })
    await pipeline(source(DATA), again)
    t.same(store.log, ['list', 'head'])
    t.match(await again.result, { etag, versionId, bytes: DATA.length, parts: 4 })
    for (const other of [flipped(7), DATA.subarray(0, PART), Buffer.alloc(0)]) {
      const failing = writer(store, { checkpoint })
      t.match(await failureOf(pipeline(source(other), failing)), {
        code: 'AVIO_ERR_CHECKPOINT_MISMATCH',
        message: /It is complete, and its object has other bytes/,
      })
    }
    store.s3.clearCalls()
    await store.s3.put('uploads', 'k', 'newer')
    await pipeline(source(DATA), writer(store, { checkpoint }))
    t.same(store.log.slice(0, 3), ['list', 'head', 'create'], 'another object: from the start')
    store.s3.fault({ operation: 'HeadObject', status: 403 })
    const unsure = writer(store, { checkpoint })
    t.match(await failureOf(pipeline(source(DATA), unsure)), { code: 'AVIO_ERR_OUTCOME_UNKNOWN' })
  }
})

t.test('leaves the upload and an unknown outcome after an unanswered commit', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  const saved = new Saved()
  store.s3.fault({ operation: 'CompleteMultipartUpload', times: 2, reset: true })
  const sink = writer(store, { checkpoint: { save: saved.save }, maxAttempts: 2 })
  t.match(await failureOf(pipeline(source(DATA), sink)), { code: 'AVIO_ERR_OUTCOME_UNKNOWN' })
  await failureOf(sink.result)
  t.same(store.log.slice(5), ['complete', 'list', 'complete', 'list'])
  store.s3.clearCalls()
  await pipeline(source(DATA), writer(store, { checkpoint: { ...saved.last, save: saved.save } }))
  t.same(store.log, ['list', 'complete'])
})

t.test('resumes with a header written last, whose part 1 is missing or there', async t => {
  const media = DATA.subarray(0, 2 * PART + 1000)
  for (const [end, log] of [
    [1, ['list', 'part 3', 'part 1', 'complete']],
    [3, ['list', 'complete']],
  ] as const) {
    const store = await UploadStore.open(t)
    const saved = new Saved()
    const refuses = { beforeCommit: () => false as const }
    const begin = writer(store, { checkpoint: { save: saved.save }, ...(end === 3 && refuses) })
    if (end === 1) begin.on('part', () => begin.destroy(new Error('no more time')))
    await failureOf(pipeline(source(media), headed(100_003), begin))
    await failureOf(begin.result)
    store.s3.clearCalls()
    const sink = writer(store, { checkpoint: { ...saved.last, save: saved.save } })
    await pipeline(source(media), headed(100_003), sink)
    t.same(store.log, log)
    t.equal(Buffer.compare((await store.get('k'))!, fileOf(media, 100_003)), 0)
    t.match(await sink.result, { parts: 3, checksum: { confirmed: true } })
  }
})

t.test('resumes with any concurrency', async t => {
  const store = await UploadStore.open(t)
  for (const concurrency of [1, 2, 7]) {
    const saved = await interrupted(store, 2)
    const checkpoint = { ...saved.last, save: saved.save }
    await pipeline(source(DATA), writer(store, { checkpoint, concurrency }))
    t.same(store.log.toSorted(), ['complete', 'list', 'part 3', 'part 4'])
    t.equal(Buffer.compare((await store.get('k'))!, DATA), 0)
  }
})

t.test('sends a gap between the stored parts', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  const saved = new Saved()
  store.s3.fault({ operation: 'UploadPart', when: call => call.partNumber === 2, status: 403 })
  const begin = writer(store, { checkpoint: { save: saved.save }, concurrency: 4 })
  await failureOf(pipeline(source(DATA), begin))
  await failureOf(begin.result)
  const stored = store.s3.uploads('uploads')[0]!.parts.map(({ partNumber }) => partNumber)
  store.s3.clearCalls()
  await pipeline(source(DATA), writer(store, { checkpoint: { ...saved.last, save: saved.save } }))
  const missing = [1, 2, 3, 4].filter(n => !stored.includes(n)).map(n => `part ${n}`)
  t.same(store.log, ['list', ...missing, 'complete'])
})

t.test('reads all pages of the list of parts', async t => {
  const store = await UploadStore.open(t)
  const saved = await interrupted(store, 3)
  store.client.middlewareStack.add(
    (next, { commandName }) =>
      args =>
        next(
          commandName === 'ListPartsCommand'
            ? { ...args, input: { ...(args.input as ListPartsCommandInput), MaxParts: 1 } }
            : args,
        ),
    { step: 'initialize' },
  )
  await pipeline(source(DATA), writer(store, { checkpoint: { ...saved.last, save: saved.save } }))
  t.same(store.log, ['list', 'list', 'list', 'part 4', 'complete'])
  t.equal(Buffer.compare((await store.get('k'))!, DATA), 0)
})

t.test('refuses another part size before anything is sent', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  const saved = await interrupted(store, 2)
  const { uploadId } = saved.last
  t.throws(() => writer(store, { checkpoint: { ...saved.last, save: saved.save }, partSize: 6 * MiB }), {
    code: 'AVIO_ERR_OPTION',
    message: `Option "partSize" must be 5242880, as when upload ${uploadId} began, got 6291456`,
  })
  for (const partSize of [6 * MiB, 7 * MiB]) {
    const sink = writer(store, { checkpoint: { uploadId, save: saved.save }, partSize })
    t.match(await failureOf(pipeline(source(DATA), sink)), {
      code: 'AVIO_ERR_CHECKPOINT_MISMATCH',
      message: /Part 1 has 5242880 bytes in the upload, and \d+ now: .*"partSize"/,
      partNumber: 1,
    })
  }
  t.same(store.log, ['list', 'list'])
  await pipeline(source(DATA), writer(store, { checkpoint: { uploadId, save: saved.save } }))
  t.same(store.log.slice(2), ['list', 'part 3', 'part 4', 'complete'], 'the id alone is enough')
})

t.test('sends no part of another size into a gap before the stored parts', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  const saved = new Saved()
  const begin = writer(store, { checkpoint: { save: saved.save } })
  begin.on('part', ({ partNumber }) => partNumber === 3 && begin.destroy(new Error('no more time')))
  const media = DATA.subarray(0, 3 * PART + 1)
  await failureOf(pipeline(source(media), headed(100_003), begin))
  await failureOf(begin.result)
  store.s3.clearCalls()
  const { uploadId } = saved.last
  const sink = writer(store, { checkpoint: { uploadId, save: saved.save }, partSize: 6 * MiB })
  t.match(await failureOf(pipeline(source(media), sink)), {
    code: 'AVIO_ERR_CHECKPOINT_MISMATCH',
    partNumber: 2,
  })
  t.same(store.log, ['list'])
})

t.test('refuses an object that ends before the stored parts, even within one part', async t => {
  for (const [size, message] of [
    [2 * PART, /ends with part 2, and the upload has part 3/],
    [2 * PART + 5, /Part 3 has 5242880 bytes in the upload, and 5 now/],
    [5, /Part 1 has 5242880 bytes in the upload, and 5 now/],
    [0, /Part 1 has 5242880 bytes in the upload, and 0 now/],
  ] as const) {
    const store = await UploadStore.open(t, { leaves: true })
    const saved = await interrupted(store, 3)
    const sink = writer(store, { checkpoint: { ...saved.last, save: saved.save } })
    t.match(await failureOf(pipeline(source(DATA.subarray(0, size)), sink)), {
      code: 'AVIO_ERR_CHECKPOINT_MISMATCH',
      message,
    })
    t.same(store.log, ['list'])
  }
})

t.test('sends a part again that nothing is known of, and trusts the CRC-32 under KMS', async t => {
  const kms = { 'x-amz-server-side-encryption': 'aws:kms' }
  for (const [checksum, told, sent] of [
    ['md5', kms, [1, 2, 3, 4]],
    ['none', kms, [1, 2, 3, 4]],
    ['crc32', {}, [1, 2, 3, 4]],
    ['crc32', kms, [3, 4]],
  ] as const) {
    const store = await UploadStore.open(t, { server: { etag: 'opaque' } })
    store.s3.fault({ operation: 'CreateMultipartUpload', answerHeaders: told })
    store.s3.fault({ operation: 'UploadPart', times: Infinity, answerHeaders: told })
    const saved = await interrupted(store, 2, { checksum })
    t.equal(saved.last.opaqueEtags, told === kms)
    const checkpoint = { ...saved.last, save: saved.save }
    await pipeline(source(DATA), writer(store, { checkpoint }))
    t.same(
      store.log,
      ['list', ...sent.map(n => `part ${n}`), 'complete'],
      `${checksum}, ${JSON.stringify(told)}`,
    )
    t.equal(Buffer.compare((await store.get('k'))!, DATA), 0)
  }
})

t.test('says so if another process has sent a part of other bytes meanwhile', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  const saved = await interrupted(store, 2)
  const checkpoint = { ...saved.last, save: saved.save }
  const sink = writer(store, {
    checkpoint,
    beforeCommit: async () => {
      const { signal } = new AbortController()
      await store.requests().uploadPart(saved.last.uploadId, 2, partOf(DATA.subarray(1, PART + 1)), signal)
    },
  })
  t.match(await failureOf(pipeline(source(DATA), sink)), {
    code: 'AVIO_ERR_UPLOAD_FAILED',
    message: /another process has sent a part of upload .* meanwhile/,
    retryable: true,
  })
  t.equal(await store.get('k'), undefined)
})

t.test('stores a small object with a single PutObject, and saves nothing', async t => {
  const store = await UploadStore.open(t)
  const saved = new Saved()
  await pipeline(source(DATA.subarray(0, PART)), writer(store, { checkpoint: { save: saved.save } }))
  t.same(saved.states, [])
  t.same(store.log, ['put'])
  const gone = { uploadId: 'gone', save: saved.save }
  await pipeline(source(DATA.subarray(0, PART)), writer(store, { checkpoint: gone }))
  t.same(store.log, ['put', 'list', 'put'])
})

t.test('fails if the parts cannot be listed, and leaves the upload', async t => {
  for (const [fault, code] of [
    [{ status: 403 }, 'AVIO_ERR_ACCESS_DENIED'],
    [{ status: 500, times: 2 }, 'AVIO_ERR_UPLOAD_FAILED'],
  ] as const) {
    const store = await UploadStore.open(t, { leaves: true })
    const saved = await interrupted(store, 1)
    store.s3.fault({ operation: 'ListParts', ...fault })
    const checkpoint = { ...saved.last, save: saved.save }
    const sink = writer(store, { checkpoint, maxAttempts: 2 })
    t.match(await failureOf(pipeline(source(DATA), sink)), { code, operation: 'ListParts' })
    await failureOf(sink.result)
    t.equal(store.s3.uploads('uploads').length, 1)
    t.notOk(store.log.includes('create'))
  }
})

t.test('ends while it resumes, as at any other time', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  const saved = await interrupted(store, 1)
  const { reached } = store.s3.fault({ operation: 'ListParts', stall: true })
  const controller = new AbortController()
  const checkpoint = { ...saved.last, save: saved.save }
  const sink = writer(store, { checkpoint, signal: controller.signal })
  const failed = failureOf(pipeline(source(DATA), sink))
  await reached
  controller.abort()
  t.match(await failed, { name: 'AbortError' })
  t.match(await failureOf(sink.result), { name: 'AbortError' })
  t.same(store.log, ['list'])
  t.equal(await store.busySockets(), 0)
})

t.test('copies an object from S3 to S3 in two runs', async t => {
  const store = await UploadStore.open(t)
  await store.s3.put('uploads', 'source', DATA)
  const saved = await interrupted(store, 2)
  const { client, bucket } = store
  const reader = new S3RangeReadable({ client, bucket, key: 'source' })
  await pipeline(reader, writer(store, { checkpoint: { ...saved.last, save: saved.save } }))
  t.same(
    store.calls('UploadPart').map(({ partNumber }) => partNumber),
    [3, 4],
  )
  const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex')
  t.equal(md5((await store.get('k'))!), md5(DATA))
})
