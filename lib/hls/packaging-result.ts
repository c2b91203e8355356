import type { Presentation } from './presentation/presentation.js'
import type { Publication } from './publication.js'

/** The result of a packaging. */
export interface PackagingResult {
  /** Names of the playlists, the manifest, if any, and the multivariant playlist, which comes last. */
  readonly playlists: readonly string[]
  /** Number of media segments, over all renditions. */
  readonly segments: number
  /** Stored bytes of media and initialization segments. */
  readonly bytes: number
  /** Of the longest rendition, in seconds. */
  readonly duration: number
  /** The run's name: the prefix of its objects. */
  readonly run: string
  /**
   * Objects of the presentation previously published under the same names, as listed by its playlists: they
   * still exist, unless `removeReplaced` had them removed. Empty if nothing was published; `undefined` if the
   * storage has no `read`, or reading failed.
   */
  readonly replaced: readonly string[] | undefined
  /**
   * Objects that left a window and could not be removed, after a last attempt at the end: the last 100. Also
   * replaced objects that could not be removed.
   */
  readonly leftBehind: readonly string[]
  /** The contents of the playlists: codecs, bit rates, segments (for `live` those of the last window). */
  readonly presentation: Presentation
}

/** The parts of a published packaging. */
export interface Published extends Pick<PackagingResult, 'run' | 'playlists' | 'leftBehind'> {
  readonly publication: Publication
}

/** Adds up the result of a packaging. */
export function packagingResult({ publication, ...named }: Published): PackagingResult {
  return {
    ...named,
    ...publication.numbers(),
    replaced: publication.replaced,
    presentation: publication.presentation(),
  }
}
