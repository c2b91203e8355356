import t from 'tap'
import { chunk, missing } from '../../support/cut.js'

const list = (kind: string, body: Buffer, size = body.length + 4) =>
  chunk('LIST', Buffer.concat([Buffer.from(kind, 'latin1'), body]), size)
const riff = (kind: string, body: Buffer, size = body.length + 4) =>
  chunk('RIFF', Buffer.concat([Buffer.from(kind, 'latin1'), body]), size)

/** The index of indices of a stream. */
function indx(parts: readonly [offset: number, size: number][]): Buffer {
  const body = Buffer.alloc(24 + 16 * parts.length)
  body.writeUInt16LE(4, 0)
  body.writeUInt32LE(parts.length, 4)
  for (const [n, [offset, size]] of parts.entries()) {
    body.writeBigUInt64LE(BigInt(offset), 24 + 16 * n)
    body.writeUInt32LE(size, 32 + 16 * n)
  }
  return chunk('indx', body)
}

const hdrl = (...streams: Buffer[]) =>
  list('hdrl', Buffer.concat([chunk('avih', Buffer.alloc(56)), ...streams.map(one => list('strl', one))]))
const frames = Buffer.concat([chunk('00dc', Buffer.alloc(501)), chunk('01wb', Buffer.alloc(301))])

t.test('counts the list "movi", but nothing after it', async t => {
  const whole = riff('AVI ', Buffer.concat([hdrl(), list('movi', frames), chunk('idx1', Buffer.alloc(64))]))
  t.equal(await missing(whole), undefined)
  for (const left of [1, 60, 72]) t.equal(await missing(whole.subarray(0, -left)), undefined, `${left}`)
  t.equal(await missing(whole.subarray(0, -73)), undefined, 'the padding of its last chunk')
  t.match(await missing(whole.subarray(0, -74)), /AVI: its list "movi"/)
  t.match(await missing(whole.subarray(0, -400)), /AVI: its list "movi"/)
})

t.test('recognizes placeholder sizes written to a pipe', async t => {
  for (const size of [0, 0x7fff0000, 0xffffffff]) {
    t.equal(await missing(riff('AVI ', Buffer.concat([hdrl(), list('movi', frames, size)]), size)), undefined)
  }
})

/** Three RIFFs, each with the parts of two indices after its media. */
function openDml(): { file: Buffer; places: number[] } {
  const part = () => chunk('ix00', Buffer.alloc(200))
  const movi = () => list('movi', Buffer.concat([frames, part(), part()]))
  const build = (offsets: readonly number[]) => {
    const stream = (n: number) => indx(offsets.map(offset => [offset + 208 * n, 208]))
    const first = riff('AVI ', Buffer.concat([hdrl(stream(0), stream(1)), movi()]))
    const next = riff('AVIX', movi())
    return { file: Buffer.concat([first, next, next]), lengths: [first.length, next.length, next.length] }
  }
  const { lengths } = build([1, 1, 1])
  const ends = lengths.map((_, n) => lengths.slice(0, n + 1).reduce((sum, length) => sum + length, 0))
  return { file: build(ends.map(end => end - 416)).file, places: ends }
}

t.test('follows OpenDML: finds missing and truncated RIFFs, and ignores missing indices', async t => {
  const { file, places } = openDml()
  t.equal(await missing(file), undefined)
  for (const place of places.slice(0, -1)) {
    t.match(await missing(file.subarray(0, place)), /its index of indices/, 'between two RIFFs')
    t.match(await missing(file.subarray(0, place + 50)), /AVI/)
  }
  for (const left of [1, 200, 300, 416]) t.equal(await missing(file.subarray(0, -left)), undefined, `${left}`)
  t.match(await missing(file.subarray(0, -420)), /"movi" \(OpenDML\)/)
})
