import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { openInput } from '../../../lib/job/open/open-input.js'
import { parseLocation } from '../../../lib/job/schema/location.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { httpSource } from '../../support/http-origin.js'

const BYTES = Buffer.from('sixteen bytes ok')

t.test('opens an object, a URL and a file, and pins the version of each', async t => {
  const s3 = await LocalS3.start({ buckets: ['masters'] })
  const client = new S3Client(s3.clientConfig())
  const folder = await mkdtemp(join(tmpdir(), 'avio-streams-open-'))
  t.teardown(async () => {
    client.destroy()
    await s3.close()
    await rm(folder, { recursive: true })
  })
  await s3.put('masters', 'a', BYTES)
  await writeFile(join(folder, 'a'), BYTES)
  const origin = await httpSource(t, BYTES)
  origin.validators = { etag: '"h"' }
  const { origin: host } = new URL(origin.url)
  const settings = {
    client,
    http: { hosts: [host], addresses: ['127.0.0.0/8'] },
    stdin: undefined,
    signal: new AbortController().signal,
    maxInputBytes: BYTES.length,
  }
  for (const url of ['s3://masters/a', origin.url, join(folder, 'a')]) {
    const open = await openInput({ url }, parseLocation(url)!, settings)
    t.same(await buffer(open.stream()), BYTES, url)
    t.same(await buffer(Readable.from(open.source!.read(4, 8))), BYTES.subarray(4, 8))
    const { bytes, etag } = await open.version()
    t.equal(bytes, BYTES.length)
    t.type(etag, 'string')
    t.ok(await openInput({ url, etag: etag! }, parseLocation(url)!, settings), 'the version that was read')
    await t.rejects(openInput({ url, etag: '"other"' }, parseLocation(url)!, settings), {
      code: /AVIO_ERR_(OBJECT|SOURCE)_CHANGED/,
    })
    const small = { ...settings, maxInputBytes: BYTES.length - 1 }
    await t.rejects(openInput({ url }, parseLocation(url)!, small), {
      code: 'AVIO_ERR_LIMIT_INPUT_BYTES',
      message: /has 16 bytes, more than 15 \(limits\.maxInputBytes\)/,
    })
  }
  await t.rejects(
    openInput({ url: origin.url }, parseLocation(origin.url)!, { ...settings, http: { hosts: [host] } }),
    {
      code: 'AVIO_ERR_SOURCE_REFUSED',
    },
  )
})

t.test('reads standard input once, and counts its bytes', async t => {
  const settings = {
    ...{
      client: undefined,
      http: { hosts: [] },
      signal: new AbortController().signal,
      maxInputBytes: Infinity,
    },
    stdin: Readable.from([BYTES]),
  }
  const open = await openInput({ url: '-' }, { kind: 'stdio' }, settings)
  t.equal(open.source, undefined)
  t.same(await buffer(open.stream()), BYTES)
  t.same(await open.version(), { bytes: BYTES.length })
})
