import { readExactly } from '../../io/read-exactly.js'
import type { RandomAccess } from '../../io/random-access.js'
import { EbmlData, type Element, MAX_ELEMENT_HEADER, elementAt } from '../../matroska/element.js'
import { ID, seekPlaces } from '../../matroska/segment.js'
import { HeadWalk } from '../input/metadata-walk.js'
import { OTHER, type PipeProof, SAME, open } from './pipe-proof.js'

/** Data after the media of an input that ffmpeg reads only by seeking: on a pipe it is lost silently. */

/** Maximum number of elements, or chunks, before the media; real files have some dozens at most. */
const MAX_HEADERS = 1000

interface Place {
  readonly id: number
  readonly offset: number
}

const NAMES = new Map<number, string>([
  [ID.chapters, 'chapters'],
  [ID.tags, 'tags'],
  [ID.attachments, 'attachments'],
  [ID.info, 'segment information'],
  [ID.tracks, 'track list'],
  [ID.seekHead, 'second seek head'],
])

/** The progress of a proof, so that a longer head is not read again from its start. */
interface Passed {
  /** Offset of the next header. */
  at: number
  /** Number of headers read. */
  headers: number
}

interface PassedElements extends Passed {
  /** Offset of the data of the Segment. */
  segment: number
  /** The positions listed in the seek heads. */
  readonly places: Place[]
}

/**
 * Matroska and WebM (RFC 9559 §5.1.1): the elements that the `SeekHead` places after the first `Cluster`. `Cues` don't
 * count: ffmpeg uses them to seek, and reports nothing about them.
 *
 * @param walk - what is known from the shorter heads of earlier calls
 */
export function matroskaProof(head: Buffer, walk = new HeadWalk()): PipeProof {
  const passed = walk.kept<PassedElements>(matroskaProof, () => ({
    at: 0,
    headers: 0,
    segment: 0,
    places: [],
  }))
  try {
    return inMatroska(head, walk, passed)
  } catch {
    // Damaged: ffmpeg reports it.
    return OTHER
  }
}

function inMatroska(head: Buffer, walk: HeadWalk, passed: PassedElements): PipeProof {
  for (; passed.headers < MAX_HEADERS; passed.headers++) {
    walk.visited++
    const element: Element | undefined = elementAt(head, passed.at, 0)
    if (element === undefined) return open(passed.at + MAX_ELEMENT_HEADER)
    if (element.id === ID.cluster) return ofPlaces(passed.places, passed.at)
    if (element.id === ID.segment) {
      passed.segment = passed.at = element.start
      continue
    }
    if (element.end === Infinity) return OTHER
    if (element.id === ID.seekHead) {
      if (element.end > head.length) return open(element.end)
      passed.places.push(
        ...seekPlaces(EbmlData.of(ID.seekHead, head.subarray(element.start, element.end), 0), passed.segment),
      )
    }
    passed.at = element.end
  }
  return OTHER
}

function ofPlaces(places: readonly Place[], media: number): PipeProof {
  const behind = places.filter(({ id, offset }) => offset > media && NAMES.has(id))
  if (behind.length === 0) return SAME
  const names = [...new Set(behind.map(({ id }) => NAMES.get(id)!))]
  return { kind: 'other', reason: 'behind-media', what: `has its ${names.join(' and ')} after the media` }
}

/**
 * WAV: ffmpeg also reads the chunks after `data` (`LIST`, `id3 `, `bext` …), whether or not the size of `RIFF` includes
 * them.
 *
 * @param walk - what is known from the shorter heads of earlier calls
 */
export function waveProof(head: Buffer, walk = new HeadWalk()): PipeProof {
  const passed = walk.kept<Passed>(waveProof, () => ({ at: 12, headers: 0 }))
  for (; passed.headers < MAX_HEADERS; passed.headers++) {
    walk.visited++
    const { at } = passed
    if (at + 8 > head.length) return open(at + 8)
    const size = head.readUInt32LE(at + 4)
    const end = at + 8 + size + (size % 2)
    if (head.toString('latin1', at, at + 4) === 'data') {
      // Sizes of a recording that was written to a pipe.
      if (size === 0 || size >= 0x7fffffff) return SAME
      const stated = 8 + head.readUInt32LE(4)
      if (stated >= end + 8) {
        return { kind: 'other', reason: 'behind-media', what: 'has chunks after its samples' }
      }
      return {
        kind: 'unless-behind',
        isBehind: async (source, signal) => (await source.size(signal)) >= end + 8,
      }
    }
    passed.at = end
  }
  return OTHER
}

/** Size of an ID3v1 tag, and of the header and the footer of an APE tag, in bytes. */
const ID3V1 = 128
const APE = 32

/** Whether an audio file ends in an ID3v1 tag, an APE tag, or both. */
export async function isTagBehind(source: RandomAccess, signal: AbortSignal): Promise<boolean> {
  const size = await source.size(signal)
  const tail = await readExactly(source, Math.max(0, size - ID3V1 - APE), size, signal)
  const hasAt = (word: string, before: number) =>
    tail.length >= before && tail.toString('latin1', tail.length - before).startsWith(word)
  return hasAt('TAG', ID3V1) || hasAt('APETAGEX', APE) || hasAt('APETAGEX', ID3V1 + APE)
}
