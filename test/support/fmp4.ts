/**
 * Writes small fragmented MP4s by hand, valid ones that ffmpeg does not write, and invalid ones. Everything is valid
 * unless a test changes it, so that each fault is isolated.
 */

/** Numbers, most significant byte first. */
export const u8 = (...values: number[]): Buffer => Buffer.from(values)
export const u16 = (...values: number[]): Buffer => numbers(values, 2)
export const u32 = (...values: number[]): Buffer => numbers(values, 4)
export const u64 = (...values: (number | bigint)[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 8)
  values.forEach((value, n) => bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)), n * 8))
  return bytes
}

function numbers(values: readonly number[], width: 2 | 4): Buffer {
  const bytes = Buffer.alloc(values.length * width)
  values.forEach((value, n) => {
    if (width === 2) bytes.writeUInt16BE(value & 0xffff, n * 2)
    else bytes.writeUInt32BE(value >>> 0, n * 4)
  })
  return bytes
}

/** The parts of a box. */
export type Part = Uint8Array | string

const bytesOf = (part: Part): Uint8Array => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)

/** A box. */
export function box(type: string, ...parts: Part[]): Buffer {
  const content = Buffer.concat(parts.map(bytesOf))
  return Buffer.concat([u32(content.length + 8), Buffer.from(type, 'latin1'), content])
}

/** A box with a 64-bit size. */
export function longBox(type: string, ...parts: Part[]): Buffer {
  const content = Buffer.concat(parts.map(bytesOf))
  return Buffer.concat([u32(1), Buffer.from(type, 'latin1'), u64(content.length + 16), content])
}

/** A box that extends to the end of the file. */
export function endlessBox(type: string, ...parts: Part[]): Buffer {
  const bytes = box(type, ...parts)
  bytes.writeUInt32BE(0, 0)
  return bytes
}

/** A box with version and flags. */
export function fullBox(type: string, version: number, flags: number, ...parts: Part[]): Buffer {
  return box(type, u32((version << 24) | flags), ...parts)
}

/** An edit list entry: length in the movie's timescale, start in the track's. */
export type EditSpec = readonly [segmentDuration: number, mediaTime: number]

/** A track of an initialization segment. */
export interface TrackSpec {
  id: number
  handler?: string
  timescale?: number
  /** The sample entry. */
  entry?: Buffer
  edits?: readonly EditSpec[]
  /** Version of `elst`, `tkhd` and `mdhd`. */
  version?: 0 | 1
  /** Three letters. */
  language?: string
  /** First four numbers of the matrix. */
  matrix?: readonly [number, number, number, number]
  width?: number
  height?: number
  /** `trex` of the track; `null` for none. */
  trex?: { duration?: number; size?: number; flags?: number } | null
  /** Boxes of `stbl` after `stsd`. */
  tables?: Buffer
  /** More boxes in `mdia`. */
  mdia?: Buffer
}

const UNITY = [0x10000, 0, 0, 0x10000] as const

/** A visual sample entry. */
export function videoSampleEntry(format = 'avc1', boxes: Part = avcC(), size = [160, 90]): Buffer {
  const fixed = [
    Buffer.alloc(6),
    u16(1),
    Buffer.alloc(16),
    u16(size[0]!, size[1]!),
    u32(0x480000, 0x480000, 0),
  ]
  return box(format, ...fixed, u16(1), Buffer.alloc(32), u16(24, 0xffff), boxes)
}

/** An audio sample entry. */
export function audioSampleEntry(
  format = 'mp4a',
  boxes: Part = esds(0x40, [0x11, 0x90]),
  rate = 48_000,
): Buffer {
  return box(format, Buffer.alloc(6), u16(1), u32(0, 0), u16(2, 16, 0, 0), u32(rate * 65_536), boxes)
}

/** An AVC configuration: profile, compatibility, level. */
export function avcC(profile = 0x64, compatibility = 0, level = 0x28): Buffer {
  return box('avcC', u8(1, profile, compatibility, level, 0xff, 0xe0, 0))
}

/** An `esds` with the object type and the decoder's specific info. */
export function esds(objectType: number, specificInfo: readonly number[] = []): Buffer {
  const descriptor = (tag: number, content: Uint8Array): Buffer =>
    Buffer.concat([u8(tag, 0x80, 0x80, 0x80, content.length), content])
  const specific = specificInfo.length > 0 ? descriptor(5, u8(...specificInfo)) : u8()
  const config = descriptor(4, Buffer.concat([u8(objectType, 0x15), Buffer.alloc(11), specific]))
  return fullBox('esds', 0, 0, descriptor(3, Buffer.concat([u16(1), u8(0), config, descriptor(6, u8(2))])))
}

/** A `trak`. */
export function trak(spec: TrackSpec): Buffer {
  const handler = spec.handler ?? 'vide'
  const version = spec.version ?? 0
  const time = version === 1 ? u64 : u32
  const [a, b, c, d] = spec.matrix ?? UNITY
  const size = u32((spec.width ?? 0) * 65_536, (spec.height ?? 0) * 65_536)
  const matrix = u32(a, b, 0, c, d, 0, 0, 0, 0x40000000)
  const tkhd = fullBox(
    'tkhd',
    version,
    3,
    time(0, 0),
    u32(spec.id, 0),
    time(0),
    Buffer.alloc(16),
    matrix,
    size,
  )
  const language = Buffer.from(spec.language ?? 'und').reduce((code, byte) => code * 32 + byte - 0x60, 0)
  const mdhd = fullBox('mdhd', version, 0, time(0, 0), u32(spec.timescale ?? 1000), time(0), u16(language, 0))
  const hdlr = fullBox('hdlr', 0, 0, u32(0), handler, Buffer.alloc(12), 'Handler\0')
  const entry = spec.entry ?? (handler === 'soun' ? audioSampleEntry() : videoSampleEntry())
  const tables = spec.tables ?? emptyTables()
  const stbl = box('stbl', fullBox('stsd', 0, 0, u32(1), entry), tables)
  const mdia = box('mdia', mdhd, hdlr, spec.mdia ?? u8(), box('minf', stbl))
  const edits = spec.edits?.map(([length, start]) => Buffer.concat([time(length, start), u16(1, 0)])) ?? []
  const edts = edits.length > 0 ? box('edts', fullBox('elst', version, 0, u32(edits.length), ...edits)) : u8()
  return box('trak', tkhd, edts, mdia)
}

/** Empty sample tables, or tables with only the number of samples. */
export function emptyTables(samples = 0): Buffer {
  const sizes = u32(...Array.from({ length: samples }, () => 1))
  return Buffer.concat([
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, samples), sizes),
    fullBox('stco', 0, 0, u32(0)),
  ])
}

/** A `trex`. */
export function trex(id: number, { duration = 0, size = 0, flags = 0 } = {}): Buffer {
  return fullBox('trex', 0, 0, u32(id, 1, duration, size, flags))
}

/** An `ftyp`. */
export const ftyp = (): Buffer => box('ftyp', 'iso6', u32(512), 'iso6', 'mp41')

/** A `moov`. */
export function moov(tracks: readonly TrackSpec[], { mvex = true, version = 0 } = {}): Buffer {
  const time = version === 1 ? u64 : u32
  const rest = [
    u32(0x10000),
    u16(0x100),
    Buffer.alloc(10),
    u32(...UNITY, 0, 0, 0, 0, 0),
    Buffer.alloc(24),
    u32(2),
  ]
  const mvhd = fullBox('mvhd', version, 0, time(0, 0), u32(1000), time(0), ...rest)
  const trexes = tracks.flatMap(track => (track.trex === null ? [] : [trex(track.id, track.trex)]))
  return box('moov', mvhd, ...tracks.map(trak), mvex ? box('mvex', ...trexes) : u8())
}

/** A video and an audio track, both with a timescale of 1,000. */
export const VIDEO: TrackSpec = { id: 1, edits: [[0, 0]] }
export const AUDIO: TrackSpec = { id: 2, handler: 'soun', edits: [[0, 0]] }

/** A sample. */
export interface SampleSpec {
  size: number
  duration?: number
  sync?: boolean
  /** Composition offset. */
  offset?: number
}

/** A run of samples. */
export interface RunSpec {
  samples: readonly SampleSpec[]
  /** Added to the correct data offset; `null` omits the offset. */
  shift?: number | null
  version?: number
  /** States only the first sample's flags; the others use the defaults. */
  firstFlags?: boolean
  /** Omitted fields of the table. */
  without?: readonly ('duration' | 'size' | 'flags' | 'offset')[]
}

/** A track of a fragment. */
export interface TrafSpec {
  id: number
  /** `null` for no `tfdt`. */
  time: number | bigint | null
  runs: readonly RunSpec[]
  /** How data offsets count: from the `moof` (by its flag), from a stated base, or by neither. */
  base?: 'moof' | 'stated' | 'neither'
  /** Added to the correct stated base. */
  baseShift?: number
  defaults?: { duration?: number; size?: number; flags?: number }
  durationIsEmpty?: boolean
  tfdtVersion?: 0 | 1
  /** More boxes in `traf`. */
  boxes?: Buffer
}

/** A fragment. */
export interface FragmentSpec {
  sequence: number
  tracks: readonly TrafSpec[]
  /** Its offset in the stream, for stated bases. */
  at?: number
  /** Content of the `mdat`; by default exactly the samples. */
  data?: Buffer
  /** Between `moof` and `mdat`. */
  between?: Buffer
  /** How the `mdat` is written. */
  mdat?: (type: string, ...parts: Part[]) => Buffer
}

const SYNC = 0x02000000
const NON_SYNC = 0x01010000

/** Sample flags of a sync sample, or of another one. */
export const sampleFlags = (sync: boolean): number => (sync ? SYNC : NON_SYNC)

/** A `moof` and its `mdat`. */
export function fragment(spec: FragmentSpec): Buffer {
  const write = spec.mdat ?? box
  const between = spec.between ?? u8()
  const headerSize = write('mdat').length
  const sizes = spec.tracks.flatMap(traf => traf.runs.map(run => sum(run.samples.map(sample => sample.size))))
  // Written twice: the offsets depend on the length of the moof, which does not depend on them.
  const draft = moof(spec, 0)
  const data = spec.data ?? Buffer.alloc(sum(sizes), spec.sequence)
  return Buffer.concat([moof(spec, draft.length + between.length + headerSize), between, write('mdat', data)])
}

/** Just the `moof`, whose data begins `dataStart` bytes after its own start. */
export function moof(spec: FragmentSpec, dataStart: number): Buffer {
  let position = dataStart
  const trafs = spec.tracks.map((track, n) => {
    // Without a stated base, the second track's offsets count from the end of the first one's data.
    const origin = track.base === 'neither' && n > 0 ? position : 0
    const runs = track.runs.map(run => {
      const bytes = trun(run, position - origin)
      position += sum(run.samples.map(sample => sample.size))
      return bytes
    })
    return box('traf', tfhd(track, spec.at ?? 0), tfdt(track), ...runs, track.boxes ?? u8())
  })
  return box('moof', fullBox('mfhd', 0, 0, u32(spec.sequence)), ...trafs)
}

function tfhd(track: TrafSpec, moofStart: number): Buffer {
  const { base = 'moof', defaults = {} } = track
  const { duration, size, flags } = defaults
  const fields = [
    ...(base === 'stated' ? [u64(moofStart + (track.baseShift ?? 0))] : []),
    ...[duration, size, flags].flatMap(value => (value === undefined ? [] : [u32(value)])),
  ]
  const bits =
    (base === 'stated' ? 1 : 0) |
    (duration === undefined ? 0 : 0x08) |
    (size === undefined ? 0 : 0x10) |
    (flags === undefined ? 0 : 0x20) |
    (track.durationIsEmpty ? 0x010000 : 0) |
    (base === 'moof' ? 0x020000 : 0)
  return fullBox('tfhd', 0, bits, u32(track.id), ...fields)
}

function tfdt({ time, tfdtVersion = 1 }: TrafSpec): Buffer {
  if (time === null) return u8()
  return tfdtVersion === 1 ? fullBox('tfdt', 1, 0, u64(time)) : fullBox('tfdt', 0, 0, u32(Number(time)))
}

function trun(run: RunSpec, offset: number): Buffer {
  const has = (field: 'duration' | 'size' | 'flags' | 'offset'): boolean => !run.without?.includes(field)
  const rows = run.samples.flatMap(sample => [
    ...(has('duration') ? [u32(sample.duration ?? 40)] : []),
    ...(has('size') ? [u32(sample.size)] : []),
    ...(has('flags') && !run.firstFlags ? [u32(sampleFlags(sample.sync ?? true))] : []),
    ...(has('offset') ? [u32(sample.offset ?? 0)] : []),
  ])
  const bits =
    (run.shift === null ? 0 : 0x01) |
    (run.firstFlags ? 0x04 : 0) |
    (has('duration') ? 0x100 : 0) |
    (has('size') ? 0x200 : 0) |
    (has('flags') && !run.firstFlags ? 0x400 : 0) |
    (has('offset') ? 0x800 : 0)
  return fullBox(
    'trun',
    run.version ?? 1,
    bits,
    u32(run.samples.length),
    run.shift === null ? u8() : u32(offset + (run.shift ?? 0)),
    run.firstFlags ? u32(sampleFlags(run.samples[0]?.sync ?? true)) : u8(),
    ...rows,
  )
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** A fragment of `VIDEO` and `AUDIO`: two samples of 40 ticks each; the first video sample is a sync sample. */
export function plainFragment(sequence: number, time = (sequence - 1) * 80): FragmentSpec {
  const samples = [{ size: 30 }, { size: 20, sync: false }]
  return {
    sequence,
    tracks: [
      { id: 1, time, runs: [{ samples }] },
      { id: 2, time, runs: [{ samples: [{ size: 5 }, { size: 6 }] }] },
    ],
  }
}

/** A whole stream: `ftyp`, a `moov` with `VIDEO` and `AUDIO`, and these fragments. */
export function stream(...fragments: (FragmentSpec | Buffer)[]): Buffer {
  const init = Buffer.concat([ftyp(), moov([VIDEO, AUDIO])])
  const parts: Buffer[] = [init]
  let at = init.length
  for (const spec of fragments) {
    const bytes = Buffer.isBuffer(spec) ? spec : fragment({ at, ...spec })
    at += bytes.length
    parts.push(bytes)
  }
  return Buffer.concat(parts)
}

/** The offset in `bytes` of the box at `path` (`moof[1]/traf[0]/trun[0]`). */
export function offsetOf(bytes: Buffer, path: string): number {
  let start = 0
  let end = bytes.length
  let found = 0
  for (const step of path.split('/')) {
    const [, type, index] = /^(.{4})(?:\[(\d+)\])?$/.exec(step)!
    found = childAt(bytes, start, end, type!, Number(index ?? 0))
    end = found + bytes.readUInt32BE(found)
    start = found + (type === 'stsd' ? 16 : 8)
  }
  return found
}

function childAt(bytes: Buffer, start: number, end: number, type: string, index: number): number {
  let left = index
  for (let at = start; at < end; at += bytes.readUInt32BE(at) || end - at) {
    if (bytes.toString('latin1', at + 4, at + 8) === type && left-- === 0) return at
  }
  throw new Error(`no ${type}[${index}] between ${start} and ${end}`)
}

/** A copy of `bytes`, cut into chunks of `size`. */
export function chunksOf(bytes: Uint8Array, size: number): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(Buffer.from(bytes.subarray(at, at + size)))
  return chunks
}
