import { createHash } from 'node:crypto'
import {
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type ListPartsCommandOutput,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import t from 'tap'
import { MiB } from '../../../lib/options.js'
import { formatCrc32 } from '../../../lib/s3/upload/combine-crc32.js'
import { comparePart, listStoredParts, md5InTurns } from '../../../lib/s3/upload/stored-parts.js'
import { stores } from '../../support/stores.js'
import { UploadStore, partOf, target } from '../../support/upload-store.js'
import { UploadCommands } from '../../../lib/s3/upload/upload-commands.js'

const { signal } = new AbortController()
const md5 = (bytes: string) => createHash('md5').update(bytes).digest('hex')

for (const remote of stores()) {
  t.test(`lists more than a thousand parts, of several pages, on ${remote.name}`, async t => {
    const { client, bucket, options } = await remote.open(t)
    const at = { Bucket: bucket, Key: 'k' }
    const ChecksumAlgorithm = 'CRC32' as const
    const sums = options.checksum === undefined && { ChecksumAlgorithm, ChecksumType: 'FULL_OBJECT' as const }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, ...sums }))
    const numbers = Array.from({ length: 1004 }, (_, n) => n + 2)
    const waiting = [...numbers]
    const send = async () => {
      for (let n = waiting.shift(); n !== undefined; n = waiting.shift()) {
        const input = { ...at, UploadId, PartNumber: n, Body: `part ${n}` }
        await client.send(new UploadPartCommand(sums ? { ...input, ChecksumAlgorithm } : input))
      }
    }
    await Promise.all(Array.from({ length: 16 }, send))
    const requests = new UploadCommands(target(client, { location: { bucket, key: 'k' } }))
    const listing = await listStoredParts(requests, UploadId!, signal)
    t.same([...listing!.parts.keys()], numbers)
    const { crc32 } = partOf('part 1005')
    t.same(listing!.parts.get(1005), {
      partNumber: 1005,
      size: 9,
      etag: `"${md5('part 1005')}"`,
      crc32: sums ? formatCrc32(crc32) : undefined,
    })
    t.equal(await listStoredParts(requests, 'other', signal), undefined, 'no such upload')
    const none = new UploadCommands(target(client, { location: { bucket: 'none-of-mine', key: 'k' } }))
    await t.rejects(listStoredParts(none, UploadId!, signal), { code: 'AVIO_ERR_NO_SUCH_BUCKET' })
  })
}

t.test('rejects a list that is no list, and one that does not go on', async t => {
  const store = await UploadStore.open(t)
  for (const [page, message] of [
    [{}, /The list of the parts of s3:\/\/uploads\/k names no upload/],
    [{ UploadId: 'u', IsTruncated: true }, /is truncated, but names no next page/],
    [{ UploadId: 'u', IsTruncated: true, NextPartNumberMarker: '7' }, /is truncated, but names no next page/],
  ] as const) {
    const requests = store.requests()
    requests.listPage = async () => page as unknown as ListPartsCommandOutput
    await t.rejects(listStoredParts(requests, 'u', signal), { code: 'AVIO_ERR_BAD_RESPONSE', message })
  }
})

t.test('retries the list, and stops it on abort', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  const { client, bucket: Bucket } = store
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }))
  store.s3.clearCalls()
  store.s3.fault({ operation: 'ListParts', times: 2, status: 503 })
  t.same((await listStoredParts(store.requests(), UploadId!, signal))?.parts, new Map())
  t.same(store.log, ['list', 'list', 'list'])
  await t.rejects(listStoredParts(store.requests(), UploadId!, AbortSignal.abort()), { name: 'AbortError' })
  t.equal((await client.send(new ListPartsCommand({ Bucket, Key: 'k', UploadId }))).UploadId, UploadId)
})

t.test('compares a part by everything that is known of the stored one', async t => {
  const part = partOf('the bytes of a part')
  const same = { etag: `"${md5('the bytes of a part')}"`, crc32: formatCrc32(part.crc32) }
  const other = { etag: `"${md5('other bytes')}"`, crc32: formatCrc32(part.crc32 ^ 1) }
  const both = { crc32: true, etag: true }
  for (const [listed, trusts, verdict] of [
    [same, both, 'same'],
    [{ ...same, crc32: other.crc32 }, both, 'different'],
    [{ ...same, crc32: undefined }, both, 'same'],
    [{ ...other, crc32: undefined }, both, 'different'],
    [{ ...same, etag: other.etag }, both, 'unproved'],
    [{ ...same, etag: other.etag }, { crc32: true, etag: false }, 'same'],
    [{ ...same, etag: '"opaque"' }, both, 'same'],
    [{ etag: '"opaque"', crc32: undefined }, both, 'unproved'],
    [{ etag: '', crc32: undefined }, both, 'unproved'],
    [{ ...same, crc32: other.crc32 }, { crc32: false, etag: true }, 'same'],
    [same, { crc32: false, etag: false }, 'unproved'],
  ] as const) {
    t.equal(await comparePart(part, listed, trusts, signal), verdict, JSON.stringify({ listed, trusts }))
  }
})

t.test('hashes a large part in turns, and stops on abort', async t => {
  const part = partOf(Buffer.alloc(9 * MiB, 'abc'))
  let turns = 0
  const controller = new AbortController()
  const counting = setInterval(() => turns++, 0)
  const hash = await md5InTurns(part, controller.signal)
  clearInterval(counting)
  t.equal(hash, part.digest('md5').toString('hex'))
  const stopped = md5InTurns(part, controller.signal)
  controller.abort()
  await t.rejects(stopped, { name: 'AbortError' })
})
