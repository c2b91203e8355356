import { createHash } from 'node:crypto'
import { Fmp4Checker } from '../../lib/mp4/checks/fmp4-checker.js'
import { presentationShift } from '../../lib/mp4/movie/edit-list-times.js'
import type { Mp4Track } from '../../lib/mp4/movie/track.js'
import { MiB } from '../../lib/options.js'

/** A sample as a player of the whole file sees it. */
export interface PlayedSample {
  /** Its presentation time with the edit list applied, in ticks. */
  readonly at: number
  readonly duration: number
  readonly flags: number
  /** A hash of its bytes. */
  readonly hash: string
}

/** All samples of a fragmented MP4, by track, in decode order; strictly checked. */
export function samplesOf(bytes: Buffer): Map<number, PlayedSample[]> {
  const samples = new Map<number, PlayedSample[]>()
  const tracks = new Map<number, { track: Mp4Track; shift: number }>()
  const ends = new Map<number, number>()
  const checker = new Fmp4Checker(
    { strict: true, maxBoxSize: 16 * MiB },
    {
      onInit: init => {
        for (const track of init.tracks) {
          tracks.set(track.id, { track, shift: presentationShift(track, init.timescale) })
        }
      },
      onSamples: fragment => {
        for (const { trackId, decodeTime } of fragment.tracks) ends.set(trackId, decodeTime!)
        for (const run of fragment.tracks.flatMap(({ runs }) => runs)) {
          const { trackId } = run
          const list = samples.get(trackId) ?? []
          let at = run.start
          let time = ends.get(trackId)!
          for (let n = 0; n < run.sampleCount; n++) {
            const end = at + run.sizeAt(n)
            list.push({
              at: time + run.compositionOffsetAt(n) + tracks.get(trackId)!.shift,
              duration: run.durationAt(n),
              flags: run.flagsAt(n),
              hash: createHash('sha1').update(bytes.subarray(at, end)).digest('hex'),
            })
            at = end
            time += run.durationAt(n)
          }
          ends.set(trackId, time)
          samples.set(trackId, list)
        }
      },
      onWarning: () => undefined,
    },
  )
  checker.write(bytes)
  checker.end()
  return samples
}
