import t from 'tap'
import { readOptions } from '../../lib/testing/local-s3-options.js'

t.test('has a default for every option', async t => {
  t.match(readOptions({}), {
    port: 0,
    buckets: [],
    folder: undefined,
    discard: false,
    accessKeyId: 'AKIALOCALS3',
    secretAccessKey: 'local-s3-secret',
    region: 'us-east-1',
    minPartSize: 5 * 1024 * 1024,
    verifyPayload: true,
    verifyChecksums: true,
    etag: 'md5',
    publicRead: false,
    pace: { ttfb: 0, bytesPerSecond: Infinity },
    tls: undefined,
  })
})

t.test('refuses invalid options by name', async t => {
  const wrong: Record<string, unknown> = {
    port: 70_000,
    buckets: ['Not A Bucket'],
    folder: '',
    discard: 1,
    accessKeyId: '',
    region: 5,
    minPartSize: 0,
    verifyChecksums: 'no',
    etag: 'sha1',
    tls: 'yes',
    speed: 1,
  }
  for (const [option, value] of Object.entries(wrong)) {
    t.throws(() => readOptions({ [option]: value }), { code: 'AVIO_ERR_OPTION', option }, option)
  }
  t.throws(() => readOptions({ pace: { ttfb: -1 } }), { option: 'pace.ttfb', code: 'AVIO_ERR_OPTION' })
  t.throws(() => readOptions({ discard: true, folder: 'x' }), { option: 'discard', code: 'AVIO_ERR_OPTION' })
  t.throws(() => readOptions(null as never), { code: 'AVIO_ERR_OPTION' })
})
