import t from 'tap'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { ID, readSegment } from '../../lib/matroska/segment.js'
import {
  EBML_HEADER,
  SEGMENT_START,
  element,
  endless,
  matroskaFile,
  seekHead,
  trackEntry,
} from '../support/ebml.js'
import { LoggedAccess } from '../support/random-accesses.js'

const INFO = element(ID.info, element(ID.timestampScale, 1_000_000))
const TRACKS = element(ID.tracks, trackEntry(1, 1))
const CUES = element(ID.cues)
const CLUSTER = element(ID.cluster, Buffer.alloc(300_000))
const VOID = element(0xec, Buffer.alloc(10))

const read = (bytes: Buffer) => readSegment(new BytesSource({ bytes }))
const has = async (bytes: Buffer) => {
  const { info, tracks, cues } = await read(bytes)
  return [info !== undefined, tracks !== undefined, cues !== undefined]
}

t.test('reads everything before the media with one read', async t => {
  const source = new LoggedAccess(matroskaFile(INFO, VOID, TRACKS, CUES, CLUSTER))
  const { start, info, tracks, cues } = await readSegment(source)
  t.equal(start, SEGMENT_START)
  t.ok(info && tracks && cues)
  t.equal(source.reads.length, 1)
})

t.test('reads the parts a seek head places after the media, and no media', async t => {
  const head = (position: number) => seekHead([ID.cues, position], [ID.tracks, 0])
  const front = Buffer.concat([head(0), INFO, TRACKS])
  const bytes = matroskaFile(head(front.length + CLUSTER.length), INFO, TRACKS, CLUSTER, CUES)
  const source = new LoggedAccess(bytes)
  t.ok((await readSegment(source)).cues)
  t.ok(source.reads.length <= 3, `${source.reads.length} reads`)
  t.ok(source.delivered < 70_000, `${source.delivered} bytes`)
})

t.test('follows a seek head to another', async t => {
  const first = (position: number) => seekHead([ID.seekHead, position])
  const second = first(0).length + CLUSTER.length
  const third = seekHead([ID.cues, second + seekHead([ID.cues, 0]).length])
  t.same(await has(matroskaFile(first(second), CLUSTER, third, CUES)), [false, false, true])
})

t.test('ignores a seek head that points to itself, to nothing, or to another element', async t => {
  const bytes = (position: number, type: number = ID.cues) =>
    matroskaFile(seekHead([ID.seekHead, 0], [type, position], [type, position]), INFO, TRACKS, CLUSTER)
  for (const position of [0, 2 ** 50, 1_000_000]) t.same(await has(bytes(position)), [true, true, false])
  t.same(await has(bytes(0, ID.seekHead)), [true, true, false])
})

t.test('reads a segment of unknown size', async t => {
  const bytes = Buffer.concat([EBML_HEADER, endless(ID.segment, INFO, TRACKS, endless(ID.cluster))])
  t.same(await has(bytes), [true, true, false])
})

t.test('rejects a file that is not Matroska, or damaged', async t => {
  const code = 'AVIO_ERR_MATROSKA_INVALID'
  await t.rejects(read(Buffer.alloc(0)), { code })
  await t.rejects(read(Buffer.from('RIFF and so on')), { code })
  await t.rejects(read(EBML_HEADER), { code, byteOffset: EBML_HEADER.length })
  const cut = matroskaFile(INFO, TRACKS)
  await t.rejects(read(cut.subarray(0, -1)), { code }, 'the file ends within its tracks')
})

t.test('rejects more or larger elements than the limit', async t => {
  const code = 'AVIO_ERR_MATROSKA_LIMIT'
  await t.rejects(read(matroskaFile(...Array.from({ length: 1001 }, () => VOID))), { code })
  const seeks = Array.from({ length: 101 }, () => [ID.cues, 5] as const)
  await t.rejects(read(matroskaFile(seekHead(...seeks))), { code })
  const huge = Buffer.concat([EBML_HEADER, endless(ID.segment, element(ID.cues, Buffer.alloc(65 * 2 ** 20)))])
  await t.rejects(read(huge), { code })
})

t.test('ends on abort', async t => {
  await t.rejects(readSegment(new BytesSource({ bytes: matroskaFile(INFO) }), AbortSignal.abort()), {
    name: 'AbortError',
  })
})
