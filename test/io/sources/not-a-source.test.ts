import { Readable } from 'node:stream'
import t from 'tap'
import { isNotASource, notASource } from '../../../lib/io/sources/not-a-source.js'

t.test('suggests a constructor for a path, a URL or bytes', async t => {
  const cases: [unknown, string][] = [
    [
      "it's.mov",
      "for a file: new FileSource({ path: 'it\\'s.mov' }); for an object in S3: new S3Source({ client, bucket, key })",
    ],
    [new URL('file:///a/b.mov'), "for a file: new FileSource({ path: new URL('file:///a/b.mov') })"],
    ['S3://masters/a/b.mov', "for an object: new S3Source({ client, bucket: 'masters', key: 'a/b.mov' })"],
    ['s3://masters', 'for an object: new S3Source({ client, bucket, key })'],
    ['https://host/b.mov', 'for a URL: new HttpSource({ url })'],
    [new Uint8Array(1), 'for bytes in memory: new BytesSource({ bytes })'],
    [new ArrayBuffer(1), 'for bytes in memory: new BytesSource({ bytes })'],
  ]
  for (const [given, way] of cases) {
    const error = notASource('input.source', 'a RandomAccess', given)
    t.match(error, { code: 'AVIO_ERR_OPTION', option: 'input.source' })
    t.ok(
      error.message.startsWith(`Option "input.source" must be a RandomAccess (${way}), got `),
      error.message,
    )
    t.ok(isNotASource(given))
  }
})

t.test('omits the signature of a URL from the error', async t => {
  for (const given of ['https://host/b.mov?sig=secret', new URL('http://host/b.mov?sig=secret#secret')]) {
    const error = notASource('source', 'a RandomAccess', given)
    t.notMatch(JSON.stringify([error.message, error.value]), 'secret')
    t.match(error.message, 'host/b.mov')
  }
})

t.test('states only the rule for other values', async t => {
  for (const given of [undefined, null, 5, {}, []]) {
    t.notOk(isNotASource(given))
    t.match(notASource('source', 'a Readable', given).message, /^Option "source" must be a Readable, got \S+/)
  }
  t.match(notASource('source', 'a RandomAccess', Readable.from([])).message, 'piped into FfmpegTransform')
})
