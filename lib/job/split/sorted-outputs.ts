import { checkGroups } from '../../hls/rendition/audio-groups.js'
import { renditionSettings } from '../../hls/rendition/rendition-options.js'
import type { EncodingLoad } from '../encoding/encode-speed.js'
import { encodingOf } from '../encoding/encoders.js'
import { filterMargin } from '../encoding/filter-margin.js'
import { type PictureSize, pictureSize } from '../encoding/picture-size.js'
import { type SortedArguments, sortArguments } from '../encoding/sort-arguments.js'
import { UnsplitReason } from '../encoding/unsplit.js'
import { framesIn } from '../grid/chunk-grid.js'
import { keySecondsFor } from '../grid/key-seconds.js'
import { type FrameRate, formatRate } from '../grid/rational.js'
import { threadsWithin } from './split-limits.js'
import type { PlannedAudio, PlannedRendition } from './split-plan.js'
import type { SplitSettings } from './split-spec.js'

/** Seconds between key frames of an object, unless `gop` or the arguments specify them. */
const KEY_SECONDS = 2
const THREADS = 1

/** Keeps the encoder's version out of the audio. */
const BITEXACT_AUDIO = ['-flags:a', '+bitexact']

/** The arguments of one output, sorted. */
interface Sorted extends SortedArguments {
  readonly name: string
}

/**
 * The outputs of a spec: one for an object, with video and perhaps audio; one for each rendition of a package. All
 * renditions of the video have one clock and the same key frames.
 */
export class SortedOutputs {
  /** Arguments of the joined file. */
  readonly file: readonly string[]
  /** The video track of the source, for `-map`, if the arguments choose one. */
  readonly videoMap: string | undefined
  /** The frame rate that the arguments ask for. */
  readonly rate: FrameRate | undefined
  /** Whether each output is a rendition. */
  readonly isPackage: boolean
  readonly #settings: SplitSettings
  readonly #videos: readonly Sorted[]
  readonly #audios: readonly Sorted[]

  /** @throws {@link UnsplitReason} for what can't be split; `OptionError` for renditions that make no package */
  constructor(settings: SplitSettings) {
    const sorted = settings.outputs.map(({ name, args }) => ({ name, ...sortArguments(args) }))
    this.#settings = settings
    this.isPackage = settings.output.type === 'package'
    this.#videos = sorted.filter(({ hasVideo }) => hasVideo)
    this.#audios = sorted.filter(
      ({ hasVideo, audio }) => audio !== undefined && !(this.isPackage && hasVideo),
    )
    if (this.#videos.length === 0)
      throw new UnsplitReason('source', 'The arguments map no video track: there is nothing to split.')
    if (this.isPackage) this.#checkPackage(sorted)
    this.file = this.isPackage ? [] : sorted[0]!.file
    this.videoMap = this.#common(({ videoMap }) => videoMap, 'source', 'video track (-map)')
    const rate = this.#common(({ rate }) => rate && formatRate(rate), 'frame-rate', 'frame rate (-r)')
    this.rate = this.#videos.find(video => video.rate && formatRate(video.rate) === rate)?.rate
    // First the checks that need no request.
    this.encode(settings.gop ?? 1)
  }

  /** Threads of each encoder, at most. */
  get threads(): number {
    return Math.max(...this.#videos.map(video => this.#threadsOf(video)))
  }

  /** The renditions of the video for GOPs of a length, and notes for people. */
  encode(gop: number): { readonly renditions: PlannedRendition[]; readonly notes: string[] } {
    const { allowMixed } = this.#settings
    const notes = new Set<string>()
    const renditions = this.#videos.map(sorted => {
      const { name, encoder, filters, video: args, file } = sorted
      const threads = this.#threadsOf(sorted)
      const encoding = encodingOf({ encoder, args, gop, threads, isBitexact: allowMixed })
      for (const note of encoding.notes) notes.add(note)
      const more = this.isPackage ? file : []
      return {
        ...{ name, encoder, filters, margin: filterMargin(filters) },
        ...{ first: [...encoding.first, ...more], others: [...encoding.others, ...more] },
      }
    })
    return { renditions, notes: [...notes] }
  }

  /**
   * The encodings of the video as far as their time depends on them.
   *
   * @param source - the size of the source's pictures
   * @param fps - frames per second of the output
   */
  loads(source: PictureSize, fps: number): EncodingLoad[] {
    return this.#videos.map(({ encoder, video: args, filters }) => {
      return { encoder, args, fps, ...pictureSize({ filters, args }, source) }
    })
  }

  /** Threads of each encoder in a single run; `undefined` for as many as there are processors. */
  get wholeThreads(): number | undefined {
    const own = this.#videos.flatMap(({ threads }) => threads ?? [])
    return own.length === 0 ? this.#settings.limits?.threads : Math.max(...own)
  }

  #threadsOf({ threads: own }: Sorted): number {
    const { threads, limits } = this.#settings
    return threadsWithin(limits, threads ?? own ?? limits?.threads ?? THREADS)
  }

  /**
   * The outputs of audio.
   *
   * @param hasAudio - whether the source has some
   * @throws {@link UnsplitReason} for audio beside the video of a rendition, and for renditions without audio
   */
  audio(hasAudio: boolean): PlannedAudio[] {
    this.#checkAudio(hasAudio)
    if (!hasAudio) return []
    const bitexact = this.#settings.allowMixed ? BITEXACT_AUDIO : []
    return this.#audios.map(({ name, audio, file }) => ({
      name: this.isPackage ? name : 'audio',
      args: [...audio!, ...(this.isPackage ? file : []), ...bitexact],
    }))
  }

  #checkAudio(hasAudio: boolean): void {
    if (!this.isPackage) return
    const muxed = this.#videos.find(({ audio }) => audio !== undefined)
    if (hasAudio && muxed !== undefined) {
      throw new UnsplitReason(
        'argument',
        `The rendition "${muxed.name}" has video and audio, which is encoded as a whole: make the audio a rendition ` +
          'of its own, and add "-an" to this one.',
      )
    }
    const [silent] = hasAudio ? [] : this.#audios
    if (silent !== undefined)
      throw new UnsplitReason('source', `The source has no audio for the rendition "${silent.name}".`)
  }

  /** Frames from one key frame to the next. */
  gopAt(rate: FrameRate): number {
    const { gop: own, output } = this.#settings
    const gop =
      own ?? this.#common(({ gop }) => gop, 'key-frames', 'number of frames between key frames (-g)')
    if (gop !== undefined) return gop
    const keySeconds = this.#common(({ keySeconds }) => keySeconds, 'key-frames', 'interval of key frames')
    if (keySeconds === undefined) {
      return framesIn(output.type === 'package' ? keySecondsFor(output.targetDuration) : KEY_SECONDS, rate)
    }
    const frames = framesIn(keySeconds, rate)
    const seconds = (frames * Number(rate.denominator)) / Number(rate.numerator)
    if (frames > 0 && Math.abs(seconds - keySeconds) < 1e-6) return frames
    throw new UnsplitReason(
      'key-frames',
      `A key frame each ${keySeconds} s is no whole number of frames at ${formatRate(rate)} per second. Use "-g".`,
    )
  }

  /** A property of all renditions of the video; those that say nothing follow the others. */
  #common<T extends string | number>(
    of: (video: Sorted) => T | undefined,
    code: 'source' | 'frame-rate' | 'key-frames',
    what: string,
  ): T | undefined {
    const [first, other] = new Set(this.#videos.flatMap(video => of(video) ?? []))
    if (other === undefined) return first
    throw new UnsplitReason(
      code,
      `The renditions differ in their ${what}: ${first}, ${other}. Give all of them one.`,
    )
  }

  #checkPackage(sorted: readonly Sorted[]): void {
    const flags = sorted.find(({ file }) => file.includes('-movflags'))
    if (flags !== undefined)
      throw new UnsplitReason(
        'argument',
        `"-movflags" of "${flags.name}" can't be split: segments need their own.`,
      )
    const { output } = this.#settings
    if (output.type !== 'package') return
    const audios = new Set(this.#audios.map(({ name }) => name))
    checkGroups(
      output.renditions.map(options => {
        const { name, label, groupId, isDefault } = renditionSettings(options)
        const isAudio = audios.has(name)
        return {
          name,
          label,
          isDefault,
          kind: isAudio ? 'audio' : 'video',
          groupId: isAudio ? groupId : undefined,
        }
      }),
    )
  }
}
