import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { MAX_EDITS } from '../../../lib/mp4/boxes/limits.js'
import {
  editList,
  eventMessage,
  handlerType,
  mediaHeader,
  movieHeader,
  segmentIndex,
  trackExtends,
  trackHeader,
} from '../../../lib/mp4/boxes/leaf-boxes.js'
import { fullBox, moov, offsetOf, trak, trex, u16, u32, u64 } from '../../support/fmp4.js'

const topLevel = (bytes: Buffer): Box => Box.topLevel(bytes, 0, bytes.length, 0, 0)

/** The box at `path` within `bytes`. */
function at(bytes: Buffer, path: string): Box {
  const start = offsetOf(bytes, path)
  return topLevel(bytes.subarray(start, start + bytes.readUInt32BE(start)))
}

t.test('reads headers of both versions', async t => {
  for (const version of [0, 1] as const) {
    const bytes = moov([{ id: 7, version, timescale: 90_000, language: 'deu', width: 64, height: 36 }], {
      version,
    })
    t.same(movieHeader(at(bytes, 'moov/mvhd')), { timescale: 1000 })
    t.same(trackHeader(at(bytes, 'moov/trak/tkhd')), { trackId: 7, width: 64, height: 36 })
    t.same(mediaHeader(at(bytes, 'moov/trak/mdia/mdhd')), { timescale: 90_000, language: 'deu' })
    t.equal(handlerType(at(bytes, 'moov/trak/mdia/hdlr')), 'vide')
  }
})

t.test('rejects a box too short for its version before mux.js sees it', async t => {
  for (const [type, read] of Object.entries({ mvhd: movieHeader, tkhd: trackHeader, mdhd: mediaHeader })) {
    for (const version of [0, 1]) {
      const box = topLevel(fullBox(type, version, 0, Buffer.alloc(version === 0 ? 19 : 31)))
      t.throws(() => read(box), { code: 'AVIO_ERR_MP4_BOX_INVALID', boxPath: type }, `${type} ${version}`)
    }
  }
  t.throws(() => handlerType(topLevel(fullBox('hdlr', 0, 0))), { code: 'AVIO_ERR_MP4_BOX_INVALID' })
  t.throws(() => trackExtends(topLevel(fullBox('trex', 0, 0))), { code: 'AVIO_ERR_MP4_BOX_INVALID' })
})

t.test("ignores QuickTime's own language codes", async t => {
  const bytes = trak({ id: 1, language: 'und' })
  const mdhd = offsetOf(bytes, 'trak/mdia/mdhd')
  bytes.writeUInt16BE(3, mdhd + 28)
  t.equal(mediaHeader(at(bytes, 'trak/mdia/mdhd')).language, 'und')
})

t.test('reads a handler whose name is not UTF-8', async t => {
  const hdlr = fullBox('hdlr', 0, 0, u32(0), 'soun', Buffer.alloc(12), Buffer.from([0xff, 0xfe, 0xc3]))
  t.equal(handlerType(topLevel(hdlr)), 'soun')
})

t.test('reads edit lists of both versions, with empty edits and times past 32 bits', async t => {
  const entries = [u32(500, -1), u16(1, 0), u32(0, 1024), u16(1, 0)]
  t.same(editList(topLevel(fullBox('elst', 0, 0, u32(2), ...entries))), [
    { segmentDuration: 500, mediaTime: -1, mediaRate: 1 },
    { segmentDuration: 0, mediaTime: 1024, mediaRate: 1 },
  ])
  const long = [u64(2 ** 40, -1), u16(1, 0), u64(0, 2 ** 41), u16(0, 0)]
  t.same(editList(topLevel(fullBox('elst', 1, 0, u32(2), ...long))), [
    { segmentDuration: 2 ** 40, mediaTime: -1, mediaRate: 1 },
    { segmentDuration: 0, mediaTime: 2 ** 41, mediaRate: 0 },
  ])
})

t.test('rejects at once an edit list that claims more entries than it has, or than any list has', async t => {
  const claim = (count: number): Box => topLevel(fullBox('elst', 0, 0, u32(count), Buffer.alloc(24)))
  t.throws(() => editList(claim(3)), { code: 'AVIO_ERR_MP4_BOX_INVALID' })
  t.throws(() => editList(claim(MAX_EDITS + 1)), { code: 'AVIO_ERR_MP4_LIMIT' })
  t.throws(() => editList(claim(0xffffffff)), { code: 'AVIO_ERR_MP4_LIMIT' })
})

t.test('reads all 32 bits of the default flags in trex, of which mux.js reports only a part', async t => {
  t.same(trackExtends(topLevel(trex(3, { duration: 4, size: 5, flags: 0x8101ffff }))), {
    trackId: 3,
    defaults: { duration: 4, size: 5, flags: 0x8101ffff },
  })
})

t.test('reads segment indexes of both versions', async t => {
  const reference = u32(0x80000000 | 700, 2000, 0x90000000)
  const expected = {
    referenceId: 1,
    timescale: 1000,
    references: [
      {
        referenceType: 1,
        referencedSize: 700,
        subsegmentDuration: 2000,
        startsWithSap: true,
        sapType: 1,
        sapDeltaTime: 0,
      },
    ],
  }
  t.same(segmentIndex(topLevel(fullBox('sidx', 0, 0, u32(1, 1000, 0, 0), u16(0, 1), reference))), expected)
  t.same(
    segmentIndex(topLevel(fullBox('sidx', 1, 0, u32(1, 1000), u64(0, 0), u16(0, 1), reference))),
    expected,
  )
  const short = topLevel(fullBox('sidx', 0, 0, u32(1, 1000, 0, 0), u16(0, 2), reference))
  t.throws(() => segmentIndex(short), { code: 'AVIO_ERR_MP4_BOX_INVALID' })
  t.throws(() => segmentIndex(topLevel(fullBox('sidx', 0, 0))), { code: 'AVIO_ERR_MP4_BOX_INVALID' })
})

t.test('reads event messages of both versions, and skips others', async t => {
  const expected = { schemeIdUri: 'urn:x', value: 'v', timescale: 1000, eventDuration: 9, id: 4 }
  const zero = fullBox('emsg', 0, 0, 'urn:x\0v\0', u32(1000, 1, 9, 4), 'data')
  const one = fullBox('emsg', 1, 0, u32(1000), u64(1), u32(9, 4), 'urn:x\0v\0', 'data')
  t.same(eventMessage(topLevel(zero)), expected)
  t.same(eventMessage(topLevel(one)), expected)
  t.equal(eventMessage(topLevel(fullBox('emsg', 2, 0))), undefined)
})

t.test('rejects an event message cut anywhere with an error of the library', async t => {
  const zero = Buffer.concat([Buffer.from('urn:x\0v\0'), u32(1000, 1, 9, 4)])
  const one = Buffer.concat([u32(1000), u64(1), u32(9, 4), Buffer.from('urn:x\0v\0')])
  for (const [version, content] of [zero, one].entries()) {
    for (let length = 0; length < content.length; length++) {
      const box = topLevel(fullBox('emsg', version, 0, content.subarray(0, length)))
      t.throws(
        () => eventMessage(box),
        { code: 'AVIO_ERR_MP4_BOX_INVALID', boxPath: 'emsg[0]' },
        `${version}: ${length}`,
      )
    }
  }
  const unnamed = topLevel(fullBox('emsg', 0, 0, '\0\0', u32(1, 1, 1, 1)))
  t.throws(() => eventMessage(unnamed), {
    code: 'AVIO_ERR_MP4_BOX_INVALID',
    message: /scheme_id_uri is empty/,
  })
})

t.test('passes a box with a 64-bit size to mux.js without it', async t => {
  const content = fullBox('trex', 0, 0, u32(3, 1, 4, 5, 6)).subarray(8)
  const long = Buffer.concat([u32(1), Buffer.from('trex'), u64(16 + content.length), content])
  t.equal(trackExtends(topLevel(long)).trackId, 3)
})

t.test('converts errors of mux.js to its own, with the position', async t => {
  // mux.js doesn't know this box, and returns none of the requested fields.
  const box = topLevel(fullBox('nope', 0, 0, Buffer.alloc(100)))
  const error = { code: 'AVIO_ERR_MP4_BOX_INVALID', boxPath: 'nope[0]', cause: { name: 'TypeError' } }
  t.throws(() => movieHeader(box), error)
})
