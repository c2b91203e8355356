import {
  GiB,
  KiB,
  MiB,
  booleanOption,
  integerOption,
  knownOptions,
  objectOption,
  oneOfOption,
  optionError,
  optionsObject,
  signalOption,
  stringOption,
} from '../options.js'
import { makeRunId } from './run-id.js'
import type { PresentationLayout, PresentationMode } from './presentation/presentation.js'
import { type SegmentStorage, nameOption } from './storage/segment-storage.js'
import type { CacheControl } from './storage/stored-objects.js'

/** Options of `CmafPackager`. */
export interface CmafPackagerOptions {
  /** Where all of it goes: `S3Storage`, `DirectoryStorage`, or one of your own. */
  storage: SegmentStorage
  /**
   * How long segments shall be, in whole seconds: 1 to 60. Cuts need key frames: set `-g` so that they come at least
   * that often, best at even fractions of it. Short segments start and switch faster, long ones cost fewer requests.
   * @defaultValue 6, as Apple's authoring guide has it
   */
  targetDuration?: number | undefined
  /**
   * `vod`: playlists come at the very end, so that a job that fails shows nothing. `event`: they grow from the first
   * segment on. `live`: they list the last `windowSize` segments, and older ones are removed.
   * @defaultValue `vod`
   */
  mode?: PresentationMode | undefined
  /**
   * `segments`: an object for each. `byterange`: one for each rendition, of which segments are ranges; for `vod` only,
   * since an object is visible when it is whole.
   * @defaultValue `segments`
   */
  layout?: PresentationLayout | undefined
  /**
   * Name of the multivariant playlist.
   * @defaultValue `main.m3u8`
   */
  playlist?: string | undefined
  /**
   * Name of the DASH manifest: `manifest.mpd`. Sound and picture are renditions of their own then.
   * @defaultValue none is written
   */
  mpd?: string | undefined
  /**
   * How many segments a `live` playlist lists: 3 to 10,000. As many more stay stored, and one, for who has an older
   * playlist still.
   * @defaultValue 6
   */
  windowSize?: number | undefined
  /**
   * Names this run: segments, initialization segments, media playlists and image sheets lie below `run/`, so that they
   * replace nothing of an older run. Letters, digits, `-`, `_` and `.` (not the first). Give a name that was never used
   * under this root; one that the published playlists still list is refused (where the storage can read).
   * @defaultValue made of the time and chance: `20261128T172233Z-9f86d081`
   */
  run?: string | undefined
  /**
   * Whether the objects of the presentation that this one replaces are removed after publication. By default they
   * stay, since players are in the middle of them; {@link PackagingResult.replaced} lists them. What can't be removed
   * is in `leftBehind`.
   * @defaultValue `false`
   */
  removeReplaced?: boolean | undefined
  /** Limits for media that strangers bring. */
  limits?: PackagerLimits | undefined
  /** The wall clock at the beginning of the first segments: `EXT-X-PROGRAM-DATE-TIME`. */
  programDateTime?: Date | undefined
  /**
   * `Cache-Control` headers. Defaults: `public, max-age=31536000` for segments; for playlists `public, max-age=3600`
   * of `vod`, `no-cache` while they change. Give a new packaging a prefix of its own, or caches keep old segments.
   */
  cacheControl?: { segments?: string | undefined; playlists?: string | undefined } | undefined
  /**
   * How many bytes of a rendition may wait to be cut off: 1 KiB to 1 GiB. This is what bounds the memory.
   * @defaultValue 64 MiB
   */
  maxSegmentSize?: number | undefined
  /**
   * Whether it is an error (`AVIO_ERR_HLS_NOT_ALIGNED`) where segments of the video renditions don't begin at the same
   * times. Players can switch all the same, but fetch and decode more when they do.
   * @defaultValue `true`
   */
  align?: boolean | undefined
  /** Ends everything with an `AbortError`. */
  signal?: AbortSignal | undefined
}

/** Limits of a packaging. One that is exceeded is an error, and nothing is published. */
export interface PackagerLimits {
  /**
   * How many segments, initialization segments and image sheets may be stored at a time, of all renditions together:
   * 1 to 2⁵³ − 1, or `Infinity`. Jumps in the time line make segments of a few bytes, each of which is a request.
   * Exceeded: `AVIO_ERR_LIMIT_OBJECTS`.
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
  /** The user named the run, so it may be one that was used before. */
  readonly isNamedRun: boolean
  readonly removeReplaced: boolean
  readonly maxObjects: number
  readonly programDateTime: Date | undefined
  readonly cacheControl: CacheControl
  readonly maxSegmentSize: number
  readonly align: boolean
  readonly signal: AbortSignal | undefined
}

const KNOWN = [
  ...['storage', 'targetDuration', 'mode', 'layout', 'playlist', 'mpd', 'windowSize', 'programDateTime'],
  ...['run', 'removeReplaced', 'limits', 'cacheControl', 'maxSegmentSize', 'align', 'signal'],
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
      '"segments" unless mode is "vod": an object is visible when it is whole',
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
  if (mpd === playlist) throw optionError('mpd', 'another name than that of the playlist', mpd)
  const run = nameOption(options, 'run', { default: makeRunId() })
  if (run === playlist || run === mpd)
    throw optionError('run', 'another name than those of the playlists', run)
  const limits = objectOption<object>(options, 'limits') ?? {}
  knownOptions(limits, 'limits', ['maxObjects'])
  const cacheControl = objectOption<object>(options, 'cacheControl') ?? {}
  knownOptions(cacheControl, 'cacheControl', ['segments', 'playlists'])
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
    maxObjects: integerOption(limits, 'limits.maxObjects', {
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      default: Infinity,
      unit: 'objects',
      infinity: true,
    }),
    programDateTime: dateOption(options, 'programDateTime'),
    cacheControl: {
      segments: stringOption(cacheControl, 'cacheControl.segments', { default: 'public, max-age=31536000' }),
      playlists: stringOption(cacheControl, 'cacheControl.playlists', {
        default: mode === 'vod' ? 'public, max-age=3600' : 'no-cache',
      }),
    },
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

/** A date that is one. */
export function dateOption(options: object, option: string): Date | undefined {
  const value = (options as Record<string, unknown>)[option]
  if (value === undefined) return undefined
  if (value instanceof Date && !Number.isNaN(value.getTime())) return new Date(value)
  throw optionError(option, 'a valid Date', value)
}

function storageOption(options: object): SegmentStorage {
  const { storage } = options as { storage?: Partial<SegmentStorage> | null }
  if (typeof storage === 'object' && typeof storage?.open === 'function') return storage as SegmentStorage
  throw optionError('storage', 'an object with a method open(name, info)', storage)
}
