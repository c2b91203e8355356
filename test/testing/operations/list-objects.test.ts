import {
  DeleteObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3'
import t from 'tap'
import { sendRaw, startS3 } from '../support.js'

const keys = ['a', 'b/1', 'b/2', 'c d', 'e&<f>', 'g+h', 'ü']

async function startWithKeys(t: Parameters<typeof startS3>[0]) {
  const { s3, client } = await startS3(t)
  for (const key of keys) await s3.put('box', key, key)
  const list = (input: Partial<ListObjectsV2CommandInput> = {}) =>
    client.send(new ListObjectsV2Command({ Bucket: 'box', ...input }))
  return { s3, client, list }
}

t.test('lists objects in order, with size and entity tag', async t => {
  const { s3, list } = await startWithKeys(t)
  const all = await list()
  t.same(
    all.Contents?.map(({ Key }) => Key),
    keys,
  )
  t.match(all, { KeyCount: 7, IsTruncated: false, Name: 'box' })
  t.match(all.Contents?.[0], { Size: 1, ETag: s3.head('box', 'a')?.etag, StorageClass: 'STANDARD' })
  t.equal((await list({ FetchOwner: true })).Contents?.[0]?.Owner?.ID, 'local-s3')
})

t.test('returns every key once, for any page size', async t => {
  const { list } = await startWithKeys(t)
  for (const MaxKeys of [1, 2, 3, 6, 7]) {
    const seen: (string | undefined)[] = []
    let ContinuationToken: string | undefined
    do {
      const page = await list({ MaxKeys, ...(ContinuationToken !== undefined && { ContinuationToken }) })
      t.ok(page.KeyCount! <= MaxKeys)
      seen.push(...page.Contents!.map(({ Key }) => Key))
      ContinuationToken = page.NextContinuationToken
    } while (ContinuationToken !== undefined)
    t.same(seen, keys, `${MaxKeys} a page`)
  }
})

t.test('filters the list by prefix, delimiter and start-after', async t => {
  const { list } = await startWithKeys(t)
  t.match(await list({ Delimiter: '/', MaxKeys: 2 }), { CommonPrefixes: [{ Prefix: 'b/' }], KeyCount: 2 })
  t.same(
    (await list({ Prefix: 'b/' })).Contents?.map(({ Key }) => Key),
    ['b/1', 'b/2'],
  )
  t.same(
    (await list({ StartAfter: 'e&<f>' })).Contents?.map(({ Key }) => Key),
    ['g+h', 'ü'],
  )
  t.match(await list({ MaxKeys: 0 }), { KeyCount: 0, IsTruncated: false })
})

t.test('encodes names on request', async t => {
  const { s3, list } = await startWithKeys(t)
  await s3.put('box', 'control\u0001', '')
  const { Contents } = await list({ EncodingType: 'url' })
  t.same(
    Contents?.map(({ Key }) => decodeURIComponent(Key!)),
    s3.keys('box'),
  )
  t.equal(Contents?.find(({ Key }) => Key?.startsWith('c%20'))?.Key, 'c%20d')
  t.match(await sendRaw(s3, { path: '/box?list-type=2&encoding-type=x' }), { code: 'InvalidArgument' })
})

t.test('pages the first version of the listing by marker', async t => {
  const { client } = await startWithKeys(t)
  const list = (Marker?: string) =>
    client.send(
      new ListObjectsCommand({
        Bucket: 'box',
        MaxKeys: 3,
        Delimiter: '/',
        ...(Marker !== undefined && { Marker }),
      }),
    )
  const first = await list()
  t.match(first, { IsTruncated: true, NextMarker: 'c d', CommonPrefixes: [{ Prefix: 'b/' }] })
  t.same(
    (await list(first.NextMarker)).Contents?.map(({ Key }) => Key),
    ['e&<f>', 'g+h', 'ü'],
  )
  t.same(
    (await list('b/')).Contents?.map(({ Key }) => Key),
    ['c d', 'e&<f>', 'g+h'],
    'a common prefix is passed whole',
  )
})

t.test('lists versions newest first, with separate markers, across pages', async t => {
  const { s3, client } = await startS3(t)
  s3.setVersioning('box', 'Enabled')
  const ids = [await s3.put('box', 'k', '1'), await s3.put('box', 'k', '22')].map(
    ({ versionId }) => versionId,
  )
  const { VersionId: marker } = await client.send(new DeleteObjectCommand({ Bucket: 'box', Key: 'k' }))
  const list = (KeyMarker?: string, VersionIdMarker?: string) =>
    client.send(
      new ListObjectVersionsCommand({
        Bucket: 'box',
        MaxKeys: 2,
        ...(KeyMarker !== undefined && { KeyMarker }),
        ...(VersionIdMarker !== undefined && { VersionIdMarker }),
      }),
    )
  const first = await list()
  t.match(first.DeleteMarkers, [{ Key: 'k', VersionId: marker, IsLatest: true }])
  t.match(first.Versions, [{ Key: 'k', VersionId: ids[1], IsLatest: false, Size: 2 }])
  t.equal(first.IsTruncated, true)
  const second = await list(first.NextKeyMarker, first.NextVersionIdMarker)
  t.match(second, { IsTruncated: false, Versions: [{ VersionId: ids[0], Size: 1 }] })
  t.equal(
    (await client.send(new ListObjectsV2Command({ Bucket: 'box' }))).KeyCount,
    0,
    'a marker hides the key',
  )
})
