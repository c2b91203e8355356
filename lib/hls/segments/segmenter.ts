/**
 * Where a rendition is cut into segments.
 *
 * Cuts are made where decoding can begin, at times that depend on nothing but the time line, so that renditions which
 * never hear of one another are cut alike: the aim is every multiple of the target duration, on the clock of what is
 * presented. Of the places where a cut can be made the one nearest to the aim is taken, and the earlier one where the
 * later would make a segment whose rounded duration exceeds the target (RFC 8216bis §4.4.3.1). An aim is at least half
 * a target duration ahead of where the segment begins: with pictures of 29.97 a second, and key frames every 60 of
 * them, cuts drift off the clock by 2 ms each, and would otherwise leave a tiny segment now and then.
 *
 * A place that is at its aim, or past it, is the nearest as soon as it comes. One before it has to wait for the next.
 *
 * What is left at the end, or before a jump in time, is joined to the segment before it where it is shorter than a
 * quarter of the target and both together don't exceed that when their duration is rounded: a request for one picture
 * is worth nothing, and players stall at segments that are shorter than what they take for a rounding of times (hls.js
 * at those shorter than the first composition offset, where it has to guess that). So a segment is given out only when
 * what follows it is too long to be joined, which is so with the first fragment of any usual length.
 */

/** What a fragment has of the track that segments are cut by, in its ticks. */
export interface TimedPart {
  /** Decode time of its first sample. */
  readonly startTicks: number
  readonly durationTicks: number
  readonly sampleCount: number
  /** Whether decoding can begin with it. */
  readonly sync: boolean
}

/** A segment: what lies between two cuts. */
export interface SegmentSpan {
  readonly startTicks: number
  /**
   * What is presented of it: to where the next one begins; to the end of the last sample where none follows, or time
   * jumps. What lies before time 0 (the priming of sound) does not count.
   */
  readonly durationTicks: number
  readonly byteLength: number
  /** How many samples of the track it has, and how long they are together. */
  readonly sampleCount: number
  readonly sampleTicks: number
  /** How far its start lies after the end of the segment before it, where that is a jump in time; else 0. */
  readonly jumpTicks: number
}

/** A rounded duration stays within the target up to this much more. In seconds. */
const TOLERANCE = 0.499
/** What is left at the end is joined to the segment before it where it is shorter, as a share of the target. */
const CRUMB = 0.25
/** Times nearer to one another than this are one. In seconds. */
const CLOSE = 0.001
/** From here on a gap is a jump of the time line, which players have to be told of. In seconds. */
const JUMP = 0.5

/** What lies between two places where a cut can be made, or more of it. */
interface Piece {
  startTicks: number
  endTicks: number
  byteLength: number
  sampleCount: number
  sampleTicks: number
  jumpTicks: number
}

/** A segment whose end is known, and that is kept until it is certain that nothing is joined to it. */
interface ClosedPiece extends Piece {
  /** To where the next one begins. */
  readonly cutTicks: number
}

/** Gathers fragments into segments. */
export class Segmenter {
  readonly #target: number
  readonly #timescale: number
  readonly #shiftTicks: number
  /** The segment before, as long as the rest of all might be joined to it. */
  #closed: ClosedPiece | undefined
  /** What belongs to the segment for certain. */
  #segment: Piece | undefined
  /** What comes after the last place where it could be cut, while that is before the aim. */
  #rest: Piece | undefined
  /** Bytes from before the first sample of the track. */
  #ahead = 0

  /**
   * @param target - target duration, in seconds
   * @param timescale - ticks per second
   * @param shiftTicks - what makes a decode time the time of presentation
   */
  constructor(target: number, timescale: number, shiftTicks: number) {
    this.#target = target
    this.#timescale = timescale
    this.#shiftTicks = shiftTicks
  }

  /**
   * Takes the next fragment: its length in bytes, what lies before it and after the last one included, and what it has
   * of the track, where it has something. Gives the segments that end before it.
   */
  add(byteLength: number, part: TimedPart | undefined): SegmentSpan[] {
    const last = this.#rest ?? this.#segment
    if (part === undefined) {
      if (last) last.byteLength += byteLength
      else this.#ahead += byteLength
      return []
    }
    const piece: Piece = {
      startTicks: part.startTicks,
      endTicks: part.startTicks + part.durationTicks,
      byteLength: byteLength + this.#ahead,
      sampleCount: part.sampleCount,
      sampleTicks: part.durationTicks,
      jumpTicks: 0,
    }
    this.#ahead = 0
    if (last === undefined) {
      this.#segment = piece
      return []
    }
    const gap = piece.startTicks - last.endTicks
    if (part.sync && gap > JUMP * this.#timescale) {
      const spans = this.end()
      this.#segment = { ...piece, jumpTicks: gap }
      return spans
    }
    const spans = part.sync ? this.#begin(piece) : []
    if (!part.sync) append(last, piece)
    return [...spans, ...this.#release(piece.endTicks)]
  }

  /** Nothing follows: gives what is left. */
  end(): SegmentSpan[] {
    const last = this.#rest ?? this.#segment
    if (last === undefined) return []
    const spans = this.#settle(last.endTicks)
    const segment = this.#segment!
    this.#segment = undefined
    if (this.#closed && this.#canJoin(this.#closed, segment.endTicks)) {
      append(this.#closed, segment)
      this.#closed = { ...this.#closed, cutTicks: segment.endTicks }
    } else {
      spans.push(...this.#close(segment, segment.endTicks))
    }
    return [...spans, ...this.#give()]
  }

  /** A fragment comes that a segment can begin with. */
  #begin(piece: Piece): SegmentSpan[] {
    const spans = this.#settle(piece.startTicks)
    if (this.#seconds(piece.startTicks) < this.#aim() - CLOSE) {
      this.#rest = piece
      return spans
    }
    spans.push(...this.#close(this.#segment!, piece.startTicks))
    this.#segment = piece
    return spans
  }

  /** Decides on the place that waits, now that the next one is known: a cut there, or none. */
  #settle(nextTicks: number): SegmentSpan[] {
    const rest = this.#rest
    if (rest === undefined) return []
    this.#rest = undefined
    const aim = this.#aim()
    const next = this.#seconds(nextTicks)
    const isTooLong = next - this.#start(this.#segment!) > this.#target + TOLERANCE
    const isNearer = Math.abs(next - aim) < Math.abs(this.#seconds(rest.startTicks) - aim) - CLOSE
    if (isNearer && !isTooLong) {
      append(this.#segment!, rest)
      return []
    }
    const spans = this.#close(this.#segment!, rest.startTicks)
    this.#segment = rest
    return spans
  }

  /** A segment ends: the one before it is given out, and it is kept itself. */
  #close(piece: Piece, cutTicks: number): SegmentSpan[] {
    const spans = this.#give()
    this.#closed = { ...piece, cutTicks }
    return spans
  }

  /**
   * What follows the segment that is kept ends at `endTicks` so far: gives it out where that is too long to be joined.
   */
  #release(endTicks: number): SegmentSpan[] {
    return this.#closed && this.#canJoin(this.#closed, endTicks) ? [] : this.#give()
  }

  /**
   * Whether what lies between a segment and `endTicks` is short enough to be joined to it: one that has to be longer
   * than the target may be longer by what doesn't change it when it is rounded.
   */
  #canJoin(closed: ClosedPiece, endTicks: number): boolean {
    const cut = this.#seconds(closed.cutTicks)
    const end = this.#seconds(endTicks)
    const start = this.#start(closed)
    const longest = Math.max(this.#target, Math.round(cut - start))
    return end - cut < CRUMB * this.#target && end - start <= longest + TOLERANCE
  }

  /** When the segment should end: the first multiple of the target that is at least half of it away. */
  #aim(): number {
    const target = this.#target
    const start = this.#start(this.#segment!)
    return Math.ceil((start + target / 2 - CLOSE) / target) * target
  }

  /** Gives the segment out that was kept. */
  #give(): SegmentSpan[] {
    const closed = this.#closed
    if (closed === undefined) return []
    this.#closed = undefined
    const { startTicks, cutTicks, byteLength, sampleCount, sampleTicks, jumpTicks } = closed
    const durationTicks = Math.max(0, cutTicks - Math.max(startTicks, -this.#shiftTicks))
    return [{ startTicks, durationTicks, byteLength, sampleCount, sampleTicks, jumpTicks }]
  }

  /** When a segment is first presented. */
  #start({ startTicks }: Piece): number {
    return Math.max(0, this.#seconds(startTicks))
  }

  #seconds(ticks: number): number {
    return (ticks + this.#shiftTicks) / this.#timescale
  }
}

function append(piece: Piece, more: Piece): void {
  piece.endTicks = more.endTicks
  piece.byteLength += more.byteLength
  piece.sampleCount += more.sampleCount
  piece.sampleTicks += more.sampleTicks
}
