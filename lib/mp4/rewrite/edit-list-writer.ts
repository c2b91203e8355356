import { type BoxHeader, BoxReader, headerBytes } from '../boxes/box-reader.js'
import { type Part, boxPart, bytesOf, bytesPart } from '../boxes/box-writer.js'
import { Box } from '../boxes/box.js'
import { editListPart } from './edit-list-part.js'
import { type Movie, parseMovie } from '../movie/movie.js'
import type { Mp4Edit } from '../boxes/leaf-boxes.js'

/**
 * Adds edit lists to a fragmented MP4 whose `moov` was written before any sample, with unadjusted times: those
 * of AAC's priming and of B-frames are negative, a track that starts late starts at its true time.
 *
 * The output equals that of ffmpeg when it waits for the first sample of every track (`delay_moov`), byte for
 * byte in its fragments: the samples of a track start at 0, and its edit says which of them is presented at 0,
 * or how long nothing is. Only a track without samples when the `moov` had to be written keeps its times,
 * without an edit: they are true.
 *
 * The `moov` is written when every track has started, or with the first fragment at time 0 or later: a track
 * that has not started by then starts later. Memory: the fragments before that, usually one, and one metadata
 * box.
 *
 * Errors: those of `BoxReader`; `AVIO_ERR_MP4_BOX_TOO_LARGE` past `maxBoxSize`.
 */
export class EditListWriter {
  readonly #boxes: BoxReader
  readonly #states = new Map<number, TrackState>()
  #moov: { readonly box: Box; readonly movie: Movie } | undefined
  /** Data after the `moov`, until that is written. */
  #held: Buffer[] = []
  #out: Buffer[] = []

  /** @param maxBoxSize - the largest `moov` or `moof`, in bytes */
  constructor(maxBoxSize: number) {
    this.#boxes = new BoxReader(
      {
        onBox: header => this.#begin(header),
        onCollected: box => this.#take(box),
        onContent: bytes => this.#put(bytes),
        onPassed: () => undefined,
      },
      maxBoxSize,
    )
  }

  /** Takes the next bytes; returns the bytes to pass on. */
  write(chunk: Buffer): readonly Buffer[] {
    this.#boxes.write(chunk)
    return this.#given()
  }

  /** The stream has ended. */
  end(): readonly Buffer[] {
    this.#boxes.end()
    this.#release()
    return this.#given()
  }

  #given(): readonly Buffer[] {
    const out = this.#out
    this.#out = []
    return out
  }

  #put(bytes: Buffer): void {
    if (this.#moov) this.#held.push(bytes)
    else this.#out.push(bytes)
  }

  #begin(header: BoxHeader): 'collect' | 'pass' {
    if (header.type === 'moov' || header.type === 'moof') return 'collect'
    this.#put(headerBytes(header))
    return 'pass'
  }

  #take(box: Box): void {
    const bytes = Buffer.from(box.raw)
    const own = Box.topLevel(bytes, 0, bytes.length, box.offset, box.index)
    if (box.type === 'moof') this.#readFragment(own, bytes)
    else if (this.#states.size > 0) this.#put(bytes)
    else this.#readMovie(own)
  }

  #readMovie(box: Box): void {
    const movie = parseMovie(box)
    this.#moov = { box, movie }
    for (const { id, timescale } of movie.tracks) this.#states.set(id, { timescale })
  }

  #readFragment(moof: Box, bytes: Buffer): void {
    let latest = -Infinity
    for (const traf of moof.children.filter(({ type }) => type === 'traf')) {
      const state = this.#states.get(traf.needChild('tfhd').u32(4))
      const tfdt = traf.child('tfdt')
      if (state === undefined || tfdt?.version !== 1) continue
      tfdt.needLength(12)
      const at = tfdt.offset - moof.offset + (tfdt.size - tfdt.length) + 4
      const time = Number(bytes.readBigInt64BE(at))
      state.begin ??= this.#beginning(time, traf)
      latest = Math.max(latest, time / state.timescale)
      bytes.writeBigInt64BE(BigInt(Math.max(0, time + state.begin.shift)), at)
    }
    this.#put(bytes)
    if (this.#moov === undefined) return
    const hasAll = [...this.#states.values()].every(({ begin }) => begin !== undefined)
    if (hasAll || latest >= 0) this.#release()
  }

  #beginning(time: number, traf: Box): Beginning {
    const offset = firstOffset(traf)
    const isLate = this.#moov === undefined
    // A track that should have started before all others: as close to its time as can be expressed.
    return { time, offset, isLate, shift: isLate && time > 0 ? 0 : -time }
  }

  /** Writes the `moov`, with what is known by now. */
  #release(): void {
    if (this.#moov === undefined) return
    const { box, movie } = this.#moov
    this.#moov = undefined
    let track = 0
    const parts = box.children.map(child =>
      child.type === 'trak' ? this.#trak(child, movie, track++) : bytesPart(child.raw),
    )
    this.#out.push(bytesOf(boxPart('moov', parts)), ...this.#held)
    this.#held = []
  }

  #trak(trak: Box, movie: Movie, index: number): Part {
    const { id, timescale } = movie.tracks[index]!
    const { begin } = this.#states.get(id)!
    if (begin === undefined || trak.child('edts')) return bytesPart(trak.raw)
    const edits = editsOf(begin, timescale, movie.timescale)
    const edts = boxPart('edts', [editListPart(edits)])
    const parts = trak.children.flatMap(child =>
      child.type === 'tkhd' ? [bytesPart(child.raw), edts] : [bytesPart(child.raw)],
    )
    return boxPart('trak', parts)
  }
}

interface TrackState {
  readonly timescale: number
  begin?: Beginning
}

/** How a track starts, in its ticks. */
interface Beginning {
  /** Decode time of its first sample. */
  readonly time: number
  /** How much later it is presented. */
  readonly offset: number
  /** It starts after the `moov` was written. */
  readonly isLate: boolean
  /** Added to its times. */
  readonly shift: number
}

/** An edit list like ffmpeg's. */
function editsOf({ time, offset }: Beginning, timescale: number, movieTimescale: number): Mp4Edit[] {
  const wait = Math.floor(((time + offset) * movieTimescale) / timescale)
  const toTheEnd = { segmentDuration: 0, mediaRate: 1 }
  if (wait <= 0) return [{ ...toTheEnd, mediaTime: Math.max(0, -time) }]
  return [
    { segmentDuration: wait, mediaTime: -1, mediaRate: 1 },
    { ...toTheEnd, mediaTime: offset },
  ]
}

/** The composition offset of the first sample of a track fragment (ISO/IEC 14496-12 §8.8.8). */
function firstOffset(traf: Box): number {
  const trun = traf.child('trun')
  if (trun === undefined || (trun.flags & 0x800) === 0 || trun.u32(4) === 0) return 0
  const before = [0x1, 0x4, 0x100, 0x200, 0x400].filter(flag => trun.flags & flag).length
  const at = 8 + 4 * before
  return trun.version === 0 ? trun.u32(at) : trun.i32(at)
}
