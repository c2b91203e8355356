import {
  AUDIO_SPEED,
  IMAGE_SPEED,
  type EncodingLoad,
  decodeSpeed,
  encodeSpeed,
  loadText,
  mostThreads,
} from '../encoding/encode-speed.js'
import { JOIN_SPEED, type SplitTerms, type SplitTimes, chunkTime, splitTimes } from '../grid/split-gain.js'

/**
 * An estimate of the time in pieces, and of that of a single run. It is no promise: speeds that nobody has stated are
 * assumed, and may be off by several times.
 */
export interface SplitEstimate extends SplitTimes {
  /** All terms of the formula. */
  readonly terms: SplitTerms
  /** Whether `encodeSpeed` states the speed of encoding, or the library assumes one. */
  readonly speed: 'stated' | 'assumed'
  /** The encodings for which the speed is assumed, such as `libx264 medium, 1280x720, 25 frames/s`. */
  readonly encodings: readonly string[]
  /** The processors that the single run is assumed to use, on one machine. */
  readonly wholeThreads: number
}

/** Measured speeds of encoding, in seconds of video per second. */
export interface EncodeSpeed {
  /**
   * Speed of one worker that encodes a chunk, with all renditions of a package: above 0 up to 100,000.
   * @defaultValue from `whole` and the processors, else assumed
   */
  readonly chunk?: number
  /**
   * Speed of a single run of the whole output on one machine, which ffmpeg reports as `speed=`: above 0 up to 100,000.
   * @defaultValue from `chunk` and the processors, else assumed
   */
  readonly whole?: number
}

/** What an estimate depends on. */
export interface EstimateSpec {
  /** Length of the video, in seconds. */
  readonly seconds: number
  /** To encode. */
  readonly chunks: number
  /** Encoded already. @defaultValue 0 */
  readonly finishedChunks?: number
  /** Length of the longest chunk, in seconds. */
  readonly chunkSeconds: number
  readonly workers: number
  /** The video of the source. */
  readonly source: { readonly width: number; readonly height: number; readonly fps: number }
  readonly encodings: readonly EncodingLoad[]
  /** Outputs of audio. */
  readonly audios: number
  /** Thumbnails of a package. */
  readonly images: number
  readonly runUpSeconds: number
  /** Whether the join reads and writes the media: not that of a package. */
  readonly isCopied: boolean
  /** Threads of the encoder of a chunk. */
  readonly threads: number
  /** The processors a single run may use. */
  readonly processors: number
  readonly stated: EncodeSpeed | undefined
}

/** Time to start a process, to read the index of the source, and to store the result, in seconds. */
const START_SECONDS = 1

/** Estimates the time in pieces, and that of a single run. */
export function estimateSplit(spec: EstimateSpec): SplitEstimate {
  const { seconds, chunks, chunkSeconds, workers, encodings, audios, images, runUpSeconds, stated } = spec
  const { finishedChunks = 0 } = spec
  const decode = decodeSpeed(spec.source)
  // A core decodes and encodes in turn, and in a package one rendition after the other.
  const core = 1 / (1 / decode + encodings.reduce((sum, load) => sum + 1 / encodeSpeed(load), 0))
  const most = encodings.reduce((sum, load) => sum + mostThreads(load), 0)
  const wholeThreads = Math.min(spec.processors, most)
  const threads = Math.min(spec.threads, most)
  const gain = wholeThreads / threads
  const chunkSpeed = stated?.chunk ?? (stated?.whole === undefined ? core * threads : stated.whole / gain)
  const terms = {
    ...{ seconds, chunks, ...(finishedChunks > 0 && { finishedChunks }), chunkSeconds, workers },
    chunkSpeed: rounded(chunkSpeed),
    wholeSpeed: rounded(stated?.whole ?? chunkSpeed * gain),
    ...{ startSeconds: START_SECONDS, runUpSeconds, decodeSpeed: rounded(decode) },
    audioSeconds: audios === 0 ? 0 : rounded(START_SECONDS + (audios * seconds) / AUDIO_SPEED),
    imagesSeconds: images === 0 ? 0 : rounded(START_SECONDS + images / IMAGE_SPEED),
    joinSeconds: rounded(START_SECONDS + (spec.isCopied ? seconds / JOIN_SPEED : 0)),
  }
  const isStated = stated?.chunk !== undefined || stated?.whole !== undefined
  const { wholeSeconds, splitSeconds } = splitTimes(terms)
  return {
    ...{ wholeSeconds, splitSeconds, terms, speed: isStated ? 'stated' : 'assumed' },
    ...{ encodings: encodings.map(loadText), wholeThreads },
  }
}

/** The estimate in sentences: the two results, where the time goes, and what the speed is based on. */
export function estimateText(estimate: SplitEstimate): readonly string[] {
  const { wholeSeconds, splitSeconds, terms, wholeThreads } = estimate
  const { chunks, workers, joinSeconds, audioSeconds, imagesSeconds, chunkSpeed, wholeSpeed } = terms
  const { finishedChunks = 0 } = terms
  const what =
    finishedChunks === 0
      ? `${chunks} chunks`
      : `what is left (${finishedChunks} of ${chunks + finishedChunks} chunks are encoded already)`
  const pieces = [
    ...(audioSeconds === 0 ? [] : [`the audio ${about(audioSeconds)}`]),
    ...(imagesSeconds === 0 ? [] : [`the images ${about(imagesSeconds)}`]),
    `the join ${about(joinSeconds)}`,
  ]
  return [
    `With ${workers} at a time, ${what} would take about ${about(splitSeconds)}, a single run about ` +
      `${about(wholeSeconds)}.`,
    `A chunk takes ${about(chunkTime(terms))}, ${pieces.join(', ')}. Speeds ${basisOf(estimate)}: ` +
      `${speedText(chunkSpeed)} for a chunk, ${speedText(wholeSpeed)} for a single run on ` +
      `${wholeThreads === 1 ? 'one processor' : `${wholeThreads} processors`}.`,
  ]
}

function basisOf({ speed, encodings }: SplitEstimate): string {
  if (speed === 'stated') return 'by "encodeSpeed"'
  return `assumed for ${encodings.join(' and ')} (set "encodeSpeed" to measured ones)`
}

function speedText(speed: number): string {
  return `${Number(speed.toPrecision(2))} ×`
}

/** A time in words, no more precise than an estimate. */
function about(seconds: number): string {
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`
  if (seconds < 119.5) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Number((seconds / 3600).toFixed(1))} h`
}

/** Three digits are more than an estimate knows. */
function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
