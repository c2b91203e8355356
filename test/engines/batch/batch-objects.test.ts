import t from 'tap'
import { batchObjects, type BatchSource } from '../../../lib/engines/batch/batch-objects.js'
import { openFilms } from '../../support/farm.js'
import { truncateLists } from '../../support/truncate-lists.js'

const signal = undefined

t.test('lists a prefix page by page, with ETags', async t => {
  const { s3, client } = await openFilms(t)
  for (let n = 0; n < 25; n++) await s3.put('masters', `in/${n}`, Buffer.from('x'))
  await s3.put('masters', 'in/sub/', Buffer.alloc(0))
  const before = s3.calls.length
  const groups: number[] = []
  for await (const group of batchObjects('s3://masters/in/', { client, signal, atOnce: 10 })) {
    groups.push(group.length)
    t.match(group[0], { url: /^s3:\/\/masters\/in\/\d+$/, etag: /^"/ })
    t.equal(s3.calls.length - before, groups.length, 'a page at a time')
  }
  t.same(groups, [10, 10, 5])
})

t.test('never takes part of a list for all of it', async t => {
  const { s3, client } = await openFilms(t)
  await s3.put('masters', 'in/1', Buffer.from('x'))
  for (const token of [undefined, 'same']) {
    truncateLists(client, token)
    const all = collect(batchObjects('s3://masters/in/', { client, signal, atOnce: 10 }))
    await t.rejects(all, { code: 'AVIO_ERR_BAD_RESPONSE', operation: 'ListObjectsV2' })
  }
})

t.test('takes addresses in groups, from any iterable', async t => {
  const { client } = await openFilms(t)
  const urls = ['s3://masters/a', 's3://masters/b', 's3://masters/c']
  async function* later() {
    yield* urls
  }
  for (const source of [urls, new Set(urls), later()]) {
    const groups = await collect(batchObjects(source, { client, signal, atOnce: 2 }))
    t.same(
      groups.map(group => group.map(({ url }) => url)),
      [urls.slice(0, 2), urls.slice(2)],
    )
  }
})

t.test('refuses other sources, and stops by its signal', async t => {
  const { client } = await openFilms(t)
  const all = (source: unknown) => collect(batchObjects(source as BatchSource, { client, signal, atOnce: 2 }))
  for (const source of ['s3://masters/a', '/srv/', 7, null, [7], ['']]) {
    await t.rejects(all(source), { code: 'AVIO_ERR_OPTION', option: 'source' })
  }
  await t.rejects(all('s3://nobody-has-this/'), { code: /NO_SUCH_BUCKET|READ_FAILED/ })
  const aborted = batchObjects(['s3://masters/a'], { client, signal: AbortSignal.abort(), atOnce: 2 })
  await t.rejects(aborted.next(), { name: 'AbortError' })
})

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
