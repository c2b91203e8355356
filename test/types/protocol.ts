import { PassThrough, Transform } from 'node:stream'
import { LINK, type Link, type Linked, linkOf } from 'avio-streams/protocol'
import { BytesSource, S3RangeReadable } from 'avio-streams'

/** A custom stage that passes on its upstream's link. */
class Passing extends PassThrough implements Linked {
  #upstream: Link | undefined

  constructor() {
    super()
    this.once('pipe', (source: object) => (this.#upstream = linkOf(source)))
  }

  get [LINK](): Link {
    return this.#upstream ?? {}
  }
}

const link: Link = { randomAccess: new BytesSource({ bytes: new Uint8Array(8) }), stop: () => undefined }
const upstream: Link | undefined = linkOf(new S3RangeReadable({ uri: 's3://masters/talk.mov' }))
void [new Passing() satisfies Transform, link, upstream]

// @ts-expect-error: a link's random access is a source
const wrong: Link = { randomAccess: 'talk.mov' }
void wrong
