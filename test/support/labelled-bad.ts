import { box, fullBox, offsetOf, u32 } from './fmp4.js'
import { type Piece, copyOf, every, piece, putTogether, reflowed, takeApart } from './surgery.js'

/** An invalid file and the expected verdict. */
export interface Faulty {
  /** The fault. */
  readonly kind: string
  readonly bytes: Buffer
  /** The code, without `AVIO_ERR_MP4_`. */
  readonly code: string
  /** Offset of the faulty box; `undefined` if there is none. */
  readonly offset: number | undefined
}

const CONFIGS = ['avcC', 'hvcC', 'av1C', 'vpcC', 'esds', 'dOps', 'dfLa', 'dac3', 'dec3']
/** Lengths at which a configuration is complete, though it could be longer. */
const WHOLE: Partial<Record<string, number>> = { av1C: 4, dac3: 3, dec3: 5 }
/** Where to cut a configuration. */
const CUTS = [0, 1, 2, 3, 5, 6, 7, 8, 9, 10]
/** Bytes of a `stsd` before its first entry: version, flags, number of entries. */
const STSD_START = 8 + 8

const moofs = (pieces: readonly Piece[]) => pieces.filter(({ type }) => type === 'moof')
const idsOf = (moof: Piece) => every([moof], 'tfhd').map(({ data }) => data!.readUInt32BE(4))
const trafOf = (moof: Piece, id: number) => idsOf(moof).indexOf(id)
/** The position of each `moof` among the top-level boxes. */
const placesOf = (pieces: readonly Piece[]) =>
  pieces.flatMap(({ type }, place) => (type === 'moof' ? [place] : []))

/** A `moof` and the following `mdat`. */
function lengthOf(pieces: readonly Piece[], place: number): number {
  return pieces.findIndex(({ type }, n) => n > place && type === 'mdat') - place + 1
}

/** Every fault that can be built from a valid file. */
export function* faultsOf(whole: Buffer): Generator<Faulty> {
  const fault = (kind: string, bytes: Buffer, code: string, path?: string): Faulty => ({
    ...{ kind, bytes, code },
    offset: path === undefined ? undefined : offsetOf(bytes, path),
  })
  const of = (kind: string, code: string, path: string, change: (pieces: Piece[]) => void): Faulty => {
    const pieces = takeApart(whole)
    change(pieces)
    return fault(kind, reflowed(pieces), code, path)
  }
  const count = moofs(takeApart(whole)).length
  yield* lostFragments(whole)
  yield* doubled(whole)
  yield* configurations(whole)
  yield* sampleEntries(whole)
  yield* offsets(whole)
  yield* withoutTrack(whole)

  for (const n of threeOf(count)) {
    yield fault(`cut within mdat ${n}`, cutIn(whole, `mdat[${n}]`, 12), 'BOX_TRUNCATED', `mdat[${n}]`)
    yield fault(`cut within moof ${n}`, cutIn(whole, `moof[${n}]`, 20), 'BOX_TRUNCATED', `moof[${n}]`)
    yield fault(`moof ${n} of size 0`, withSize(whole, `moof[${n}]`, 0), 'SIZE_ZERO', `moof[${n}]`)
    yield of(`mdat ${n} one byte too long`, 'SAMPLE_SIZE', `mdat[${n}]`, pieces => {
      const mdat = every(pieces, 'mdat')[n]!
      mdat.data = Buffer.concat([mdat.data!, Buffer.alloc(1)])
    })
    const last = moofs(takeApart(whole))[n]!
    const traf = every([last], 'traf').length - 1
    const trun = every([every([last], 'traf')[traf]!], 'trun').length - 1
    yield of(
      `mdat ${n} one byte too short`,
      'SAMPLE_SIZE',
      `moof[${n}]/traf[${traf}]/trun[${trun}]`,
      pieces => {
        const mdat = every(pieces, 'mdat')[n]!
        mdat.data = mdat.data!.subarray(0, -1)
      },
    )
    yield of(`no mdat ${n}`, 'MDAT_MISSING', `moof[${n}]/traf[0]/trun[0]`, pieces => {
      every(pieces, 'mdat')[n]!.type = 'free'
    })
    yield of(`an unknown track in moof ${n}`, 'TRACK_UNKNOWN', `moof[${n}]/traf[0]`, pieces => {
      every([moofs(pieces)[n]!], 'tfhd')[0]!.data!.writeUInt32BE(77, 4)
    })
    yield of(`no tfdt in moof ${n}`, 'TFDT_MISSING', `moof[${n}]/traf[0]`, pieces => {
      const [traf] = every([moofs(pieces)[n]!], 'traf')
      traf!.kids = traf!.kids!.filter(({ type }) => type !== 'tfdt')
    })
    yield of(`no tfhd in moof ${n}`, 'BOX_MISSING', `moof[${n}]/traf[0]`, pieces => {
      every([moofs(pieces)[n]!], 'tfhd')[0]!.type = 'free'
    })
    yield of(`no mfhd in moof ${n}`, 'BOX_MISSING', `moof[${n}]`, pieces => {
      every([moofs(pieces)[n]!], 'mfhd')[0]!.type = 'free'
    })
    yield of(`more samples than rows in moof ${n}`, 'BOX_INVALID', `moof[${n}]/traf[0]/trun[0]`, pieces => {
      const trun = every([moofs(pieces)[n]!], 'trun')[0]!
      // A run of identical samples has no rows.
      trun.data!.writeUIntBE(trun.data!.readUIntBE(1, 3) | 0x200, 1, 3)
      trun.data!.writeUInt32BE(100_000, 4)
    })
    yield of(`2³² samples in a run of moof ${n}`, 'LIMIT', `moof[${n}]/traf[0]/trun[0]`, pieces => {
      every([moofs(pieces)[n]!], 'trun')[0]!.data!.writeUInt32BE(0xffffffff, 4)
    })
  }
  yield fault('cut after the moov', whole.subarray(0, offsetOf(whole, 'moof')), 'NO_FRAGMENT')
  yield fault('cut within the moov', cutIn(whole, 'moov', 100), 'BOX_TRUNCATED', 'moov')
  yield fault('moov of size 0', withSize(whole, 'moov', 0), 'SIZE_ZERO', 'moov')
  yield fault('the file twice', Buffer.concat([whole, whole]), 'BOX_MISPLACED', 'ftyp[1]')
  yield fault('zeros after the end', Buffer.concat([whole, Buffer.alloc(16)]), 'BOX_TYPE')
  yield fault('a box after the end', Buffer.concat([whole, box('junk')]), 'TRAILING_DATA', 'junk')
  yield of('no ftyp', 'FTYP_MISSING', 'moov', pieces => void pieces.shift())
  yield of('no moov', 'MOOV_MISSING', 'moof', pieces => {
    every(pieces, 'moov')[0]!.type = 'free'
    delete every(pieces, 'free')[0]!.kids
    every(pieces, 'free')[0]!.data = Buffer.alloc(8)
  })
  yield of('two moovs', 'BOX_MISPLACED', 'moov[1]', pieces => {
    pieces.splice(pieces.findIndex(({ type }) => type === 'moov') + 1, 0, every(takeApart(whole), 'moov')[0]!)
  })
  yield of('no mvex', 'NOT_FRAGMENTED', 'moov', pieces => {
    const [moov] = every(pieces, 'moov')
    moov!.kids = moov!.kids!.filter(({ type }) => type !== 'mvex')
  })
  for (const n of every(takeApart(whole), 'trak').keys()) {
    yield of(`no trex for track ${n}`, 'TREX_MISSING', `moov/trak[${n}]`, pieces => {
      const [mvex] = every(pieces, 'mvex')
      mvex!.kids = mvex!.kids!.filter(({ type }) => type !== 'trex').concat(trexes(pieces, n))
    })
    yield of(`a timescale of 0 in track ${n}`, 'BOX_INVALID', `moov/trak[${n}]/mdia/mdhd`, pieces => {
      const mdhd = every(pieces, 'mdhd')[n]!.data!
      mdhd.writeUInt32BE(0, mdhd[0] === 1 ? 20 : 12)
    })
    yield of(
      `samples of track ${n} in the moov`,
      'SAMPLES_OUTSIDE_FRAGMENT',
      `moov/trak[${n}]/mdia/minf/stbl`,
      pieces => {
        every(pieces, 'stsz')[n]!.data = Buffer.concat([u32(0, 5, 1)])
      },
    )
  }
  yield* firstPicture(whole)
  yield* wrongPlaces(whole)
}

/** The first, a middle one, and the last. */
function threeOf(count: number): Set<number> {
  return new Set([0, Math.floor(count / 2), count - 1])
}

function trexes(pieces: readonly Piece[], without: number): Piece[] {
  return every(pieces, 'trex').filter((_, n) => n !== without)
}

function cutIn(bytes: Buffer, path: string, behind: number): Buffer {
  return bytes.subarray(0, offsetOf(bytes, path) + behind)
}

function withSize(bytes: Buffer, path: string, size: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt32BE(size, offsetOf(bytes, path))
  return copy
}

/** Removes a fragment from the middle: the next fragment of the same track reveals it. */
function* lostFragments(whole: Buffer): Generator<Faulty> {
  const places = placesOf(takeApart(whole))
  for (const [n, place] of places.entries()) {
    // A track's first and last fragment leave no trace.
    if (n === 0 || n > 12) continue
    const pieces = takeApart(whole)
    const [lost] = pieces.splice(place, lengthOf(pieces, place))
    const ids = idsOf(lost!)
    const rest = moofs(pieces)
    const isKnown = ids.every(id => rest.slice(0, n).some(moof => idsOf(moof).includes(id)))
    const next = rest.findIndex((moof, m) => m >= n && idsOf(moof).some(id => ids.includes(id)))
    if (!isKnown || next < 0) continue
    const traf = idsOf(rest[next]!).findIndex(id => ids.includes(id))
    const bytes = reflowed(pieces)
    const offset = offsetOf(bytes, `moof[${next}]/traf[${traf}]/tfdt`)
    yield { kind: `fragment ${n} lost`, bytes, code: 'FRAGMENT_LOST', offset }
  }
}

function* doubled(whole: Buffer): Generator<Faulty> {
  const places = placesOf(takeApart(whole))
  for (const n of threeOf(places.length)) {
    const pieces = takeApart(whole)
    const place = places[n]!
    pieces.splice(place, 0, ...pieces.slice(place, place + lengthOf(pieces, place)).map(copyOf))
    const bytes = reflowed(pieces)
    yield { kind: `fragment ${n} twice`, bytes, code: 'SEQUENCE', offset: offsetOf(bytes, `moof[${n + 1}]`) }
  }
  const pieces = takeApart(whole)
  if (places.length < 2) return
  const first = pieces.splice(places[0]!, lengthOf(pieces, places[0]!))
  const second = placesOf(pieces)[0]!
  pieces.splice(second + lengthOf(pieces, second), 0, ...first)
  const bytes = reflowed(pieces)
  // If a video track's second fragment does not begin with a sync sample, that fault comes first.
  if (startsWithSync(moofs(pieces)[0]!)) {
    yield { kind: 'fragments 0 and 1 swapped', bytes, code: 'SEQUENCE', offset: offsetOf(bytes, 'moof[1]') }
  }
}

/** Whether the flags of the first frame mark it as a sync sample, as far as its run states them. */
function startsWithSync(moof: Piece): boolean {
  const data = every([moof], 'trun')[0]!.data!
  return (data[3]! & 4) !== 0 && (data.readUInt32BE(12) & 0x10000) === 0
}

/** Removes or truncates the configuration box of a sample entry. */
function* configurations(whole: Buffer): Generator<Faulty> {
  for (const [n, stsd] of every(takeApart(whole), 'stsd').entries()) {
    const type = CONFIGS.find(name => stsd.data!.includes(name, 0, 'latin1'))
    if (type === undefined) continue
    const without = withConfig(whole, n, type, undefined)!
    const entry = offsetOf(without, `moov/trak[${n}]/mdia/minf/stbl/stsd`) + STSD_START
    yield { kind: `no ${type}`, bytes: without, code: 'BOX_MISSING', offset: entry }
    for (const length of CUTS) {
      const bytes = withConfig(whole, n, type, length)
      if (bytes === undefined || length >= (WHOLE[type] ?? Infinity)) continue
      const offset = bytes.indexOf(type, offsetOf(bytes, `moov/trak[${n}]`), 'latin1') - 4
      yield { kind: `${type} of ${length} bytes`, bytes, code: 'BOX_INVALID', offset }
    }
  }
}

function withConfig(
  whole: Buffer,
  track: number,
  type: string,
  length: number | undefined,
): Buffer | undefined {
  const pieces = takeApart(whole)
  const stsd = every(pieces, 'stsd')[track]!
  const data = stsd.data!
  const at = data.indexOf(type, 0, 'latin1') - 4
  const size = data.readUInt32BE(at)
  if (length !== undefined && length >= size - 8) return undefined
  const kept = length === undefined ? Buffer.alloc(0) : box(type, data.subarray(at + 8, at + 8 + length))
  const changed = Buffer.concat([data.subarray(0, at), kept, data.subarray(at + size)])
  changed.writeUInt32BE(changed.readUInt32BE(8) - size + kept.length, 8)
  stsd.data = changed
  return reflowed(pieces)
}

/** Sample entries that are counted or referenced, but missing. */
function* sampleEntries(whole: Buffer): Generator<Faulty> {
  for (const [track, tkhd] of every(takeApart(whole), 'tkhd').entries()) {
    const id = tkhd.data!.readUInt32BE(tkhd.data![0] === 1 ? 20 : 12)
    for (const counted of [0, 2, 1000]) {
      const pieces = takeApart(whole)
      every(pieces, 'stsd')[track]!.data!.writeUInt32BE(counted, 4)
      const bytes = putTogether(pieces)
      const offset = offsetOf(bytes, `moov/trak[${track}]/mdia/minf/stbl/stsd`)
      yield { kind: `stsd counts ${counted}`, bytes, code: 'BOX_INVALID', offset }
    }
    for (const index of [0, 2, 0xffffffff]) {
      const pieces = takeApart(whole)
      for (const { data } of every(pieces, 'trex')) {
        if (data!.readUInt32BE(4) === id) data!.writeUInt32BE(index, 8)
      }
      for (const { data } of every(pieces, 'tfhd')) {
        if (data!.readUInt32BE(4) === id && data![3]! & 2) data!.writeUInt32BE(index, data![3]! & 1 ? 16 : 8)
      }
      const first = moofs(pieces).findIndex(moof => idsOf(moof).includes(id))
      const path = `moof[${first}]/traf[${trafOf(moofs(pieces)[first]!, id)}]/tfhd`
      const bytes = putTogether(pieces)
      yield { kind: `sample entry ${index}`, bytes, code: 'BOX_INVALID', offset: offsetOf(bytes, path) }
    }
  }
}

/** A sample with an absurd composition offset. */
function* offsets(whole: Buffer): Generator<Faulty> {
  for (const value of [2 ** 30, -(2 ** 30), 2 ** 31 - 1, -(2 ** 31)]) {
    const pieces = takeApart(whole)
    const runs = moofs(pieces).flatMap((moof, m) =>
      every([moof], 'traf').map((traf, n) => ({
        path: `moof[${m}]/traf[${n}]/trun[0]`,
        trun: every([traf], 'trun')[0],
      })),
    )
    const found = runs.find(({ trun }) => trun !== undefined && (trun.data!.readUInt32BE(0) & 0x800) !== 0)
    if (found === undefined) return
    const data = found.trun!.data!
    const flags = data.readUInt32BE(0)
    const before = [0x100, 0x200, 0x400].filter(bit => flags & bit).length * 4
    data[0] = 1
    data.writeInt32BE(value, 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0) + before)
    const bytes = putTogether(pieces)
    yield {
      kind: `composition offset ${value}`,
      bytes,
      code: 'BOX_INVALID',
      offset: offsetOf(bytes, found.path),
    }
  }
}

/** A track that is announced but has no samples. */
function* withoutTrack(whole: Buffer): Generator<Faulty> {
  const traks = every(takeApart(whole), 'trak')
  if (traks.length === 1) {
    const pieces = takeApart(whole)
    const [moov] = every(pieces, 'moov')
    const [copy] = takeApart(putTogether([traks[0]!]))
    every([copy!], 'tkhd')[0]!.data!.writeUInt32BE(9, traks[0]!.kids![0]!.data![0] === 1 ? 20 : 12)
    moov!.kids!.splice(moov!.kids!.findIndex(({ type }) => type === 'trak') + 1, 0, copy!)
    every(pieces, 'mvex')[0]!.kids!.push(piece(fullBox('trex', 0, 0, u32(9, 1, 0, 0, 0))))
    const bytes = reflowed(pieces)
    yield {
      kind: 'a track without samples',
      bytes,
      code: 'NO_FRAGMENT',
      offset: offsetOf(bytes, 'moov/trak[1]'),
    }
    return
  }
  for (const [n, trak] of traks.entries()) {
    const tkhd = every([trak], 'tkhd')[0]!.data!
    const id = tkhd.readUInt32BE(tkhd[0] === 1 ? 20 : 12)
    const pieces = takeApart(whole)
    // Fragments can be removed whole only if each `moof` has one track.
    if (moofs(pieces).some(moof => idsOf(moof).length > 1)) return
    for (const place of placesOf(pieces).reverse()) {
      if (idsOf(pieces[place]!).includes(id)) pieces.splice(place, lengthOf(pieces, place))
    }
    const bytes = reflowed(pieces)
    yield {
      kind: `no samples of track ${n}`,
      bytes,
      code: 'NO_FRAGMENT',
      offset: offsetOf(bytes, `moov/trak[${n}]`),
    }
  }
}

/** A first frame that depends on an earlier one. */
function* firstPicture(whole: Buffer): Generator<Faulty> {
  const pieces = takeApart(whole)
  const isPicture = every(pieces, 'hdlr')[0]!.data!.toString('latin1', 8, 12) === 'vide'
  const trun = every(pieces, 'trun')[0]!
  if (!isPicture || trafOf(moofs(pieces)[0]!, 1) !== 0 || (trun.data![3]! & 4) === 0) return
  trun.data!.writeUInt32BE(0x01010000, 12)
  const bytes = putTogether(pieces)
  const offset = offsetOf(bytes, 'moof[0]/traf[0]/trun[0]')
  yield { kind: 'a first frame that is not a sync sample', bytes, code: 'FIRST_SAMPLE_NOT_SYNC', offset }
}

/** Misplaced data, and times that go back. */
function* wrongPlaces(whole: Buffer): Generator<Faulty> {
  for (const by of [-8, -1000]) {
    const pieces = takeApart(whole)
    const { data } = every(pieces, 'trun')[0]!
    if ((data![3]! & 1) === 0) return
    data!.writeInt32BE(data!.readInt32BE(8) + by, 8)
    const bytes = putTogether(pieces)
    const offset = offsetOf(bytes, 'moof[0]/traf[0]/trun[0]')
    yield { kind: `a data offset wrong by ${by} bytes`, bytes, code: 'DATA_OFFSET', offset }
  }
  const pieces = takeApart(whole)
  const [first, ...rest] = moofs(pieces)
  const id = idsOf(first!)[0]!
  const next = rest.findIndex(moof => idsOf(moof).includes(id))
  if (next < 0) return
  const traf = trafOf(rest[next]!, id)
  const tfdt = every([every([rest[next]!], 'traf')[traf]!], 'tfdt')[0]!
  tfdt.data = u32(0, 0)
  const bytes = reflowed(pieces)
  const offset = offsetOf(bytes, `moof[${next + 1}]/traf[${traf}]/tfdt`)
  yield { kind: 'a time that goes back', bytes, code: 'TFDT_OVERLAP', offset }
}
