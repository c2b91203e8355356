import { BandwidthMeter } from './bandwidth.js'
import { FrameMeter } from '../presentation/frame-rate.js'
import { shownSize } from '../presentation/init-tracks.js'
import type {
  InitSegment,
  MediaSegment,
  Rendition,
  StoredBytes,
  Stretch,
} from '../presentation/presentation.js'
import { type RenditionSettings, languageTag } from './rendition-options.js'
import type { SegmentSpan } from '../segments/segmenter.js'

/** Settings common to all renditions. */
export interface LogSettings {
  /** In seconds. */
  readonly targetDuration: number
  /** Number of listed segments; `undefined`: all. */
  readonly windowSize: number | undefined
  readonly programDateTime: Date | undefined
}

/**
 * The state of a rendition: its segments, and measurements of them.
 *
 * Memory: some 300 bytes a segment. With a window, only the segments of two windows are kept.
 */
export class RenditionLog {
  readonly name: string
  readonly playlist: string
  readonly #rendition: RenditionSettings
  readonly #settings: LogSettings
  readonly #meter: BandwidthMeter
  #init: InitSegment | undefined
  #videoRange: Rendition['videoRange']
  /** Codecs of the initialization segments before the last. */
  readonly #codecs = new Set<string>()
  readonly #segments: MediaSegment[] = []
  /** Segments no longer listed, but kept for clients with an older playlist. */
  readonly #past: MediaSegment[] = []
  #count = 0
  #duration = 0
  #byteLength = 0
  /** Since the last initialization segment: its start on the timeline, and ticks from there. */
  #periodStart = 0
  #periodTicks = 0
  /** The wall clock at the start of the period, and ticks from there, including gaps in time. */
  #periodDate: Date | undefined
  #clockTicks = 0
  #isNewPeriod = false
  #stretch: Stretch | undefined
  readonly #frames: FrameMeter
  #longest = 0
  #discontinuitiesBefore = 0
  #isEnded = false

  /**
   * @param folder - the directory of its objects
   */
  constructor(rendition: RenditionSettings, folder: string, settings: LogSettings) {
    this.name = rendition.name
    this.playlist = `${folder}/index.m3u8`
    this.#rendition = rendition
    this.#settings = settings
    this.#meter = new BandwidthMeter(settings.targetDuration)
    this.#frames = new FrameMeter(settings.targetDuration / 2)
    this.#periodDate = settings.programDateTime
  }

  /** The last initialization segment. */
  get init(): InitSegment | undefined {
    return this.#init
  }

  /** Its kind; `undefined` before its first initialization segment. */
  get kind(): 'video' | 'audio' | undefined {
    return this.#init && (this.#init.track.kind === 'video' ? 'video' : 'audio')
  }

  /** Number of segments so far. */
  get count(): number {
    return this.#count
  }

  /** Their total duration, in seconds. */
  get duration(): number {
    return this.#duration
  }

  /** The longest of them, in seconds. */
  get longest(): number {
    return this.#longest
  }

  /** Stored bytes. */
  get byteLength(): number {
    return this.#byteLength
  }

  /** The group of an audio rendition. */
  get groupId(): string | undefined {
    return this.kind === 'audio' ? this.#rendition.groupId : undefined
  }

  /** The name shown to people. */
  get label(): string {
    return this.#rendition.label
  }

  /** Whether it is its group's default, if stated. */
  get isDefault(): boolean | undefined {
    return this.#rendition.isDefault
  }

  /**
   * An initialization segment was stored, the first or another one after a discontinuity.
   *
   * @param date - the wall clock from there on; by default it continues
   */
  addInit(init: InitSegment, videoRange: Rendition['videoRange'], date?: Date): void {
    const before = this.#init
    this.#byteLength += init.byteLength
    this.#init = init
    this.#videoRange ??= videoRange
    if (before === undefined) return
    for (const { codec } of before.tracks) this.#codecs.add(codec)
    this.#periodDate = date ?? this.#dateTime(before, 0)
    this.#periodStart = this.#duration
    this.#periodTicks = 0
    this.#clockTicks = 0
    this.#isNewPeriod = true
  }

  /** The last initialization segment was replaced. */
  replaceInit(init: InitSegment): void {
    const before = this.#init!
    this.#byteLength += init.byteLength - before.byteLength
    this.#init = init
    for (const [n, segment] of this.#segments.entries()) {
      if (segment.init === before) this.#segments[n] = { ...segment, init }
    }
  }

  /** A segment was stored. */
  add(span: SegmentSpan, stored: StoredBytes): MediaSegment {
    const init = this.#init!
    const { timescale } = init.track
    const { startTicks, durationTicks, jumpTicks } = span
    const duration = durationTicks / timescale
    const discontinuity = this.#isNewPeriod || jumpTicks > 0
    if (discontinuity) this.#stretch = undefined
    const segment: MediaSegment = {
      ...stored,
      number: ++this.#count,
      init,
      start: this.#duration,
      duration,
      startTicks,
      durationTicks,
      discontinuity,
      sampleCount: span.sampleCount,
      sampleDuration: span.sampleTicks / timescale,
      stretch: (this.#stretch ??= { start: this.#duration, startTicks }),
      dateTime: this.#dateTime(init, jumpTicks),
    }
    this.#isNewPeriod = false
    this.#periodTicks += durationTicks
    this.#clockTicks += jumpTicks + durationTicks
    this.#duration = this.#periodStart + this.#periodTicks / timescale
    this.#longest = Math.max(this.#longest, duration)
    this.#byteLength += stored.byteLength
    this.#meter.add(stored.byteLength, duration)
    if (this.kind === 'video') this.#frames.add(segment.sampleCount, segment.sampleDuration)
    this.#segments.push(segment)
    return segment
  }

  /**
   * Advances the window. Returns the names of objects no client should request any more: RFC 8216bis §6.2.2
   * requires that a segment that left the playlist is kept for the duration of a playlist that lists it, plus
   * its own duration.
   */
  moveOn(): string[] {
    const { windowSize } = this.#settings
    if (windowSize === undefined) return []
    while (this.#segments.length > windowSize) {
      const left = this.#segments.shift()!
      if (left.discontinuity) this.#discontinuitiesBefore++
      this.#past.push(left)
    }
    const gone = this.#past.splice(0, Math.max(0, this.#past.length - (windowSize + 1)))
    const kept = new Set([...this.#past, ...this.#segments].map(({ init }) => init).concat(this.#init ?? []))
    const inits = new Set(gone.map(({ init }) => init).filter(init => !kept.has(init)))
    return [...gone, ...inits].map(({ name }) => name)
  }

  /** There are no more segments. */
  end(): void {
    this.#isEnded = true
  }

  /**
   * Its current state; `isDefault`: whether it is its group's default. Only after an initialization segment.
   */
  rendition(isDefault: boolean): Rendition {
    const { name, label, language, autoselect } = this.#rendition
    const { track, tracks } = this.#init!
    const audio = tracks.find(({ kind }) => kind === 'audio')
    const kind = this.kind!
    return {
      name,
      label,
      kind,
      groupId: this.groupId,
      language: language ?? languageTag((audio ?? track).language),
      isDefault,
      autoselect,
      playlist: this.playlist,
      codecs: [...new Set([...this.#codecs, ...tracks.map(({ codec }) => codec)])],
      frameRate: this.#frames.rate,
      ...(kind === 'video' ? shownSize(track) : { width: undefined, height: undefined }),
      channels: audio?.channels,
      videoRange: this.#videoRange,
      bandwidth: this.#meter.peak,
      averageBandwidth: this.#meter.average,
      segments: [...this.#segments],
      discontinuitiesBefore: this.#discontinuitiesBefore,
      isEnded: this.#isEnded,
    }
  }

  #dateTime({ track }: InitSegment, jumpTicks: number): Date | undefined {
    const date = this.#periodDate
    return date && new Date(date.getTime() + ((this.#clockTicks + jumpTicks) / track.timescale) * 1000)
  }
}
