import { box, fullBox, u16, u32, u64, u8 } from './fmp4.js'
import { type Piece, every, piece, putTogether, reflowed, takeApart } from './surgery.js'

/** Valid variations of a valid file: what other packagers write, and what the standard allows. */
type Change = (pieces: Piece[]) => Buffer | undefined

const DEFAULT_BASE_IS_MOOF = 0x020000

/** Inserts boxes before each `moof`. */
const before =
  (make: (moof: number) => Buffer): Change =>
  pieces =>
    reflowed(pieces.flatMap((one, n) => (one.type === 'moof' ? [piece(make(n)), one] : [one])))

/** Appends boxes to each `traf`. */
const within =
  (type: string, ...make: (() => Buffer)[]): Change =>
  pieces => {
    for (const parent of every(pieces, type)) parent.kids!.push(...make.map(one => piece(one())))
    return reflowed(pieces)
  }

/** Changes each box of a type. */
const each =
  (type: string, change: (one: Piece, n: number) => void): Change =>
  pieces => {
    const found = every(pieces, type)
    if (found.length === 0) return undefined
    found.forEach(change)
    return reflowed(pieces)
  }

const reference = Buffer.concat([u32(100), u32(1000), u32(0x90000000)])
const sidx = (version: 0 | 1) =>
  fullBox('sidx', version, 0, u32(1, 1000), version === 1 ? u64(0, 0) : u32(0, 0), u16(0, 1), reference)

/** Sets the flags of a full box. */
function setFlags({ data }: Piece, flags: number): void {
  data!.writeUIntBE(flags, 1, 3)
}
const flagsOf = ({ data }: Piece) => data!.readUIntBE(1, 3)

function timesOf(version: 0 | 1) {
  return each('tfdt', one => {
    const time = one.data![0] === 1 ? Number(one.data!.readBigUInt64BE(4)) : one.data!.readUInt32BE(4)
    one.data = Buffer.concat([u32(version * 2 ** 24), version === 1 ? u64(time) : u32(time)])
  })
}

/** States the data's base as an offset in the file, as old packagers do. */
const statedBases: Change = pieces => {
  for (const moof of pieces.filter(({ type }) => type === 'moof')) {
    for (const tfhd of every([moof], 'tfhd')) {
      const flags = flagsOf(tfhd)
      if (flags & 1) continue
      if ((flags & DEFAULT_BASE_IS_MOOF) === 0) return undefined
      setFlags(tfhd, (flags & ~DEFAULT_BASE_IS_MOOF) | 1)
      tfhd.data = Buffer.concat([tfhd.data!.subarray(0, 8), u64(moof.at!), tfhd.data!.subarray(8)])
    }
  }
  return reflowed(pieces)
}

/** Counts from the `moof`, as CMAF requires. */
const basesOfMoof: Change = pieces => {
  for (const tfhd of every(pieces, 'tfhd')) {
    const flags = flagsOf(tfhd)
    if ((flags & 1) === 0) continue
    setFlags(tfhd, (flags & ~1) | DEFAULT_BASE_IS_MOOF)
    tfhd.data = Buffer.concat([tfhd.data!.subarray(0, 8), tfhd.data!.subarray(16)])
  }
  return reflowed(pieces)
}

/** Splits each run of several samples in two; the second continues where the first ends. */
const twoRuns: Change = pieces => {
  for (const traf of every(pieces, 'traf')) {
    traf.kids = traf.kids!.flatMap(one => (one.type === 'trun' ? halves(one) : [one]))
  }
  return reflowed(pieces)
}

function halves(trun: Piece): Piece[] {
  const data = trun.data!
  const flags = flagsOf(trun)
  const count = data.readUInt32BE(4)
  const row = [0x100, 0x200, 0x400, 0x800].filter(bit => flags & bit).length * 4
  const table = 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0)
  if (count < 2) return [trun]
  const first = Buffer.from(data.subarray(0, table + row))
  first.writeUInt32BE(1, 4)
  const second = Buffer.concat([data.subarray(0, 4), u32(count - 1), data.subarray(table + row)])
  second.writeUIntBE(flags & ~5, 1, 3)
  return [
    { type: 'trun', data: first },
    { type: 'trun', data: second },
  ]
}

/** The boxes of Common Encryption; the validator can't see whether the samples are encrypted. */
const encrypted: Change = pieces => {
  for (const [n, stsd] of every(pieces, 'stsd').entries()) {
    const entry = stsd.data!.subarray(8)
    const handler = every(pieces, 'hdlr')[n]!.data!.toString('latin1', 8, 12)
    const sinf = box(
      'sinf',
      box('frma', entry.subarray(4, 8)),
      fullBox('schm', 0, 0, 'cenc', u32(0x10000)),
      box('schi', fullBox('tenc', 0, 0, u8(0, 0, 1, 8), Buffer.alloc(16, 7))),
    )
    const name = handler === 'vide' ? 'encv' : 'enca'
    const body = Buffer.concat([entry.subarray(8), sinf])
    stsd.data = Buffer.concat([stsd.data!.subarray(0, 8), box(name, body)])
  }
  every(pieces, 'moov')[0]!.kids!.push(
    piece(fullBox('pssh', 0, 0, Buffer.alloc(16, 0xed), u32(4), Buffer.alloc(4))),
  )
  for (const traf of every(pieces, 'traf')) {
    const samples = every([traf], 'trun').reduce((sum, { data }) => sum + data!.readUInt32BE(4), 0)
    traf.kids!.push(
      piece(fullBox('senc', 0, 0, u32(samples), Buffer.alloc(8 * samples, 1))),
      piece(fullBox('saiz', 0, 0, u8(8), u32(samples))),
      piece(fullBox('saio', 0, 0, u32(1, 0))),
    )
  }
  return reflowed(pieces)
}

const withoutEnd = (pieces: Piece[]) => {
  while (pieces.at(-1)!.type !== 'mdat') pieces.pop()
  return pieces
}

/** Indexes by moof number, offset and size would no longer be right, so a changed file has none. */
const changed =
  (change: Change): Change =>
  pieces =>
    change(withoutEnd(pieces).filter(({ type }) => type !== 'sidx'))

export const GOOD: Readonly<Record<string, Change>> = {
  'sequence numbers with any start': each('mfhd', ({ data }, n) => data!.writeUInt32BE(90_000 + n, 4)),
  'every second sequence number': each('mfhd', ({ data }, n) => data!.writeUInt32BE(1 + 2 * n, 4)),
  'every tenth sequence number from 0': each('mfhd', ({ data }, n) => data!.writeUInt32BE(10 * n, 4)),
  'styp before each fragment': before(() => box('styp', 'msdh', u32(0), 'msdh', 'msix')),
  'sidx before each fragment': before(() => sidx(0)),
  '64-bit sidx before each fragment': before(() => sidx(1)),
  'styp, sidx, prft and emsg before each fragment': changed(pieces =>
    reflowed(
      pieces.flatMap(one =>
        one.type === 'moof'
          ? [
              piece(box('styp', 'msdh', u32(0), 'cmfs')),
              piece(sidx(0)),
              piece(fullBox('prft', 1, 24, u32(1), u64(0, 0))),
              piece(fullBox('emsg', 0, 0, 'urn:x\0v\0', u32(1000, 1, 9, 4), 'data')),
              one,
            ]
          : [one],
      ),
    ),
  ),
  'emsg of version 1 before each fragment': before(() =>
    fullBox('emsg', 1, 0, u32(1000), u64(5), u32(9, 4), 'urn:x\0v\0', 'data'),
  ),
  'free before each fragment': before(() => box('free', Buffer.alloc(9))),
  'skip and wide, empty': before(() => Buffer.concat([box('skip')])),
  'uuid before each fragment': before(() => box('uuid', Buffer.alloc(40))),
  'an unknown box before each fragment': before(() => box('xyz1', Buffer.alloc(3))),
  'free between moof and mdat': changed(pieces =>
    reflowed(
      pieces.flatMap(one => (one.type === 'mdat' ? [piece(box('free', Buffer.alloc(5))), one] : [one])),
    ),
  ),
  'an empty mdat after each fragment': changed(pieces =>
    reflowed(pieces.flatMap(one => (one.type === 'mdat' ? [one, piece(box('mdat'))] : [one]))),
  ),
  '32-bit times': timesOf(0),
  '64-bit times': timesOf(1),
  'stated bases': changed(statedBases),
  'bases at the moof': changed(basesOfMoof),
  'two runs each': changed(twoRuns),
  '64-bit sizes of mdat': changed(pieces => {
    for (const mdat of every(pieces, 'mdat')) mdat.size = 'long'
    return reflowed(pieces)
  }),
  'a last mdat to the end of the file': changed(pieces => {
    pieces.at(-1)!.size = 'endless'
    return reflowed(pieces)
  }),
  'no mfra': changed(putTogether),
  'free at the end': pieces => putTogether([...pieces, piece(box('free', Buffer.alloc(1000)))]),
  'encryption boxes': changed(encrypted),
  'groups of samples, and sub-samples': within(
    'traf',
    () => fullBox('sgpd', 1, 0, 'roll', u32(2, 1), u16(0xffff)),
    () => fullBox('sbgp', 0, 0, 'roll', u32(1, 1, 0x10001)),
    () => fullBox('subs', 0, 0, u32(0)),
  ),
  'vendor boxes in each traf': within('traf', () => box('uuid', Buffer.alloc(36, 9))),
  'two sample entries': each('stsd', one => {
    const entry = one.data!.subarray(8)
    one.data = Buffer.concat([one.data!.subarray(0, 4), u32(2), entry, entry])
  }),
  'references to the second sample entry': pieces => {
    for (const stsd of every(pieces, 'stsd')) {
      const entry = stsd.data!.subarray(8)
      stsd.data = Buffer.concat([stsd.data!.subarray(0, 4), u32(2), entry, entry])
    }
    for (const { data } of every(pieces, 'trex')) data!.writeUInt32BE(2, 8)
    for (const { data } of every(pieces, 'tfhd')) {
      if (data![3]! & 2) data!.writeUInt32BE(2, data![3]! & 1 ? 16 : 8)
    }
    return reflowed(pieces)
  },
  'mvex before the tracks': pieces => {
    const moov = every(pieces, 'moov')[0]!
    moov.kids!.sort((a, b) => Number(b.type === 'mvex') - Number(a.type === 'mvex'))
    return reflowed(pieces)
  },
  'a duration in mehd': pieces => {
    const [mvex] = every(pieces, 'mvex')
    mvex!.kids = [
      piece(fullBox('mehd', 0, 0, u32(3000))),
      ...mvex!.kids!.filter(({ type }) => type !== 'mehd'),
    ]
    return reflowed(pieces)
  },
  'udta and meta': within('moov', () =>
    box('udta', fullBox('meta', 0, 0, fullBox('hdlr', 0, 0, u32(0), 'mdir', Buffer.alloc(13)))),
  ),
  'other brands': pieces => {
    every(pieces, 'ftyp')[0]!.data = Buffer.concat(
      ['cmfc', '\0\0\0\0', 'iso6', 'cmf2', 'dash'].map(text => Buffer.from(text)),
    )
    return reflowed(pieces)
  },
}

/** The changed file; `undefined` if the change does not apply. */
export function goodFile(bytes: Buffer, kind: string): Buffer | undefined {
  return GOOD[kind]!(takeApart(bytes))
}
