import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { CommitRefusal } from '../../../lib/s3/commit/commit-refusal.js'
import { CommitSet, type CommitSetOptions, type Replaced } from '../../../lib/s3/commit/commit-set.js'
import { headObject } from '../../../lib/s3/commit/head-object.js'
import { LocalS3, type S3Call } from '../../../lib/testing/index.js'
import { refused } from '../../support/refused.js'
import { stores } from '../../support/stores.js'

const AS = { contentType: 'text/plain' }
/** The one that decides, one that is known before, and one that is not. */
const NAMES = ['main', 'other', 'image']

type Store = { readonly client: S3Client; readonly bucket: string }

/** A set of a run that begins now. */
async function begin(
  { client, bucket }: Store,
  run: string,
  more: Partial<CommitSetOptions> = {},
): Promise<CommitSet> {
  const replaces = new Map<string, Replaced | undefined>()
  for (const name of ['main', 'other']) {
    const found = await headObject(client, { bucket, key: `p/${name}` })
    replaces.set(name, found && { etag: found.etag, mark: found.metadata['run'] ?? null })
  }
  return new CommitSet({
    ...{ client, bucket, prefix: 'p/', decision: 'main', replaces, kind: 'kind' },
    mark: { name: 'run', value: run },
    metadata: { kind: 'package' },
    changed: ({ key }, replaces, found) =>
      new Error(`${key}: ${String(found?.etag)} in place of ${String(replaces)}`),
    ...more,
  })
}

async function putAll(set: CommitSet, run: string, names = NAMES): Promise<void> {
  for (const name of names) await set.put(name, Buffer.from(`${name} of ${run}`), AS)
}

async function textOf({ client, bucket }: Store, name: string): Promise<string | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: `p/${name}` }))
    return await Body!.transformToString()
  } catch {
    return undefined
  }
}

const texts = (store: Store, names = NAMES) => Promise.all(names.map(name => textOf(store, name)))
const of = (run: string, names = NAMES) => names.map(name => `${name} of ${run}`)
const putForeign = ({ client, bucket }: Store, name: string, Body = 'foreign') =>
  client.send(new PutObjectCommand({ Bucket: bucket, Key: `p/${name}`, Body }))

for (const one of stores()) {
  t.test(`on ${one.name}, replaces what was there, and nothing newer`, async t => {
    const store = await one.open(t)
    await putAll(await begin(store, 'a'), 'a')
    t.same(await texts(store), of('a'))
    const { Metadata } = await store.client.send(
      new HeadObjectCommand({ Bucket: store.bucket, Key: 'p/image' }),
    )
    t.match(Metadata, { run: 'a', kind: 'package' })
    const late = await begin(store, 'late')
    await putAll(await begin(store, 'b'), 'b')
    t.same(await texts(store), of('b'), 'also where the store refuses If-Match')
    t.match(await refused(putAll(late, 'late')), { refused: 'lost', reason: { message: /^p\/main: "/ } })
    t.same(await texts(store), of('b'))
    t.equal(await late.holds(), false)
  })

  t.test(`on ${one.name}, a foreign object under any of its keys stays`, async t => {
    const store = await one.open(t)
    for (const name of ['main', 'other']) {
      const set = await begin(store, 'a')
      await putForeign(store, name)
      t.match(await refused(putAll(set, 'a')), {
        ...{ refused: 'lost', reason: { message: new RegExp(`^p/${name}`) } },
      })
      t.equal(await textOf(store, name), 'foreign')
      t.notMatch(await textOf(store, 'main'), 'of a')
    }
    const set = await begin(store, 'a')
    await set.put('main', Buffer.from('main of a'), AS)
    await putForeign(store, 'other', 'foreign, too')
    t.match(await refused(set.put('other', Buffer.from('x'), AS)), { refused: 'foreign' })
    t.equal(await textOf(store, 'other'), 'foreign, too')
    t.equal(await set.holds(), true)
  })
}

/** A store whose calls tell which run has sent them. */
async function openLocal(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['web'] })
  const clients: S3Client[] = []
  t.teardown(async () => {
    for (const client of clients) client.destroy()
    await s3.close()
  })
  const storeFor = (run: string): Store => {
    const client = new S3Client(s3.clientConfig())
    client.middlewareStack.add(
      next => args => {
        ;(args.request as { headers: Record<string, string> }).headers['x-run'] = run
        return next(args)
      },
      { step: 'build' },
    )
    clients.push(client)
    return { client, bucket: 'web' }
  }
  return { s3, storeFor }
}

const by = (run: string) => (call: S3Call) => call.headers['x-run'] === run

t.test('stores with a few requests', async t => {
  const { s3, storeFor } = await openLocal(t)
  const set = await begin(storeFor('a'), 'a')
  s3.clearCalls()
  await putAll(set, 'a')
  t.same(
    s3.calls.map(({ operation, key }) => `${operation} ${key?.slice(2)}`),
    [
      ...['HeadObject main', 'HeadObject other', 'PutObject main'],
      ...['HeadObject main', 'PutObject other', 'HeadObject main', 'PutObject image'],
    ],
  )
})

const TWO = ['main', 'other']
/** The requests for these two that nobody disturbs, and two more. */
const CALLS = { undisturbed: 3 + 2, disturbed: 3 + 2 * 2 }

/**
 * Whatever one run has done when the other comes, and wherever that one stops in turn: the objects are those of one run,
 * and that one is told so.
 */
for (const [begun, older] of [
  ['at the same time', false],
  ['later', true],
] as const) {
  t.test(`two runs, the second begun ${begun}, ${older ? 'over an older set' : 'from nothing'}`, async t => {
    const { s3, storeFor } = await openLocal(t)
    const [a, b, o] = ['a', 'b', 'o'].map(storeFor) as [Store, Store, Store]
    for (let stopA = 1; stopA <= CALLS.undisturbed; stopA++) {
      for (let stopB = 1; stopB <= CALLS.disturbed; stopB++) {
        for (const key of s3.keys('web')) s3.delete('web', key)
        if (older) await putAll(await begin(o, 'o'), 'o', TWO)
        const set = await begin(a, 'a')
        const early = begun === 'later' ? undefined : await begin(b, 'b')
        let second: Promise<PromiseSettledResult<void>[]> | undefined
        let letGo: () => void = () => undefined
        s3.fault({
          when: by('a'),
          nth: stopA,
          before: async () => {
            const other = early ?? (await begin(b, 'b'))
            const hold = s3.fault({ when: by('b'), nth: stopB, hold: true })
            letGo = () => hold.release()
            second = Promise.allSettled([putAll(other, 'b', TWO)])
            await Promise.race([hold.reached, second])
          },
        })
        const [first] = await Promise.allSettled([putAll(set, 'a', TWO)])
        letGo()
        const [other] = (await second) ?? []
        s3.clearFaults()
        const name = `${stopA}, ${stopB}: ${first.status}, ${other?.status ?? 'not begun'}`
        const found = await texts(o, TWO)
        const won = found[0]!.slice('main of '.length)
        t.same(found, of(won, TWO), name)
        t.equal((won === 'a' ? first : other!).status, 'fulfilled', name)
        if (begun === 'at the same time' && other !== undefined)
          t.same([first.status, other.status].sort(), ['fulfilled', 'rejected'], name)
        for (const one of [first, other])
          if (one?.status === 'rejected') t.ok(one.reason instanceof CommitRefusal, name)
      }
    }
  })
}

t.test('an older run that had won changes nothing of a newer one', async t => {
  const { s3, storeFor } = await openLocal(t)
  for (const key of ['p/other', 'p/image']) {
    for (const name of s3.keys('web')) s3.delete('web', name)
    const zombie = await begin(storeFor('a'), 'a')
    const b = storeFor('b')
    s3.fault({ operation: 'PutObject', key, before: async () => putAll(await begin(b, 'b'), 'b') })
    t.match(await refused(putAll(zombie, 'a')), { refused: 'overtaken' }, key)
    t.same(await texts(b), of('b'))
    t.equal(await zombie.holds(), false)
  }
})

t.test('the same work that is done twice is stored once', async t => {
  const { s3, storeFor } = await openLocal(t)
  const a = storeFor('a')
  const [one, two] = [await begin(a, 'a'), await begin(a, 'a')]
  s3.fault({ operation: 'PutObject', key: 'p/main', before: () => putAll(one, 'a') })
  await putAll(two, 'a')
  t.same(await texts(a), of('a'))
  s3.clearCalls()
  await putAll(one, 'a')
  t.notOk(
    s3.calls.some(({ operation, key }) => operation === 'PutObject' && key === 'p/main'),
    'what it has stored is found before it is sent again',
  )
})

t.test('a newer run that begins while an older one stores its second object replaces both', async t => {
  const { storeFor } = await openLocal(t)
  const [a, b] = [storeFor('a'), storeFor('b')]
  const older = await begin(a, 'a')
  await older.put('main', Buffer.from('main of a'), AS)
  const newer = await begin(b, 'b')
  await older.put('other', Buffer.from('other of a'), AS)
  await putAll(newer, 'b')
  t.same(await texts(b), of('b'))
})

t.test('stores without a condition where nobody may look', async t => {
  const { s3, storeFor } = await openLocal(t)
  const a = storeFor('a')
  await s3.put('web', 'p/main', 'older')
  const blind = await begin(a, 'a', { replaces: new Map() })
  s3.fault({ operation: 'HeadObject', status: 403, code: 'AccessDenied', times: Infinity })
  await putAll(blind, 'a')
  s3.clearFaults()
  t.equal(await textOf(a, 'main'), 'main of a')
})

t.test('takes an object that has gone for a change, up to the very request', async t => {
  const { s3, storeFor } = await openLocal(t)
  const a = storeFor('a')
  for (const name of ['main', 'other']) {
    await putAll(await begin(a, 'o'), 'o')
    const set = await begin(a, 'a')
    const before = () => {
      s3.delete('web', `p/${name}`)
      return Promise.resolve()
    }
    s3.fault({ operation: 'PutObject', key: `p/${name}`, when: by('a'), before })
    if (name === 'main') t.match(await refused(putAll(set, 'a')), { refused: 'lost' })
    else await putAll(set, 'a')
    t.equal(await textOf(a, name), name === 'main' ? undefined : 'other of a')
    for (const key of s3.keys('web')) s3.delete('web', key)
  }
})

t.test('does not take another write that is under way for a refusal', async t => {
  const { s3, storeFor } = await openLocal(t)
  const a = storeFor('a')
  await putAll(await begin(a, 'o'), 'o')
  const set = await begin(a, 'a')
  s3.fault({
    ...{ operation: 'PutObject', key: 'p/main', times: Infinity },
    // A request without a condition would succeed.
    when: ({ headers }) => headers['if-match'] !== undefined,
    ...{ status: 409, code: 'ConditionalRequestConflict' },
  })
  await t.rejects(putAll(set, 'a'), { code: 'AVIO_ERR_PRECONDITION_FAILED', retryable: true })
  s3.clearFaults()
  t.same(await texts(a), of('o'))
})

t.test('ends, however often something else comes first', async t => {
  const { s3, storeFor } = await openLocal(t)
  const [a, b] = [storeFor('a'), storeFor('b')]
  const set = await begin(a, 'a')
  await set.put('main', Buffer.from('x'), AS)
  let n = 0
  const before = () =>
    b.client.send(
      new PutObjectCommand({
        Bucket: 'web',
        Key: 'p/image',
        Body: String(n++),
        Metadata: { kind: 'package' },
      }),
    )
  s3.fault({ operation: 'PutObject', key: 'p/image', when: by('a'), times: Infinity, before })
  t.match(await refused(set.put('image', Buffer.from('x'), AS)), { refused: 'foreign' })
  t.equal(n, 10)
})

t.test('stores the properties of an object', async t => {
  const { s3, storeFor } = await openLocal(t)
  const set = await begin(storeFor('a'), 'a')
  set.describe({ numbers: '{}' })
  const request = { StorageClass: 'STANDARD_IA', CacheControl: 'no-store' } as const
  await set.put('main', Buffer.from('x'), { ...AS, cacheControl: 'max-age=1', request })
  const put = s3.calls.find(({ operation }) => operation === 'PutObject')!
  t.match(put.headers, {
    ...{ 'content-type': 'text/plain', 'cache-control': 'max-age=1', 'x-amz-storage-class': 'STANDARD_IA' },
    ...{ 'x-amz-meta-run': 'a', 'x-amz-meta-kind': 'package', 'x-amz-meta-numbers': '{}' },
    'if-none-match': '*',
  })
})

t.test('tells sets with equal bytes apart by their marks', async t => {
  const { storeFor } = await openLocal(t)
  const a = storeFor('a')
  for (const older of ['foreign', 'of a set']) {
    if (older === 'foreign') await putForeign(a, 'main', 'main of x')
    else await putAll(await begin(a, 'o'), 'x')
    const late = await begin(a, 'late')
    const { etag } = (await headObject(a.client, { bucket: 'web', key: 'p/main' }))!
    const unmarked = await begin(a, 'unmarked', { replaces: new Map([['main', { etag }]]) })
    await putAll(await begin(a, 'newer'), 'x')
    t.match(await refused(putAll(late, 'x')), { refused: 'lost' }, older)
    await unmarked.put('main', Buffer.from('y'), AS)
    t.equal(await textOf(a, 'main'), 'y', 'unless nobody knows the mark')
  }
})

for (const one of stores()) {
  t.test(`on ${one.name}, a claim has one set, or the last attempt at the same work`, async t => {
    const store = await one.open(t)
    const claim = (set: CommitSet, text: string) => set.claim('r/claim', Buffer.from(text), AS)
    const [a, b] = [await begin(store, 'a'), await begin(store, 'b')]
    t.equal(a.isShared, false)
    await claim(a, 'a')
    await claim(a, 'again')
    t.equal(await textOf(store, 'r/claim'), 'a', 'it has it already')
    t.match(await refused(claim(b, 'b')), { refused: 'lost' })
    t.same([await a.holds('r/claim'), await b.holds('r/claim')], [true, false])
    const isOfSameWork = ({ metadata }: { metadata: Readonly<Record<string, string>> }) =>
      metadata['run'] === 'a'
    const next = await begin(store, 'next', { isOfSameWork })
    t.equal(next.isShared, true)
    await claim(next, 'next')
    t.equal(await textOf(store, 'r/claim'), 'next')
    t.same([await a.holds('r/claim'), await next.holds('r/claim')], [false, true])
    t.match(await refused(claim(await begin(store, 'late', { isOfSameWork }), 'late')), { refused: 'lost' })
    t.equal(await a.holds(), false, 'and says nothing of the object that decides')
  })
}

t.test('of two claims at the same time, one is refused', async t => {
  const [one] = stores()
  const store = await one!.open(t)
  const sets = await Promise.all(['a', 'b', 'c'].map(run => begin(store, run)))
  const ends = await Promise.allSettled(sets.map((set, n) => set.claim('claim', Buffer.from(String(n)), AS)))
  t.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1)
})
