import { types } from 'node:util'
import {
  GiB,
  KiB,
  MiB,
  booleanOption,
  ifNoneMatchOption,
  integerOption,
  knownOptions,
  objectOption,
  oneOfOption,
  optionError,
  optionsObject,
  signalOption,
} from '../options.js'
import { makeRunId } from './run-id.js'
import type { PresentationLayout, PresentationMode } from './presentation/presentation.js'
import { type SegmentStorage, nameOption } from './storage/segment-storage.js'
import { type CacheControl, cacheControlOption } from './storage/cache-control.js'

/** Options of `CmafPackager`. */
export interface CmafPackagerOptions {
  /** The destination: `S3Storage`, `DirectoryStorage`, or your own. */
  storage: SegmentStorage
  /**
   * Length of segments, in whole seconds: 1 to 60. Cuts need key frames: set `-g` so that there is one at least
   * that often, ideally at an even fraction. Short segments start and switch faster, long ones cost fewer
   * requests.
   * @defaultValue 6, as in Apple's authoring guide
   */
  targetDuration?: number | undefined
  /**
   * `vod`: playlists are stored at the very end, so that a failed job shows nothing. `event`: they grow from
   * the first segment on. `live`: they list the last `windowSize` segments, and older ones are removed.
   * @defaultValue `vod`
   */
  mode?: PresentationMode | undefined
  /**
   * `segments`: an object for each. `byterange`: one for each rendition, with segments as ranges; for `vod`
   * only, because an object becomes visible when complete.
   * @defaultValue `segments`
   */
  layout?: PresentationLayout | undefined
  /**
   * Name of the multivariant playlist.
   * @defaultValue `main.m3u8`
   */
  playlist?: string | undefined
  /**
   * Name of the DASH manifest: `manifest.mpd`. Audio and video must then be separate renditions.
   * @defaultValue no manifest
   */
  mpd?: string | undefined
  /**
   * Number of segments a `live` playlist lists: 3 to 10,000. As many more plus one stay stored, for clients
   * with an older playlist.
   * @defaultValue 6
   */
  windowSize?: number | undefined
  /**
   * Names this run: segments, initialization segments, media playlists and image sheets are stored below
   * `run/`, so that they replace nothing of an older run. Letters, digits, `-`, `_` and `.` (not the first).
   * Choose a name never used under this root; one listed by the published playlists is refused (if the storage
   * can read), and so is one that another run stores at the moment (if the storage can remove): it has an object
   * `run/.claim`, until its end.
   * @defaultValue generated from the time and a random number: `20261128T172233Z-9f86d081`
   */
  run?: string | undefined
  /**
   * Whether the objects of the presentation that this one replaces are removed after publication. By default
   * they stay, because players may still use them; {@link PackagingResult.replaced} lists them. Objects that
   * can't be removed are in `leftBehind`.
   * @defaultValue `false`
   */
  removeReplaced?: boolean | undefined
  /**
   * `'*'`: publish only if neither the multivariant playlist nor the manifest exists; otherwise fail with the
   * storage's error, `AVIO_ERR_PRECONDITION_FAILED` of `S3Storage` and `AVIO_ERR_FILE_EXISTS` of `DirectoryStorage`,
   * before anything is stored if it exists by then. What exists stays, whenever it appeared. Everything else is stored
   * below `run`, and growing playlists replace their own.
   * @defaultValue both are replaced
   */
  ifNoneMatch?: '*' | undefined
  /** Limits for untrusted media. */
  limits?: PackagerLimits | undefined
  /** The wall clock at the start of the first segments: `EXT-X-PROGRAM-DATE-TIME`. */
  programDateTime?: Date | undefined
  /**
   * `Cache-Control` headers. Defaults: `public, max-age=31536000` for segments; for playlists `public,
   * max-age=3600` with `vod`, `no-cache` while they change. Give a new packaging its own prefix, or caches keep
   * old segments.
   */
  cacheControl?: { segments?: string | undefined; playlists?: string | undefined } | undefined
  /**
   * How many bytes of a rendition may wait for a cut: 1 KiB to 1 GiB. This bounds the memory.
   * @defaultValue 64 MiB
   */
  maxSegmentSize?: number | undefined
  /**
   * Whether it is an error (`AVIO_ERR_HLS_NOT_ALIGNED`) if segments of the video renditions don't start at the
   * same times. Players can still switch, but fetch and decode more when they do.
   * @defaultValue `true`
   */
  align?: boolean | undefined
  /** Aborts everything with an `AbortError`. */
  signal?: AbortSignal | undefined
}

/** Limits of a packaging. Exceeding one is an error, and nothing is published. */
export interface PackagerLimits {
  /**
   * How many segments, initialization segments and image sheets may be stored at a time, over all renditions: 1
   * to 2⁵³ − 1, or `Infinity`. Gaps in the timeline create segments of a few bytes, each of which is a request.
   * If exceeded: `AVIO_ERR_LIMIT_OBJECTS`.
   * @defaultValue `Infinity`
   */
  maxObjects?: number | undefined
}

/** The options of `CmafPackager`, checked. */
export interface PackagerSettings {
  readonly storage: SegmentStorage
  readonly targetDuration: number
  readonly mode: PresentationMode
  readonly layout: PresentationLayout
  readonly playlist: string
  readonly mpd: string | undefined
  readonly windowSize: number | undefined
  readonly run: string
  /** The user chose the run's name, so it may have been used before. */
  readonly isNamedRun: boolean
  readonly removeReplaced: boolean
  readonly ifNoneMatch: '*' | undefined
  readonly maxObjects: number
  readonly programDateTime: Date | undefined
  readonly cacheControl: CacheControl
  readonly maxSegmentSize: number
  readonly align: boolean
  readonly signal: AbortSignal | undefined
}

const KNOWN = [
  ...['storage', 'targetDuration', 'mode', 'layout', 'playlist', 'mpd', 'windowSize', 'programDateTime'],
  ...['run', 'removeReplaced', 'ifNoneMatch', 'limits', 'cacheControl', 'maxSegmentSize', 'align', 'signal'],
]

/** Checks the options of `CmafPackager`. */
export function packagerSettings(options: CmafPackagerOptions): PackagerSettings {
  optionsObject(options, 'CmafPackager')
  knownOptions(options, 'CmafPackager', KNOWN)
  const mode = oneOfOption(options, 'mode', { values: ['vod', 'event', 'live'], default: 'vod' })
  const layout = oneOfOption(options, 'layout', { values: ['segments', 'byterange'], default: 'segments' })
  if (layout === 'byterange' && mode !== 'vod') {
    throw optionError(
      'layout',
      '"segments" unless mode is "vod": an object becomes visible when complete',
      layout,
    )
  }
  if (options.windowSize !== undefined && mode !== 'live') {
    throw optionError('windowSize', 'left out unless mode is "live"', options.windowSize)
  }
  const windowSize = integerOption(options, 'windowSize', {
    min: 3,
    max: 10_000,
    default: 6,
    unit: 'segments',
  })
  const playlist = nameOption(options, 'playlist', { default: 'main.m3u8' })
  const mpd = nameOption(options, 'mpd', { default: undefined })
  if (mpd === playlist) throw optionError('mpd', 'different from the playlist name', mpd)
  const run = nameOption(options, 'run', { default: makeRunId() })
  if (run === playlist || run === mpd) throw optionError('run', 'different from the playlist names', run)
  const limits = objectOption<object>(options, 'limits') ?? {}
  knownOptions(limits, 'limits', ['maxObjects'])
  return {
    storage: storageOption(options),
    targetDuration: integerOption(options, 'targetDuration', {
      min: 1,
      max: 60,
      default: 6,
      unit: 'seconds',
    }),
    mode,
    layout,
    playlist,
    mpd,
    windowSize: mode === 'live' ? windowSize : undefined,
    run,
    isNamedRun: options.run !== undefined,
    removeReplaced: booleanOption(options, 'removeReplaced', { default: false }),
    ifNoneMatch: ifNoneMatchOption(options),
    maxObjects: integerOption(limits, 'limits.maxObjects', {
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      default: Infinity,
      unit: 'objects',
      infinity: true,
    }),
    programDateTime: dateOption(options, 'programDateTime'),
    cacheControl: cacheControlOption(options, mode === 'vod'),
    maxSegmentSize: integerOption(options, 'maxSegmentSize', {
      min: KiB,
      max: GiB,
      default: 64 * MiB,
      unit: 'bytes',
    }),
    align: booleanOption(options, 'align', { default: true }),
    signal: signalOption(options),
  }
}

/** A valid date. */
function dateOption(options: object, option: string): Date | undefined {
  const value = (options as Record<string, unknown>)[option]
  if (value === undefined) return undefined
  if (types.isDate(value) && !Number.isNaN(value.getTime())) return new Date(value)
  throw optionError(option, 'a valid Date', value)
}

function storageOption(options: object): SegmentStorage {
  const { storage } = options as { storage?: Partial<SegmentStorage> | null }
  if (typeof storage === 'object' && typeof storage?.open === 'function') return storage as SegmentStorage
  throw optionError('storage', 'an object with a method open(name, info)', storage)
}
