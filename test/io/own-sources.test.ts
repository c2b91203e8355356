import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { isOwnSource } from '../../lib/io/own-sources.js'
import type { RandomAccess } from '../../lib/io/random-access.js'
import { BoundedSource } from '../../lib/io/sources/bounded-source.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { CountedSource } from '../../lib/io/sources/counted-source.js'
import { FileSource } from '../../lib/io/sources/file-source.js'
import { HttpSource } from '../../lib/io/sources/http-source.js'
import { SourceSlice } from '../../lib/io/sources/source-slice.js'
import { ObjectSlice } from '../../lib/s3/object-slice.js'
import { PinnedObject } from '../../lib/s3/pinned-object.js'
import { readOptions } from '../../lib/s3/read/read-options.js'
import { S3Source } from '../../lib/s3/s3-source.js'

const client = new S3Client({ region: 'us-east-1' })
const at = { client, bucket: 'b', key: 'k' }
const bytes = Buffer.alloc(3)

/** A source of a user that reads into memory by itself. */
const foreign: RandomAccess = {
  size: async () => 3,
  read: () => new BytesSource({ bytes }).read(0, 3),
  readInto: async () => undefined,
}
const plain: RandomAccess = {
  size: async () => 3,
  read: () => new BytesSource({ bytes }).read(0, 3),
}

t.test('tells sources that read into memory by our code alone', async t => {
  const object = new PinnedObject(readOptions(at, 'it'))
  const own: Record<string, RandomAccess> = {
    S3Source: new S3Source(at),
    PinnedObject: object,
    HttpSource: new HttpSource({ url: 'http://127.0.0.1/x' }),
    FileSource: new FileSource({ path: 'x' }),
    BytesSource: new BytesSource({ bytes }),
    'a source without readInto': plain,
  }
  for (const [name, source] of Object.entries(own)) {
    t.ok(isOwnSource(source), name)
    t.ok(isOwnSource(new BoundedSource(source)), `${name}, bounded`)
    t.ok(isOwnSource(new CountedSource(source)), `${name}, counted`)
    t.ok(isOwnSource(new SourceSlice(source, 0, 1)), `a slice of ${name}`)
  }
  t.ok(isOwnSource(new ObjectSlice(object, 0, 1)))
})

t.test('tells no source of others, wrapped or derived from one of ours', async t => {
  class Derived extends BytesSource {
    override async readInto(): Promise<void> {
      // Another way to read.
    }
  }
  for (const source of [
    foreign,
    new BoundedSource(foreign),
    new CountedSource(foreign),
    new SourceSlice(foreign, 0, 1),
    new Derived({ bytes }),
    new (class extends S3Source {})(at),
    new (class extends HttpSource {})({ url: 'http://127.0.0.1/x' }),
    new (class extends FileSource {})({ path: 'x' }),
  ]) {
    t.notOk(isOwnSource(source))
  }
})
