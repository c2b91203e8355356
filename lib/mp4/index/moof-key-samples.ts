import { STEP, Turns, type Work } from '../../io/async/turns.js'
import { mp4Error } from '../boxes/box-header.js'
import { type Fragment, type SampleRun, parseFragment } from '../fragments/fragment.js'
import type { KeySample } from './moov-key-samples.js'
import { MAX_FRAGMENT_BOXES, MAX_FRAGMENT_SIZE, MAX_KEY_SAMPLES, MAX_SAMPLES } from '../boxes/limits.js'
import { locateRuns } from '../fragments/sample-data.js'
import type { TopLevelBoxes, TopLevelBox } from './top-level-boxes.js'
import type { Mp4Track } from '../movie/track.js'

/** What one `moof` has of the track. Times are in its timescale, edits are not applied. */
export interface FragmentKeys {
  /** Decode time of its first sample, where it is stated. */
  readonly decodeTime: number | undefined
  /** Of all its samples. */
  readonly duration: number
  /** When the last one has been shown, from the first one's decode time. */
  readonly end: number
  /** Its sync samples. Their times count from the first sample's decode time. */
  readonly keys: readonly KeySample[]
}

/** How much was looked at, by all walks through a file together. */
export class FragmentCounts {
  boxes = 0
  samples = 0
  keys = 0
}

/** Room for a header behind a `moof`, which is mostly that of its `mdat`. */
const NEXT_HEADER = 32
/** A box takes as long as so many samples. */
const ELEMENTS_A_BOX = 400
/** The first `moof` may be so large for one read to bring it, in bytes. */
const FIRST_GUESS = 1024

/**
 * Walks the fragments of a file from `start` to `end` and reads every `moof`, and nothing of the media. A `moof` costs
 * about one read: how long it will be is guessed from the one before.
 *
 * @param topLevel - the file
 * @param start - where a box begins
 * @param end - where the walk ends: at the end of a box, or it is an error
 * @param track - the one that is wanted
 * @throws Mp4Error those of {@link TopLevelBoxes} and {@link parseFragment}; `AVIO_ERR_MP4_BOX_SIZE` where `end` lies within
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
      throw mp4Error(
        'AVIO_ERR_MP4_LIMIT',
        box,
        `more than ${MAX_FRAGMENT_BOXES} boxes; at most so many are read`,
      )
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
  for (const { run, start, trackFragment } of locateRuns(fragment)) {
    if (trackFragment.trackId !== track.id) continue
    if (time === 0) decodeTime ??= trackFragment.decodeTime
    yield* addKeys(run, start, time, track, counts, keys)
    end = Math.max(end, time + run.totals.presentationEnd)
    time += run.totals.duration
  }
  const last = keys.at(-1)
  if (last !== undefined && last.offset + last.size > size) {
    const message = `a sample of it ends at byte ${last.offset + last.size}, but the file at ${size}: it was cut off`
    throw fragment.box.error('AVIO_ERR_MP4_DATA_OFFSET', message, track.id)
  }
  return { decodeTime, duration: time, end, keys }
}

function* addKeys(
  run: SampleRun,
  start: number,
  from: number,
  track: Mp4Track,
  counts: FragmentCounts,
  keys: KeySample[],
): Work<void> {
  counts.samples += run.sampleCount
  if (counts.samples > MAX_SAMPLES) {
    const message = `${counts.samples} samples up to here; at most ${MAX_SAMPLES} are looked at`
    throw run.box.error('AVIO_ERR_MP4_LIMIT', message, track.id)
  }
  let time = from
  let offset = start
  for (let n = 0; n < run.sampleCount; n++) {
    const size = run.sizeAt(n)
    if (isKey(run.flagsAt(n), track)) {
      if (++counts.keys > MAX_KEY_SAMPLES) {
        const message = `more than ${MAX_KEY_SAMPLES} sync samples up to here`
        throw run.box.error('AVIO_ERR_MP4_LIMIT', message, track.id)
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

/** As ffmpeg sees it: sound always decodes by itself. */
function isKey(flags: number, track: Mp4Track): boolean {
  return track.kind === 'audio' || (flags & DEPENDS) === 0
}
