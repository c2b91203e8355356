import type * as stream from 'node:stream'
import { createRequire } from 'node:module'
import { Duplex, PassThrough, Readable, Writable } from 'node:stream'
import t from 'tap'
import { isReadable, isWritable } from '../../lib/io/stream-kinds.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'

/** The package has no types; its API is that of Node’s streams. */
const other = createRequire(import.meta.url)('readable-stream') as typeof stream

t.test('detects readable and writable streams of Node and of readable-stream', async t => {
  const noop = () => undefined
  const kinds: [name: string, value: unknown, readable: boolean, writable: boolean][] = [
    ['Readable', new Readable({ read: noop }), true, false],
    ['Writable', new Writable({ write: noop }), false, true],
    ['Duplex', new Duplex({ read: noop, write: noop }), true, true],
    ['PassThrough', new PassThrough(), true, true],
    ['Readable of readable-stream', new other.Readable({ read: noop }), true, false],
    ['Writable of readable-stream', new other.Writable({ write: noop }), false, true],
    ['PassThrough of readable-stream', new other.PassThrough(), true, true],
    ['a source', new BytesSource({ bytes: Buffer.alloc(1) }), false, false],
    ['a path', 'talk.mov', false, false],
    ['nothing', undefined, false, false],
    ['null', null, false, false],
    ['an array', [1], false, false],
  ]
  for (const [name, value, readable, writable] of kinds) {
    t.equal(isReadable(value), readable, `${name} is readable: ${readable}`)
    t.equal(isWritable(value), writable, `${name} is writable: ${writable}`)
  }
})
