import t from 'tap'
import { createDigest } from '../../../lib/io/checksums/digest.js'
import {
  algorithmOfHeader,
  CHECKSUM_ALGORITHMS,
  type ChecksumAlgorithm,
  checksumElement,
  checksumHeader,
  checksumOf,
  checkType,
  combineChecksums,
  defaultType,
  isChecksum,
  parseAlgorithm,
} from '../../../lib/testing/wire/checksum.js'

const check = Buffer.from('123456789')
const values: Record<ChecksumAlgorithm, string> = {
  CRC32: Buffer.from('cbf43926', 'hex').toString('base64'),
  CRC32C: Buffer.from('e3069283', 'hex').toString('base64'),
  CRC64NVME: Buffer.from('ae8b14860a799888', 'hex').toString('base64'),
  SHA1: '98O8HYCOBHMq32eZZczDTKeuNEE=',
  SHA256: 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=',
}

t.test('computes each algorithm’s value, in one piece or byte by byte', async t => {
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    t.equal(checksumOf(algorithm, check), values[algorithm], algorithm)
    const state = createDigest(algorithm)
    for (const byte of check) state.update(Buffer.of(byte))
    t.equal(state.digest().toString('base64'), values[algorithm], algorithm)
    t.equal(isChecksum(algorithm, values[algorithm]), true, algorithm)
    t.equal(algorithmOfHeader(checksumHeader(algorithm)), algorithm)
  }
})

t.test('recognises invalid checksums of an algorithm', async t => {
  t.equal(isChecksum('CRC32', values.SHA1), false, 'another length')
  t.equal(isChecksum('CRC32', 'not base64!'), false)
  t.equal(isChecksum('CRC32', ''), false)
  t.equal(algorithmOfHeader('x-amz-checksum-type'), undefined)
  t.equal(algorithmOfHeader('x-amz-checksum-mode'), undefined)
})

t.test('reads names in any case, and refuses unknown ones', async t => {
  t.equal(parseAlgorithm('crc32c'), 'CRC32C')
  t.equal(parseAlgorithm(undefined), undefined)
  t.throws(() => parseAlgorithm('CRC16'), { code: 'InvalidRequest' })
  t.equal(checksumElement('CRC64NVME'), 'ChecksumCRC64NVME')
  t.equal(checksumHeader('CRC64NVME'), 'x-amz-checksum-crc64nvme')
})

t.test('allows full-object checksums for CRCs only, and nothing else for CRC64NVME', async t => {
  t.equal(defaultType('CRC32'), 'COMPOSITE')
  t.equal(defaultType('CRC64NVME'), 'FULL_OBJECT')
  for (const algorithm of ['SHA1', 'SHA256'] as const) {
    t.throws(() => checkType(algorithm, 'FULL_OBJECT'), { code: 'InvalidRequest' })
    checkType(algorithm, 'COMPOSITE')
  }
  t.throws(() => checkType('CRC64NVME', 'COMPOSITE'), { code: 'InvalidRequest' })
  for (const algorithm of ['CRC32', 'CRC32C'] as const) {
    checkType(algorithm, 'COMPOSITE')
    checkType(algorithm, 'FULL_OBJECT')
  }
})

t.test('combines a full-object checksum equal to that of the bytes', async t => {
  const pieces = [check.subarray(0, 4), check.subarray(4, 5), Buffer.alloc(0), check.subarray(5)]
  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME'] as const) {
    const parts = pieces.map(piece => ({ value: checksumOf(algorithm, piece), size: piece.length }))
    t.same(combineChecksums(algorithm, 'FULL_OBJECT', parts), {
      algorithm,
      type: 'FULL_OBJECT',
      value: values[algorithm],
    })
  }
})

t.test('computes a composite checksum from those of the parts, with their number', async t => {
  const [a, b] = [Buffer.from('a'), Buffer.from('b')]
  const parts = [a, b].map(bytes => ({ value: checksumOf('SHA256', bytes), size: 1 }))
  const both = Buffer.concat(parts.map(part => Buffer.from(part.value, 'base64')))
  t.same(combineChecksums('SHA256', 'COMPOSITE', parts), {
    algorithm: 'SHA256',
    type: 'COMPOSITE',
    value: `${checksumOf('SHA256', both)}-2`,
  })
})
