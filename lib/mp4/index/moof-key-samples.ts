import { STEP, Turns, type Work } from '../../io/async/turns.js'
import { mp4Error } from '../boxes/box-header.js'
import { type Fragment, parseFragment } from '../fragments/fragment.js'
import type { SampleRun } from '../fragments/sample-run.js'
import type { KeySample } from './moov-key-samples.js'
import { MAX_FRAGMENT_BOXES, MAX_FRAGMENT_SIZE, MAX_KEY_SAMPLES, MAX_SAMPLES } from '../boxes/limits.js'
import type { TopLevelBoxes, TopLevelBox } from './top-level-boxes.js'
import type { Mp4Track } from '../movie/track.js'

/** One `moof`'s part of the track. Times are in its timescale, without edits. */
export interface FragmentKeys {
  /** Decode time of its first sample, if stated. */
  readonly decodeTime: number | undefined
  /** Of all its samples. */
  readonly duration: number
  /** Presentation end of the last one, relative to the first one's decode time. */
  readonly end: number
  /** Its sync samples. Their times are relative to the first sample's decode time. */
  readonly keys: readonly KeySample[]
}

/** Elements visited, by all walks through a file together. */
export class FragmentCounts {
  boxes = 0
  samples = 0
  keys = 0
}

/** Room for the header after a `moof`, usually that of its `mdat`. */
const NEXT_HEADER = 32
/** A box takes as long as this many samples. */
const ELEMENTS_A_BOX = 400
/** Expected size limit of the first `moof`, so that one read fetches it, in bytes. */
const FIRST_GUESS = 1024

/**
 * Walks the fragments of a file from `start` to `end` and reads every `moof`, and no media. A `moof` costs
 * about one read: its length is guessed from the previous one.
 *
 * @param topLevel - the file
 * @param start - the start of a box
 * @param end - the end of the walk, which must be the end of a box
 * @param track - the wanted track
 * @throws Mp4Error those of {@link TopLevelBoxes} and {@link parseFragment}; `AVIO_ERR_MP4_BOX_SIZE` if `end` is inside
 * a box; `AVIO_ERR_MP4_LIMIT`
 */
export async function walkFragments(
  topLevel: TopLevelBoxes,
  start: number,
  end: number,
  track: Mp4Track,
  counts: FragmentCounts,
  turns = new Turns(),
): Promise<FragmentKeys[]> {
  const found: FragmentKeys[] = []
  let guess = FIRST_GUESS
  let offset = start
  while (offset < end) {
    const box = await topLevel.boxAt(offset, guess + NEXT_HEADER)
    if (box === undefined) break
    if (++counts.boxes > MAX_FRAGMENT_BOXES) {
      throw mp4Error('AVIO_ERR_MP4_LIMIT', box, `more than ${MAX_FRAGMENT_BOXES} boxes; that is the limit`)
    }
    if (box.type === 'moof') {
      guess = Math.min(Math.ceil(box.size * 1.25), MAX_FRAGMENT_SIZE)
      const moof = await topLevel.read(box, MAX_FRAGMENT_SIZE)
      const fragment = parseFragment(moof, id => (id === track.id ? track.defaults : undefined))
      found.push(await turns.run(keysOf(fragment, track, counts, topLevel.size)))
    }
    await turns.count(ELEMENTS_A_BOX)
    offset = box.end
    if (offset > end) throw endsWithin(box, end)
  }
  return found
}

function endsWithin(box: TopLevelBox, end: number): Error {
  return mp4Error(
    'AVIO_ERR_MP4_BOX_SIZE',
    box,
    `it ends at byte ${box.end}, but another box begins at ${end}`,
  )
}

function* keysOf(
  fragment: Fragment,
  track: Mp4Track,
  counts: FragmentCounts,
  size: number,
): Work<FragmentKeys> {
  const keys: KeySample[] = []
  let decodeTime: number | undefined
  let time = 0
  let end = 0
  for (const { trackId, decodeTime: stated, runs } of fragment.tracks) {
    if (trackId !== track.id) continue
    for (const run of runs) {
      if (time === 0) decodeTime ??= stated
      yield* addKeys(run, time, track, counts, keys)
      end = Math.max(end, time + run.totals.presentationEnd)
      time += run.totals.duration
    }
  }
  const last = keys.at(-1)
  if (last !== undefined && last.offset + last.size > size) {
    const message = `a sample ends at byte ${last.offset + last.size}, but the file ends at ${size}: it is truncated`
    throw fragment.box.error('AVIO_ERR_MP4_DATA_OFFSET', message, track.id)
  }
  return { decodeTime, duration: time, end, keys }
}

function* addKeys(
  run: SampleRun,
  from: number,
  track: Mp4Track,
  counts: FragmentCounts,
  keys: KeySample[],
): Work<void> {
  counts.samples += run.sampleCount
  if (counts.samples > MAX_SAMPLES) {
    const message = `${counts.samples} samples up to here; the limit is ${MAX_SAMPLES}`
    throw run.trun.error('AVIO_ERR_MP4_LIMIT', message, track.id)
  }
  let time = from
  let offset = run.start
  for (let n = 0; n < run.sampleCount; n++) {
    const size = run.sizeAt(n)
    if (isKey(run.flagsAt(n), track)) {
      if (++counts.keys > MAX_KEY_SAMPLES) {
        const message = `more than ${MAX_KEY_SAMPLES} sync samples up to here`
        throw run.trun.error('AVIO_ERR_MP4_LIMIT', message, track.id)
      }
      keys.push({ time: time + run.compositionOffsetAt(n), offset, size })
    }
    time += run.durationAt(n)
    offset += size
    if (n % STEP === STEP - 1) yield STEP
  }
}

/** `sample_is_non_sync_sample`, and `sample_depends_on` 1: "does depend on others" (ISO/IEC 14496-12 §8.8.3.1). */
const DEPENDS = 0x0101_0000

/** As in ffmpeg: audio always decodes on its own. */
function isKey(flags: number, track: Mp4Track): boolean {
  return track.kind === 'audio' || (flags & DEPENDS) === 0
}
