import { Box } from '../../mp4/boxes/box.js'
import type { Fragment, TrackFragment } from '../../mp4/fragments/fragment.js'
import { rewriteFragment } from '../../mp4/rewrite/fragment-rewrite.js'
import type { Movie } from '../../mp4/movie/movie.js'
import { type OffsetEdit, offsetEdit, withEditLists } from '../../mp4/rewrite/offset-edit.js'
import type { Mp4Track } from '../../mp4/movie/track.js'
import { withoutTracks } from '../../mp4/rewrite/without-tracks.js'

/**
 * The times of a rendition's tracks as CMAF players need them: edit lists are evaluated here, once, and written
 * into the `moov` and each `moof`. The rules are those of {@link offsetEdit}.
 *
 * A video's edit list depends on its first sample, so the initialization segment waits for that.
 */
export class TrackTimes {
  readonly #moov: Box
  readonly #movie: Movie
  readonly #edits = new Map<number, OffsetEdit>()

  /** @param moov - copied */
  constructor(moov: Box, movie: Movie) {
    const bytes = Buffer.from(moov.raw)
    this.#moov = Box.topLevel(bytes, 0, bytes.length, moov.offset, moov.index)
    this.#movie = movie
    for (const track of movie.tracks) {
      if (track.kind !== 'video') this.#edits.set(track.id, offsetEdit(track, movie.timescale))
    }
  }

  /** Original length of the `moov`. */
  get moovSize(): number {
    return this.#moov.size
  }

  /** A track's converted edit list; `undefined` before a video's first sample. */
  of(trackId: number): OffsetEdit | undefined {
    return this.#edits.get(trackId)
  }

  /**
   * The `moov` with the remaining edit lists, as far as they are known.
   *
   * @param without - numbers of the tracks to leave out
   */
  moov(without: ReadonlySet<number> = new Set()): Buffer {
    const { raw } = this.#moov
    const moov = withEditLists(this.#moov, this.#movie, track => this.#editsOf(track)) ?? raw
    return without.size === 0 ? moov : withoutTracks(moov, this.#movie, without)
  }

  /** A track with its remaining edit list. */
  track(track: Mp4Track): Mp4Track {
    return { ...track, edits: this.#editsOf(track) }
  }

  /** Takes the next fragment; returns its `moof` with shifted times, or `undefined` if it is unchanged. */
  moof(fragment: Fragment): Buffer | undefined {
    for (const traf of fragment.tracks) this.#decide(traf)
    return rewriteFragment(fragment, trackId => this.#edits.get(trackId))
  }

  #decide({ trackId, decodeTime = 0, runs }: TrackFragment): void {
    const run = runs.find(({ sampleCount }) => sampleCount > 0)
    const track = this.#movie.tracks.find(({ id }) => id === trackId)
    if (run === undefined || track === undefined || this.#edits.has(trackId)) return
    const first = { decodeTime, compositionOffset: run.compositionOffsetAt(0) }
    this.#edits.set(trackId, offsetEdit(track, this.#movie.timescale, first))
  }

  #editsOf({ id, edits }: Mp4Track): Mp4Track['edits'] {
    return this.#edits.get(id)?.edits ?? edits
  }
}
