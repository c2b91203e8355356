import { knownOptions, objectOption, stringOption } from '../../options.js'

/** `Cache-Control` headers of stored objects. */
export interface CacheControl {
  /** Of media and initialization segments. */
  readonly segments: string | undefined
  /** Of playlists and manifests. */
  readonly playlists: string | undefined
}

/** Segments lie under names of one run, so they never change. */
const SEGMENTS = 'public, max-age=31536000'
const COMPLETE_PLAYLISTS = 'public, max-age=3600'
const GROWING_PLAYLISTS = 'no-cache'

/**
 * The option `cacheControl`, checked, with its defaults.
 *
 * @param options - the options that may hold it
 * @param isComplete - whether playlists are stored once, complete, rather than again with each segment
 */
export function cacheControlOption(options: object, isComplete: boolean): CacheControl {
  const given = objectOption<object>(options, 'cacheControl') ?? {}
  knownOptions(given, 'cacheControl', ['segments', 'playlists'])
  return {
    segments: stringOption(given, 'cacheControl.segments', { default: SEGMENTS }),
    playlists: stringOption(given, 'cacheControl.playlists', {
      default: isComplete ? COMPLETE_PLAYLISTS : GROWING_PLAYLISTS,
    }),
  }
}
