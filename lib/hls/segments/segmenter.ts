/**
 * Decides where a rendition is cut into segments.
 *
 * Cuts are made where decoding can start, at times that depend only on the timeline, so that independent
 * renditions are cut alike: the target is every multiple of the target duration, in presentation time. Of the
 * possible cuts the one nearest to the target is taken, or the earlier one if the later would make a segment
 * whose rounded duration exceeds the target duration (RFC 8216bis §4.4.3.1). A target is at least half a target
 * duration after the segment's start: at 29.97 frames a second, with a key frame every 60 frames, cuts drift
 * off the clock by 2 ms each, and would otherwise occasionally leave a tiny segment.
 *
 * A cut at its target, or past it, is the nearest as soon as it arrives. One before it has to wait for the
 * next.
 *
 * The remainder at the end, or before a gap in time, is joined to the previous segment if it is shorter than a
 * quarter of the target duration and both together don't exceed that when rounded: a request for one frame is
 * not worth it, and players stall at segments shorter than their tolerance for rounded times (hls.js at those
 * shorter than the first composition offset, if it has to guess that). So a segment is only emitted once the
 * data after it is too long to be joined, which is the case with the first fragment of any usual length.
 */

/** A fragment's part of the track that determines the cuts, in its ticks. */
export interface TimedPart {
  /** Decode time of its first sample. */
  readonly startTicks: number
  readonly durationTicks: number
  readonly sampleCount: number
  /** Whether decoding can start with it. */
  readonly sync: boolean
}

/** A segment: the data between two cuts. */
export interface SegmentSpan {
  /** Decode time of its first sample, in ticks. */
  readonly startTicks: number
  /**
   * Its presented duration: to the start of the next one; to the end of the last sample if none follows, or
   * time has a gap. Anything before time 0 (audio priming) does not count.
   */
  readonly durationTicks: number
  /** Its length in bytes. */
  readonly byteLength: number
  /** Its number of samples of the track. */
  readonly sampleCount: number
  /** Total duration of its samples, in ticks. */
  readonly sampleTicks: number
  /** The gap between the end of the previous segment and its start, if it is a discontinuity; otherwise 0. */
  readonly jumpTicks: number
}

/** A rounded duration stays within the target up to this much more. In seconds. */
const TOLERANCE = 0.499
/**
 * The remainder at the end is joined to the previous segment if it is shorter than this share of the target.
 */
const CRUMB = 0.25
/** Times closer than this are equal. In seconds. */
const CLOSE = 0.001
/** From this length on, a gap is a discontinuity. In seconds. */
const JUMP = 0.5

/** The data between two possible cuts, or more. */
interface Piece {
  startTicks: number
  endTicks: number
  byteLength: number
  sampleCount: number
  sampleTicks: number
  jumpTicks: number
}

/** A segment with a known end, held until nothing can be joined to it. */
interface ClosedPiece extends Piece {
  /** The start of the next one. */
  readonly cutTicks: number
}

/** Groups fragments into segments. */
export class Segmenter {
  readonly #target: number
  readonly #timescale: number
  readonly #shiftTicks: number
  /** The previous segment, while the remainder might be joined to it. */
  #closed: ClosedPiece | undefined
  /** The certain part of the current segment. */
  #segment: Piece | undefined
  /** The data after the last possible cut, while that is before the target. */
  #rest: Piece | undefined
  /** Bytes before the first sample of the track. */
  #ahead = 0

  /**
   * @param target - target duration, in seconds
   * @param timescale - ticks per second
   * @param shiftTicks - the offset from decode time to presentation time
   */
  constructor(target: number, timescale: number, shiftTicks: number) {
    this.#target = target
    this.#timescale = timescale
    this.#shiftTicks = shiftTicks
  }

  /**
   * Adds the next fragment: its length in bytes, including data between it and the previous one, and its part
   * of the track, if any. Returns the segments that end before it.
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

  /** There is no more data: returns the remaining segments. */
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

  /** A fragment arrives that a segment can start with. */
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

  /** Decides on the pending cut, now that the next one is known. */
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

  /** A segment ends: emits the previous one, and holds it. */
  #close(piece: Piece, cutTicks: number): SegmentSpan[] {
    const spans = this.#give()
    this.#closed = { ...piece, cutTicks }
    return spans
  }

  /**
   * The data after the held segment ends at `endTicks` so far: emits the segment if that is too long to be
   * joined.
   */
  #release(endTicks: number): SegmentSpan[] {
    return this.#closed && this.#canJoin(this.#closed, endTicks) ? [] : this.#give()
  }

  /**
   * Whether the data between a segment and `endTicks` is short enough to be joined to it: a segment that must
   * exceed the target may grow as long as its rounded duration stays the same.
   */
  #canJoin(closed: ClosedPiece, endTicks: number): boolean {
    const cut = this.#seconds(closed.cutTicks)
    const end = this.#seconds(endTicks)
    const start = this.#start(closed)
    const longest = Math.max(this.#target, Math.round(cut - start))
    return end - cut < CRUMB * this.#target && end - start <= longest + TOLERANCE
  }

  /** When the segment should end: at the first multiple of the target at least half a target away. */
  #aim(): number {
    const target = this.#target
    const start = this.#start(this.#segment!)
    return Math.ceil((start + target / 2 - CLOSE) / target) * target
  }

  /** Emits the held segment. */
  #give(): SegmentSpan[] {
    const closed = this.#closed
    if (closed === undefined) return []
    this.#closed = undefined
    const { startTicks, cutTicks, byteLength, sampleCount, sampleTicks, jumpTicks } = closed
    const durationTicks = Math.max(0, cutTicks - Math.max(startTicks, -this.#shiftTicks))
    return [{ startTicks, durationTicks, byteLength, sampleCount, sampleTicks, jumpTicks }]
  }

  /** Presentation start of a segment. */
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
