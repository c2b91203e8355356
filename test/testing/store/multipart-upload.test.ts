import { createHash } from 'node:crypto'
import t from 'tap'
import { type ChecksumAlgorithm, checksumOf, type ChecksumType } from '../../../lib/testing/wire/checksum.js'
import { MemoryContent } from '../../../lib/testing/store/memory-content.js'
import { MultipartUpload, type NamedPart } from '../../../lib/testing/store/multipart-upload.js'
import { propertiesFrom } from '../../../lib/testing/store/local-object.js'
import { patterned } from '../patterned.js'

const bytes = patterned(100)
const md5 = (data: Buffer) => createHash('md5').update(data).digest()

function uploadOf(
  pieces: Record<number, Buffer>,
  algorithm?: ChecksumAlgorithm,
  checksumType?: ChecksumType,
) {
  const released: number[] = []
  const upload = new MultipartUpload({
    uploadId: 'u',
    key: 'k',
    properties: propertiesFrom({}),
    algorithm,
    checksumType,
    initiated: new Date(),
  })
  const store = (partNumber: number, piece: Buffer) => {
    const content = new MemoryContent([piece])
    content.release = () => void released.push(partNumber)
    const checksum = algorithm && { algorithm, value: checksumOf(algorithm, piece) }
    const etag = `"${md5(piece).toString('hex')}"`
    upload.store({ partNumber, content, etag, checksum, lastModified: new Date() })
  }
  for (const [partNumber, piece] of Object.entries(pieces)) store(Number(partNumber), piece)
  const named = (...numbers: number[]): NamedPart[] =>
    numbers.map(partNumber => {
      const part = upload.parts.find(candidate => candidate.partNumber === partNumber)
      const checksums = new Map(part?.checksum && [[part.checksum.algorithm, part.checksum.value]])
      return { partNumber, etag: part?.etag ?? 'none', checksums }
    })
  return { upload, store, named, released }
}

const [a, b, c] = [bytes.subarray(0, 40), bytes.subarray(40, 90), bytes.subarray(90)]

t.test('joins parts by number, and computes their entity tag', async t => {
  const { upload, named } = uploadOf({ 7: c, 1: a, 3: b })
  const joined = upload.join(upload.select(named(1, 3, 7), 40))
  const tags = Buffer.concat([a, b, c].map(md5))
  t.equal(joined.etag, `"${md5(tags).toString('hex')}-3"`)
  t.equal(joined.content.size, 100)
  t.equal(joined.checksum, undefined)
  t.same(joined.parts, [
    { partNumber: 1, size: 40 },
    { partNumber: 3, size: 50 },
    { partNumber: 7, size: 10 },
  ])
})

t.test('keeps the later of two parts with the same number, and releases the earlier', async t => {
  const { upload, store, named, released } = uploadOf({ 1: a })
  store(1, b)
  t.same(released, [1])
  t.equal(upload.join(upload.select(named(1), 1)).content.size, 50)
})

t.test('releases unnamed parts, and all parts on abort', async t => {
  const completed = uploadOf({ 1: a, 2: b, 3: c })
  completed.upload.release(completed.upload.select(completed.named(1, 3), 1))
  t.same(completed.released, [2])
  const aborted = uploadOf({ 1: a, 2: b })
  aborted.upload.release()
  t.same(aborted.released, [1, 2])
  t.same(aborted.upload.parts, [])
})

t.test('rejects a list that S3 rejects, with the same code', async t => {
  const { upload, named } = uploadOf({ 1: a, 2: b, 3: c })
  const select =
    (parts: NamedPart[], minPartSize = 1) =>
    () =>
      upload.select(parts, minPartSize)
  t.throws(select([]), { code: 'MalformedXML' })
  t.throws(select(named(2, 1)), { code: 'InvalidPartOrder' })
  t.throws(select(named(1, 1)), { code: 'InvalidPartOrder' })
  t.throws(select(named(1, 4)), { code: 'InvalidPart', fields: { PartNumber: 4 } })
  t.throws(select([{ ...named(1)[0]!, etag: '"other"' }]), { code: 'InvalidPart', fields: { PartNumber: 1 } })
  t.throws(select(named(1, 2, 3), 41), {
    code: 'EntityTooSmall',
    fields: { PartNumber: 1, ProposedSize: 40, MinSizeAllowed: 41 },
  })
  t.equal(select(named(1, 2, 3), 40)().length, 3, 'the last part may be short')
})

t.test('compares entity tags with and without quotes', async t => {
  const { upload, named } = uploadOf({ 1: a })
  const [part] = named(1)
  t.equal(upload.select([{ ...part!, etag: part!.etag.replaceAll('"', '') }], 1).length, 1)
})

t.test('requires a checksum for each part if composite, but not for a full-object checksum', async t => {
  const bare = (parts: NamedPart[]) => parts.map(part => ({ ...part, checksums: new Map() }))
  const composite = uploadOf({ 1: a, 2: b }, 'CRC32', 'COMPOSITE')
  const selected = composite.upload.select(composite.named(1, 2), 1)
  t.match(composite.upload.join(selected).checksum, { type: 'COMPOSITE', value: /^.{8}-2$/ })
  t.throws(() => composite.upload.select(bare(composite.named(1, 2)), 1), {
    code: 'InvalidRequest',
    message: /missing for part 1/,
  })
  const full = uploadOf({ 1: a, 2: b, 3: c }, 'CRC32', 'FULL_OBJECT')
  t.same(full.upload.join(full.upload.select(bare(full.named(1, 2, 3)), 1)).checksum, {
    algorithm: 'CRC32',
    type: 'FULL_OBJECT',
    value: checksumOf('CRC32', bytes),
  })
})

t.test('rejects a different checksum of a part', async t => {
  const { upload, named } = uploadOf({ 1: a }, 'SHA256', 'COMPOSITE')
  const checksums = new Map([['SHA256', checksumOf('SHA256', b)]] as const)
  t.throws(() => upload.select([{ ...named(1)[0]!, checksums }], 1), { code: 'InvalidPart' })
})
