import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { GiB, MiB } from '../../../lib/options.js'
import { READ_OPTIONS, readOptions } from '../../../lib/s3/read/read-options.js'

const client = new S3Client({ region: 'us-east-1' })
const read = (options: object) => readOptions({ client, bucket: 'b', key: 'k', ...options }, 'S3Source')

t.test('applies the defaults', async t => {
  t.same(read({}), {
    client,
    location: { bucket: 'b', key: 'k' },
    versionId: undefined,
    request: {},
    partSize: 8 * MiB,
    stallTimeout: 30_000,
    minThroughput: 512,
    maxAttempts: 8,
    transport: 'direct',
  })
})

t.test('accepts every option', async t => {
  const given = {
    versionId: 'v',
    request: { RequestPayer: 'requester' },
    partSize: MiB,
    stallTimeout: 1,
    minThroughput: 0,
    maxAttempts: 1,
    transport: 'sdk' as const,
  }
  t.same(readOptions({ client, uri: 's3://b/k', ...given }, 'S3Source'), {
    client,
    location: { bucket: 'b', key: 'k' },
    ...given,
  })
  t.equal(read({ stallTimeout: Infinity }).stallTimeout, Infinity)
})

t.test('rejects invalid options by name', async t => {
  const wrong: Record<string, unknown[]> = {
    versionId: ['', 7, null],
    request: [null, 'x', { Range: 'bytes=0-1' }],
    partSize: [0, -1, 1.5, 5 * GiB + 1, Infinity, '8', null],
    stallTimeout: [0, -1, 2 ** 31, '1', null],
    minThroughput: [-1, 0.5, 2 ** 30 + 1, Infinity, '1', null],
    maxAttempts: [0, 101, 1.5, Infinity, null],
    client: [null, {}, 'x'],
    bucket: ['', 7, null],
    key: ['', 7, null, 'x'.repeat(1025)],
    uri: ['s3://b/k', 'http://b/k'],
  }
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      t.throws(
        () => read({ [name]: value }),
        { code: 'AVIO_ERR_OPTION', message: new RegExp(name) },
        `${name} ${String(value)}`,
      )
    }
  }
})

t.test('lists every option name', async t => {
  t.same([...READ_OPTIONS].sort(), [
    'bucket',
    'client',
    'etag',
    'key',
    'maxAttempts',
    'minThroughput',
    'partSize',
    'request',
    'stallTimeout',
    'transport',
    'uri',
    'versionId',
  ])
})
