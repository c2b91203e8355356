import t from 'tap'
import { missing } from '../../support/cut.js'

type Part = Buffer

/** An element; `size` replaces its own size, `-1` means unknown. */
function element(id: string, body: Buffer = Buffer.alloc(0), size = body.length): Part {
  const length = Buffer.alloc(8)
  if (size === -1) length.fill(0xff).writeUInt8(0x01)
  else length.writeBigUInt64BE((1n << 56n) + BigInt(size))
  return Buffer.concat([Buffer.from(id, 'hex'), length, body])
}

const [EBML, SEGMENT, CLUSTER, CUES, TAGS, VOID] = [
  '1a45dfa3',
  '18538067',
  '1f43b675',
  '1c53bb6b',
  '1254c367',
  'ec',
]
const BLOCK = element('a3', Buffer.alloc(100))
const TIME = element('e7', Buffer.alloc(2))
const cluster = () => element(CLUSTER, Buffer.concat([TIME, BLOCK, BLOCK]))

/** A seek head with the position of the cues, relative to the segment's data. */
function seekHead(position: number): Part {
  const place = Buffer.alloc(4)
  place.writeUInt32BE(position)
  return element(
    '114d9b74',
    element('4dbb', Buffer.concat([element('53ab', Buffer.from(CUES, 'hex')), element('53ac', place)])),
  )
}

function file(parts: readonly Part[], size?: number): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([element(EBML), element(SEGMENT, body, size ?? body.length)])
}

const front = seekHead(0).length
const withCues = (tail: Part) =>
  file([seekHead(front + 2 * cluster().length), cluster(), cluster(), element(CUES, tail)])

t.test('finds a missing or cut cluster', async t => {
  const whole = file([cluster(), cluster()])
  t.equal(await missing(whole), undefined)
  t.match(await missing(whole.subarray(0, -cluster().length)), /Matroska: the size of its Segment/)
  t.match(await missing(whole.subarray(0, -1)), /Matroska/)
  t.match(await missing(file([cluster()], 100_000)), /Matroska/)
})

t.test('ignores missing elements after the clusters', async t => {
  const whole = withCues(Buffer.alloc(1000))
  t.equal(await missing(whole), undefined)
  for (const left of [1, 500, 1000, 1012])
    t.equal(await missing(whole.subarray(0, -left)), undefined, `${left}`)
  t.match(await missing(whole.subarray(0, -1013)), /Matroska/)
  const tags = file([cluster(), element(TAGS, Buffer.alloc(50)), element(VOID, Buffer.alloc(100))])
  t.equal(await missing(tags.subarray(0, -120)), undefined, 'truncated tags')
  t.equal(await missing(tags.subarray(0, -50)), undefined, 'a truncated void')
})

t.test('recognizes unknown sizes, and reads the clusters and blocks within', async t => {
  const live = file([cluster(), cluster()], -1)
  t.equal(await missing(live), undefined)
  t.equal(await missing(live.subarray(0, -cluster().length)), undefined, 'between two clusters')
  t.match(await missing(live.subarray(0, -1)), /its last Cluster/)
  t.equal(await missing(file([cluster()], 0)), undefined, 'a size of 0')

  const open = element(CLUSTER, Buffer.concat([TIME, BLOCK, BLOCK]), -1)
  const recorded = file([open, open], -1)
  t.equal(await missing(recorded), undefined)
  t.equal(await missing(recorded.subarray(0, -BLOCK.length)), undefined, 'between two blocks')
  t.match(await missing(recorded.subarray(0, -1)), /its last block/)
})

t.test('judges each of several consecutive files', async t => {
  const whole = file([cluster()])
  t.equal(await missing(Buffer.concat([whole, whole])), undefined)
  t.match(await missing(Buffer.concat([whole, whole.subarray(0, -1)])), /Matroska/)
  t.equal(await missing(Buffer.concat([whole, Buffer.alloc(50)])), undefined)
})

t.test('gives up on bytes that are not an element', async t => {
  t.equal(await missing(file([cluster(), Buffer.alloc(100)])), undefined)
  t.equal(await missing(Buffer.concat([element(EBML), Buffer.alloc(20)])), undefined)
})
