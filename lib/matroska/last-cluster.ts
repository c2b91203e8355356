import { MatroskaError } from '../errors.js'
import type { RandomAccess } from '../io/random-access.js'
import { readExactly } from '../io/read-exactly.js'
import { STEP, Turns, type Work } from '../io/async/turns.js'
import { KiB, MiB } from '../options.js'
import { segmentDuration, timestampScale } from './cues.js'
import { type Element, MAX_ELEMENT_HEADER, elementIfAny } from './element.js'
import { ID, IN_CLUSTER, type Segment, readSegment } from './segment.js'

/**
 * Measures a file without a stated duration. Browser recordings (`MediaRecorder`) and files written to a pipe have a
 * segment of unknown size, no `Duration` and often no `Cues`; but each cluster and each block in it states its time
 * (RFC 9559 §5.1.3). The last cluster begins at the last `1F 43 B6 75` with valid cluster content after it. Block times
 * have 16 bits, so it is usually within 32 seconds of media from the end.
 */

/** Sizes of the successive reads at the end, until one contains the last cluster. */
const TAILS = [256 * KiB, MiB, 4 * MiB, 16 * MiB, 32 * MiB]
const CLUSTER_BYTES = Buffer.from(ID.cluster.toString(16), 'hex')
/** Elements that end a cluster of unknown size. */
const TOP_LEVEL = new Set<number>([
  ...[ID.header, ID.segment, ID.seekHead, ID.info, ID.tracks, ID.cluster, ID.cues],
  ...[ID.attachments, ID.chapters, ID.tags],
])
/** Limit of elements parsed: a hostile file may seem to have clusters everywhere. */
const MAX_ELEMENTS = 2 ** 20

/**
 * The end of a Matroska or WebM file's media, in seconds on its own clock: the stated duration, else the end of the
 * last block. Reads the first bytes and once at the end, or a few times if the last cluster is longer than 256 KiB; at
 * most 32 MiB.
 *
 * @returns `undefined` if unknown: not a Matroska file, or no cluster in its last 32 MiB
 * @throws errors of the source, and an `AbortError`
 */
export async function mediaEnd(source: RandomAccess, signal?: AbortSignal): Promise<number | undefined> {
  try {
    return await endOf(source, signal)
  } catch (error) {
    if (error instanceof MatroskaError) return undefined
    throw error
  }
}

async function endOf(source: RandomAccess, signal: AbortSignal | undefined): Promise<number | undefined> {
  const segment = await readSegment(source, signal)
  const stated = segmentDuration(segment)
  if (stated !== undefined) return stated
  const size = await source.size(signal)
  const turns = new Turns(signal)
  const search = new Search(lengths(segment))
  let tail: Buffer = Buffer.alloc(0)
  for (const length of TAILS) {
    const start = Math.max(segment.start, size - length)
    const more = await readExactly(source, start, size - tail.length, signal)
    tail = Buffer.concat([more, tail])
    const ticks = await turns.run(search.end(tail, more.length))
    if (ticks !== undefined) return (ticks * timestampScale(segment)) / 1e9
    if (start === segment.start) return undefined
  }
  return undefined
}

/** Default block duration of each track, in ticks. */
function lengths(segment: Segment): Map<number, number> {
  const scale = timestampScale(segment)
  const found = new Map<number, number>()
  for (const entry of segment.tracks?.children() ?? []) {
    if (entry.id !== ID.trackEntry) continue
    const number = entry.child(ID.trackNumber)?.unsigned
    const length = entry.child(ID.defaultDuration)?.unsigned
    if (number !== undefined && length !== undefined) found.set(number, length / scale)
  }
  return found
}

/** The blocks of one cluster. */
class Blocks {
  readonly #lengths: ReadonlyMap<number, number>
  /** The time of each track's last block, and its distance from the previous block. */
  readonly #last = new Map<number, { readonly time: number; readonly gap: number }>()
  /** The end of the last block, in ticks from the cluster's timestamp; `undefined` without blocks. */
  end: number | undefined

  constructor(lengths: ReadonlyMap<number, number>) {
    this.#lengths = lengths
  }

  /** Takes the block in `bytes`; returns whether it is valid. */
  take(bytes: Buffer, at: number, duration: number | undefined): boolean {
    const length = Math.clz32(bytes[at] ?? 0) - 23
    if (length > 8 || at + length + 2 > bytes.length) return false
    let track = bytes[at]! & (0xff >> length)
    for (let n = 1; n < length; n++) track = track * 256 + bytes[at + n]!
    const time = bytes.readInt16BE(at + length)
    const last = this.#last.get(track)
    const gap = last === undefined || time <= last.time ? (last?.gap ?? 0) : time - last.time
    this.#last.set(track, { time: Math.max(time, last?.time ?? time), gap })
    this.end = Math.max(this.end ?? -Infinity, time + (duration ?? this.#lengths.get(track) ?? gap))
    return true
  }
}

/** Searches the last bytes of a file for the last cluster. */
class Search {
  readonly #lengths: ReadonlyMap<number, number>
  #looked = 0

  constructor(lengths: ReadonlyMap<number, number>) {
    this.#lengths = lengths
  }

  /**
   * The end of the last cluster, in ticks.
   *
   * @param until - its first byte is before this offset in `bytes`: the rest was searched already
   */
  *end(bytes: Buffer, until: number): Work<number | undefined> {
    let at = until
    while (at > 0 && this.#looked < MAX_ELEMENTS) {
      const from = Math.max(0, at - MiB)
      const found = bytes.subarray(from, at + CLUSTER_BYTES.length - 1).lastIndexOf(CLUSTER_BYTES)
      yield MiB
      at = found < 0 ? from : from + found
      const end = found < 0 ? undefined : yield* this.#clusterEnd(bytes, at)
      if (end !== undefined) return end
    }
    return undefined
  }

  /** The end of the cluster at `start`; `undefined` without a cluster or blocks in it. */
  *#clusterEnd(bytes: Buffer, start: number): Work<number | undefined> {
    const cluster = elementIfAny(bytes, start, 0)
    if (cluster === undefined) return undefined
    const blocks = new Blocks(this.#lengths)
    let time: number | undefined
    let counted = 0
    for (let at = cluster.start; at < Math.min(cluster.end, bytes.length);) {
      if (++counted % 1024 === 0) yield STEP
      if (++this.#looked > MAX_ELEMENTS) return undefined
      const element = elementIfAny(bytes, at, 0)
      // A truncated file may end anywhere.
      if (element === undefined)
        return at + MAX_ELEMENT_HEADER > bytes.length ? total(time, blocks) : undefined
      const { id } = element
      if (id === ID.timestamp) time ??= unsigned(bytes, element)
      else if (id === ID.simpleBlock || id === ID.blockGroup) {
        if (time === undefined || element.end === Infinity) return undefined
        const isWhole = element.end <= bytes.length
        const isBlock =
          id === ID.simpleBlock
            ? blocks.take(bytes, element.start, undefined)
            : takeGroup(bytes, element, blocks)
        if (!isBlock && isWhole) return undefined
      } else if (cluster.end === Infinity && TOP_LEVEL.has(id)) break
      else if (!IN_CLUSTER.has(id)) return undefined
      at = element.end
    }
    return total(time, blocks)
  }
}

function total(time: number | undefined, { end }: Blocks): number | undefined {
  return time === undefined || end === undefined ? undefined : time + end
}

function takeGroup(bytes: Buffer, group: Element, blocks: Blocks): boolean {
  let block: number | undefined
  let duration: number | undefined
  for (let at = group.start; at < Math.min(group.end, bytes.length);) {
    const element = elementIfAny(bytes, at, 0)
    if (element === undefined || element.end === Infinity) return false
    if (element.id === ID.block) block = element.start
    if (element.id === ID.blockDuration) duration = unsigned(bytes, element)
    at = element.end
  }
  return block !== undefined && blocks.take(bytes, block, duration)
}

function unsigned(bytes: Buffer, { start, end }: Element): number | undefined {
  if (end - start > 8 || end > bytes.length) return undefined
  let value = 0
  for (let at = start; at < end; at++) value = value * 256 + bytes[at]!
  return Number.isSafeInteger(value) ? value : undefined
}
