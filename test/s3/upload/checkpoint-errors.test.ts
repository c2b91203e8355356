import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { S3Error } from '../../../lib/errors.js'
import { MiB } from '../../../lib/options.js'
import {
  checkListing,
  checkpointMismatch,
  checkpointNotSaved,
  checkpointRaced,
} from '../../../lib/s3/upload/checkpoint-errors.js'
import { target } from '../../support/upload-store.js'

const to = target(new S3Client({ region: 'us-east-1' }))
const sizes = { partSize: 8 * MiB, partGrowth: true, concurrency: 4 }

/** A listing of parts, by number and size in bytes. */
function listing(parts: [number, number][], algorithm?: string) {
  const listed = parts.map(
    ([partNumber, size]) => [partNumber, { partNumber, size, etag: '', crc32: undefined }] as const,
  )
  return { parts: new Map(listed), algorithm, sumsWhole: false }
}

t.test('says what differs, that the upload is left, and what to do', async t => {
  const error = checkpointMismatch(to, { uploadId: 'abc', partNumber: 2 }, 'Part 2 differs.')
  t.match(error, { code: 'AVIO_ERR_CHECKPOINT_MISMATCH', uploadId: 'abc', partNumber: 2, retryable: false })
  t.equal(
    error.message,
    'Could not resume upload abc to s3://uploads/k: Part 2 differs. Nothing is visible under the key, and the upload is ' +
      'left as it is. Resume it with the same bytes and options, or abort it and start over without its checkpoint.',
  )
})

t.test('says why a state was not saved, and is retryable unless the cause says no', async t => {
  const full = new Error('no space')
  t.match(checkpointNotSaved(to, 'abc', full), {
    code: 'AVIO_ERR_CHECKPOINT_SAVE',
    message: 'The checkpoint of upload abc to s3://uploads/k was not saved: no space',
    retryable: true,
    cause: full,
  })
  const denied = new S3Error('AVIO_ERR_ACCESS_DENIED', 'denied')
  t.equal(checkpointNotSaved(to, 'abc', denied).retryable, false)
  t.match(checkpointNotSaved(to, 'abc', 7), { message: /was not saved$/, cause: 7 })
})

t.test('says that another process is at work', async t => {
  const cause = new S3Error('AVIO_ERR_UPLOAD_FAILED', 'x', { uploadId: 'abc', s3Code: 'InvalidPart' })
  t.match(checkpointRaced(to, cause), { retryable: true, s3Code: 'InvalidPart', uploadId: 'abc', cause })
})

t.test('accepts parts of the schedule, a short last one, and a first one with a header', async t => {
  for (const parts of [
    [],
    [[1, 8 * MiB]],
    [[1, 5]],
    [
      [1, 8 * MiB],
      [3, 7],
    ],
    [
      [1, 9 * MiB + 3],
      [2, 8 * MiB],
    ],
    [
      [2, 8 * MiB],
      [2001, 10 * MiB],
    ],
  ] as [number, number][][]) {
    t.doesNotThrow(() => checkListing(listing(parts), 'abc', to, sizes))
  }
})

t.test('refuses parts of another schedule', async t => {
  for (const [parts, partNumber] of [
    [
      [
        [1, 5 * MiB],
        [2, 5 * MiB],
      ],
      1,
    ],
    [
      [
        [2, 5 * MiB],
        [3, 5 * MiB],
      ],
      2,
    ],
    [[[2, 9 * MiB]], 2],
    [
      [
        [2001, 8 * MiB],
        [2002, 8 * MiB],
      ],
      2001,
    ],
  ] as [[number, number][], number][]) {
    t.throws(() => checkListing(listing(parts), 'abc', to, sizes), {
      code: 'AVIO_ERR_CHECKPOINT_MISMATCH',
      message: /"partSize", "partGrowth", "concurrency" or "headerReserve"/,
      partNumber,
    })
  }
})

t.test('refuses an upload with another checksum', async t => {
  const sha = listing([], 'SHA256')
  const message = /created with the checksum SHA256, and "checksum" is "crc32" now/
  t.throws(() => checkListing(sha, 'abc', to, sizes), { message })
  const crc = listing([], 'CRC32')
  t.doesNotThrow(() => checkListing(crc, 'abc', to, sizes))
  t.throws(() => checkListing(crc, 'abc', { ...to, checksum: 'md5' }, sizes), {
    code: 'AVIO_ERR_CHECKPOINT_MISMATCH',
  })
})
