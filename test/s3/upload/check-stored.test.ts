import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { formatCrc32 } from '../../../lib/s3/upload/combine-crc32.js'
import { checkStored } from '../../../lib/s3/upload/check-stored.js'
import { partOf, target } from '../../support/upload-store.js'

const client = new S3Client({ region: 'us-east-1' })
const part = partOf('the bytes')
const fields = { operation: 'UploadPart', partNumber: 2 }
const md5 = `"${createHash('md5').update('the bytes').digest('hex')}"`
const otherMd5 = `"${createHash('md5').update('other bytes').digest('hex')}"`
const otherCrc = formatCrc32(crc32('other bytes'))
const $metadata = {}

function check(answer: object, overrides: Parameters<typeof target>[1] = {}) {
  checkStored({ $metadata, ...answer }, part, target(client, overrides), fields)
}

t.test('requires the CRC32 in the response to match the one sent', async t => {
  check({ ChecksumCRC32: formatCrc32(part.crc32) })
  check({}, { checksum: 'crc32' })
  check({ ETag: otherMd5 })
  t.throws(() => check({ ChecksumCRC32: otherCrc }), {
    code: 'AVIO_ERR_CHECKSUM_MISMATCH',
    bucket: 'uploads',
    partNumber: 2,
    message: new RegExp(`CRC32 ${otherCrc.replaceAll('+', '\\+')} .*, but .* was sent`),
  })
})

t.test('requires the ETag to match the bytes with MD5, if it is an MD5', async t => {
  check({ ETag: md5 }, { checksum: 'md5' })
  check({ ETag: '"opaque"' }, { checksum: 'md5' })
  t.throws(() => check({ ETag: otherMd5 }, { checksum: 'md5' }), { code: 'AVIO_ERR_CHECKSUM_MISMATCH' })
})

t.test('skips the ETag of encrypted bytes', async t => {
  for (const request of [{ SSECustomerKey: 'k' }, { ServerSideEncryption: 'aws:kms' }] as const) {
    t.doesNotThrow(() => check({ ETag: otherMd5 }, { checksum: 'md5', request }))
  }
  t.doesNotThrow(() => check({ ETag: otherMd5, ServerSideEncryption: 'aws:kms' }, { checksum: 'md5' }))
})

t.test('compares nothing without a checksum', async t => {
  t.doesNotThrow(() => check({ ETag: otherMd5, ChecksumCRC32: otherCrc }, { checksum: 'none' }))
})
