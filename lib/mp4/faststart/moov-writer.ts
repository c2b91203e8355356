import type { AvioError } from '../../errors.js'
import { headerTooLarge } from '../../io/pipeline/header-claim.js'
import { type Part, boxPart, bytesPart, writeLong } from '../boxes/box-writer.js'
import type { Box } from '../boxes/box.js'
import { editListPart } from '../rewrite/edit-list-part.js'
import { fileTypePart } from './ftyp-writer.js'
import { MAX_HEAD_SIZE } from '../boxes/limits.js'
import type { Movie } from '../movie/movie.js'
import { type TrackEdits, editsOfTracks } from './edit-lists.js'
import type { SampleLog } from './sample-log.js'
import type { Mp4Track } from '../movie/track.js'
import { SAMPLE_TABLES, tableParts } from './sample-table-writer.js'

/** Inputs of a header. */
export interface MoovSource {
  /** The stage, for messages. */
  readonly name: string
  /** That of the fragmented stream. */
  readonly ftyp: Box | undefined
  /** That of the fragmented stream: everything an ordinary file does not have otherwise is kept. */
  readonly moov: Box
  readonly movie: Movie
  /** The samples of each track, complete, by its id. */
  readonly logs: ReadonlyMap<number, SampleLog>
  /** Bytes of media. */
  readonly mediaSize: number
}

/** The smallest box that can fill a gap. */
const PADDING = 8

/**
 * `ftyp`, `moov` and the header of `mdat`: the bytes before the media in an ordinary MP4.
 *
 * @param length - its final length; filled with a `free` before the media
 * @throws {@link AvioError} `AVIO_ERR_HEADER_TOO_LARGE`; `AVIO_ERR_MP4_LIMIT` past 1 GiB
 */
export function writeMoov(source: MoovSource, length?: number): Buffer {
  const plan = new HeadPlan(source)
  const parts = plan.parts(length)
  const size = sizeOf(parts)
  const total = length ?? size
  if (size > total || (size < total && size + PADDING > total)) throw headerTooLarge(source.name, size, total)
  const head = Buffer.allocUnsafeSlow(total)
  const padding = total - size
  // Before the header of mdat, which is the last part.
  const all = padding === 0 ? parts : [...parts.slice(0, -1), freePart(padding), parts.at(-1)!]
  let at = 0
  for (const part of all) {
    part.write(head, at)
    at += part.size
  }
  return head
}

class HeadPlan {
  readonly #source: MoovSource
  readonly #places: readonly TrackEdits[]
  readonly #ftyp: Part

  constructor(source: MoovSource) {
    this.#source = source
    const { movie, logs } = source
    const times = movie.tracks.map(({ id, timescale, edits }) => {
      const { start, presentationStart, presentationEnd, duration } = logs.get(id)!
      return { timescale, edits, start, presentationStart, presentationEnd, duration }
    })
    this.#places = editsOfTracks(times, movie.timescale)
    this.#ftyp = fileTypePart(
      source.ftyp,
      [...logs.values()].some(log => log.hasNegativeOffset),
    )
  }

  /**
   * The parts, with offsets for a header of `length` bytes. Without it the length is that of the parts, which
   * may then need longer offsets: tried until it fits.
   */
  parts(length: number | undefined): Part[] {
    const media = this.#source.mediaSize
    const mdat = media + 8 > 0xffffffff ? longHeader(media + 16) : shortHeader(media + 8)
    for (let total = length ?? 0; ;) {
      const moov = this.#moov(total)
      const parts = [this.#ftyp, moov, mdat]
      const size = sizeOf(parts)
      if (size > MAX_HEAD_SIZE) throw indexTooLarge(this.#source, size)
      if (length !== undefined || size === total) return parts
      total = size
    }
  }

  #moov(mediaStart: number): Part {
    const { moov } = this.#source
    const duration = this.#places.reduce((most, place) => Math.max(most, place.duration), 0)
    let track = 0
    const parts = moov.children.flatMap(child => {
      if (child.type === 'mvex') return []
      if (child.type === 'mvhd') return [timesPart(child, 4, duration)]
      if (child.type === 'trak') {
        const index = track++
        return this.#isSilent(index) ? [] : [this.#trak(child, index, mediaStart)]
      }
      return [bytesPart(child.raw)]
    })
    return boxPart('moov', parts)
  }

  /** A video or audio track that never had a sample: ffmpeg omits it from an ordinary file. */
  #isSilent(index: number): boolean {
    const { movie, logs } = this.#source
    const isPlayed = ({ id, kind }: Mp4Track) =>
      (kind === 'video' || kind === 'audio') && logs.get(id)!.count > 0
    const { id, kind } = movie.tracks[index]!
    return (kind === 'video' || kind === 'audio') && logs.get(id)!.count === 0 && movie.tracks.some(isPlayed)
  }

  #trak(trak: Box, index: number, mediaStart: number): Part {
    const { edits, duration } = this.#places[index]!
    const log = this.#source.logs.get(this.#source.movie.tracks[index]!.id)!
    const parts: Part[] = []
    for (const child of trak.children) {
      if (child.type === 'edts') continue
      if (child.type === 'tkhd') {
        parts.push(timesPart(child, 8, duration))
        if (edits.length > 0) parts.push(boxPart('edts', [editListPart(edits)]))
      } else {
        parts.push(child.type === 'mdia' ? mediaPart(child, log, mediaStart) : bytesPart(child.raw))
      }
    }
    return boxPart('trak', parts)
  }
}

function mediaPart(mdia: Box, log: SampleLog, mediaStart: number): Part {
  const tables = (stbl: Box): Part => {
    const kept = stbl.children.filter(child => !SAMPLE_TABLES.has(child.type))
    return boxPart('stbl', [...kept.map(child => bytesPart(child.raw)), ...tableParts(log, mediaStart)])
  }
  const parts = mdia.children.map(child => {
    if (child.type === 'mdhd') return timesPart(child, 4, log.duration)
    if (child.type !== 'minf') return bytesPart(child.raw)
    const within = child.children.map(box => (box.type === 'stbl' ? tables(box) : bytesPart(box.raw)))
    return boxPart('minf', within)
  })
  return boxPart('mdia', parts)
}

/**
 * `mvhd`, `tkhd` or `mdhd` with a new duration. They start alike: two dates, some fields, the duration; in
 * version 1 the dates and the duration have 64 bits.
 *
 * @param fields - length of the fields between the dates and the duration
 */
function timesPart(box: Box, fields: number, duration: number): Part {
  const wasLong = box.version === 1
  const isLong = wasLong || duration >= 0xffffffff
  const oldWidth = wasLong ? 8 : 4
  const width = isLong ? 8 : 4
  const { content } = box
  const between = 4 + 2 * oldWidth
  const rest = content.subarray(between + fields + oldWidth)
  const size = 8 + 4 + 3 * width + fields + rest.length
  return {
    size,
    write: (to, start) => {
      to.writeUInt32BE(size, start)
      to.write(box.type, start + 4, 'latin1')
      to.writeUInt32BE(((isLong ? 1 : 0) << 24) | box.flags, start + 8)
      let at = start + 12
      for (const date of [4, 4 + oldWidth]) {
        to.fill(0, at, at + width)
        at += content.copy(to, at + width - oldWidth, date, date + oldWidth) + width - oldWidth
      }
      at += content.copy(to, at, between, between + fields)
      at = isLong ? writeLong(to, duration, at) : to.writeUInt32BE(duration, at)
      rest.copy(to, at)
    },
  }
}

function shortHeader(size: number): Part {
  return {
    size: 8,
    write: (to, at) => {
      to.writeUInt32BE(size, at)
      to.write('mdat', at + 4, 'latin1')
    },
  }
}

function longHeader(size: number): Part {
  return {
    size: 16,
    write: (to, at) => {
      to.writeUInt32BE(1, at)
      to.write('mdat', at + 4, 'latin1')
      writeLong(to, size, at + 8)
    },
  }
}

function freePart(size: number): Part {
  return {
    size,
    write: (to, at) => {
      to.writeUInt32BE(size, at)
      to.write('free', at + 4, 'latin1')
      to.fill(0, at + 8, at + size)
    },
  }
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.size, 0)
}

function indexTooLarge({ moov }: MoovSource, size: number): AvioError {
  const message = `the index of an ordinary MP4 would take ${size} bytes; the limit is ${MAX_HEAD_SIZE}`
  return moov.error('AVIO_ERR_MP4_LIMIT', message)
}
