import t from 'tap'
import { EbmlData } from '../../lib/matroska/element.js'
import { ID } from '../../lib/matroska/segment.js'
import { matroskaTracks } from '../../lib/matroska/tracks.js'
import { element, trackEntry } from '../support/ebml.js'

const read = (...entries: Buffer[]) => matroskaTracks(EbmlData.of(ID.tracks, Buffer.concat(entries), 0))

t.test('returns the number, kind and delay of each track', async t => {
  t.same(read(trackEntry(1, 1), element(0xec), trackEntry(2, 2, 6_500_000), trackEntry(9, 17)), [
    { number: 1, kind: 'video', codecDelay: 0 },
    { number: 2, kind: 'audio', codecDelay: 6_500_000 },
    { number: 9, kind: 'other', codecDelay: 0 },
  ])
})

t.test('leaves out a track without a number, and those after the thousandth', async t => {
  t.same(read(element(ID.trackEntry, element(ID.trackType, 1))), [])
  t.equal(read(...Array.from({ length: 1200 }, (_, n) => trackEntry(n + 1, 1))).length, 1000)
})
