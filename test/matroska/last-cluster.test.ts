import t from 'tap'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { mediaEnd } from '../../lib/matroska/last-cluster.js'
import { ID } from '../../lib/matroska/segment.js'
import { element, endless, id, matroskaFile, trackEntry } from '../support/ebml.js'
import { ffmpegToPipe, videoInput } from '../support/media.js'
import { LoggedAccess } from '../support/random-accesses.js'

const INFO = element(ID.info, element(ID.timestampScale, 1_000_000))
const TRACKS = element(ID.tracks, trackEntry(1, 1))
const time = (ticks: number) => element(0xe7, ticks)

/** A `SimpleBlock` of a track, at a time after its cluster's. */
function block(track: number, ticks: number, data: Buffer = Buffer.alloc(20)): Buffer {
  const head = Buffer.from([0x80 | track, 0, 0, 0x80])
  head.writeInt16BE(ticks, 1)
  return element(0xa3, Buffer.concat([head, data]))
}

/** A `BlockGroup` with the duration of its block. */
function group(track: number, ticks: number, duration: number): Buffer {
  const head = Buffer.from([0x80 | track, 0, 0, 0])
  head.writeInt16BE(ticks, 1)
  return element(0xa0, element(0xa1, head), element(0x9b, duration))
}

const first = endless(ID.cluster, time(0), block(1, 0), block(1, 40))
const last = [time(5000), block(1, 0), block(2, 10), block(1, 40), block(2, 30)]
const end = (...parts: Buffer[]) => mediaEnd(new BytesSource({ bytes: matroskaFile(INFO, TRACKS, ...parts) }))

t.test('ends with the last block, taken to be as long as the previous one of its track', async t => {
  t.equal(await end(first, endless(ID.cluster, ...last)), 5.08)
  t.equal(await end(first, element(ID.cluster, ...last)), 5.08, 'a cluster of known size')
  t.equal(await end(first, element(ID.cluster, ...last), element(ID.cues)), 5.08, 'with an element after it')
  t.equal(await end(endless(ID.cluster, ...last), element(0x1254c367)), 5.08)
  t.equal(await end(endless(ID.cluster, time(5000), group(1, 0, 700))), 5.7, 'a block with a duration')
  t.equal(await end(endless(ID.cluster, time(5000), block(1, 0))), 5, 'the duration is unknown')
})

t.test('returns the stated duration', async t => {
  const duration = Buffer.alloc(8)
  duration.writeDoubleBE(7000)
  const info = element(ID.info, element(ID.timestampScale, 1_000_000), element(ID.duration, duration))
  t.equal(await mediaEnd(new BytesSource({ bytes: matroskaFile(info, TRACKS, first) })), 7)
})

t.test('ignores media that look like a cluster', async t => {
  const like = Buffer.concat([id(ID.cluster), Buffer.from('01ffffffffffffff', 'hex')])
  for (const data of [
    like,
    Buffer.concat([like, time(99_000)]),
    Buffer.concat([like, time(99_000), Buffer.alloc(40, 7)]),
    Buffer.concat([like, block(1, 0)]),
  ])
    t.equal(await end(endless(ID.cluster, ...last, block(1, 80, data))), 5.12, data.toString('hex'))
})

t.test('reads the rest of a file cut at any byte', async t => {
  const whole = matroskaFile(INFO, TRACKS, first, endless(ID.cluster, ...last))
  const from = matroskaFile(INFO, TRACKS, first).length
  for (let length = from; length < whole.length; length++) {
    const found = await mediaEnd(new BytesSource({ bytes: whole.subarray(0, length) }))
    t.ok(found! >= 0.08 && found! <= 5.08, `${length}: ${found}`)
  }
})

t.test('finds nothing in other files, nor without a cluster', async t => {
  t.equal(await mediaEnd(new BytesSource({ bytes: Buffer.alloc(1000) })), undefined)
  t.equal(await end(), undefined)
  t.equal(await end(element(ID.cluster, time(3))), undefined)
  t.equal(await end(Buffer.concat(Array.from({ length: 2000 }, () => id(ID.cluster)))), undefined)
})

t.test('reads the first bytes and a few ranges at the end', async t => {
  const big = endless(
    ID.cluster,
    time(5000),
    block(1, 0),
    block(1, 40, Buffer.alloc(3_000_000)),
    block(1, 80),
  )
  const source = new LoggedAccess(matroskaFile(INFO, TRACKS, first, first, big))
  t.equal(await mediaEnd(source), 5.12)
  t.ok(source.reads.length <= 5, `${source.reads.length} reads`)
  const error = new Error('It broke')
  await t.rejects(
    mediaEnd(new LoggedAccess(matroskaFile(INFO, TRACKS, big), { failAt: 100_000, error })),
    error,
  )
})

t.test('finds the length of a browser recording', async t => {
  const codec = ['-c:v', 'libvpx', '-deadline', 'realtime', '-g', '30']
  const live = await ffmpegToPipe([...videoInput({ seconds: 3 }), ...codec, '-f', 'webm', '-live', '1'])
  t.equal(await mediaEnd(new BytesSource({ bytes: live })), 3)
})
