import type { MediaChapter, MediaFormat, MediaStreamInfo } from '../report/media-info.js'

/**
 * Why an output lacks a stream of an input.
 *
 * - `arguments`: the output's own arguments exclude it (`-an`, `-sn`, `-map` of others). It is not missing.
 * - `format`: the muxer takes no stream of that kind by default: no video in a WAV. It is not missing.
 * - `cover`: an attached still picture.
 * - `subtitle`, `data`, `attachment`: a fragmented MP4 can't hold it, or ffmpeg takes it only with a map.
 * - `unknown-codec`: ffmpeg has no codec for it, so it can be neither decoded nor stored (`apac`).
 * - `found-late`: it begins after the part ffmpeg probes before it starts; `-probesize` and `-analyzeduration` extend
 *   that part.
 * - `not-chosen`: without a map ffmpeg takes one stream of each kind, and selected another one.
 */
export type StreamLeftOut =
  | 'arguments'
  | 'format'
  | 'cover'
  | 'subtitle'
  | 'data'
  | 'attachment'
  | 'unknown-codec'
  | 'found-late'
  | 'not-chosen'

/** The destination of a stream of an input. */
export interface StreamTarget {
  /** Index of the output, from 0. */
  readonly output: number
  /**
   * Its index among the streams of that output, from 0; absent for a stream that goes through `filterComplex`, or is
   * kept as a cover.
   */
  readonly stream?: number
  /** `filtered`: it goes into `filterComplex`, and the result into this output. */
  readonly by: 'copied' | 'encoded' | 'filtered'
}

/** A stream of an input, and its outcome. */
export interface InputStreamInfo extends MediaStreamInfo {
  /** Index of the input, from 0. */
  readonly input: number
  /** The outputs that contain it. */
  readonly into: readonly StreamTarget[]
  /** The outputs that lack it, and why. */
  readonly leftOut: readonly { readonly output: number; readonly reason: StreamLeftOut }[]
}

/** A problem with an input beyond its streams. */
export interface InputNote {
  /**
   * - `second-index`: an MP4 with another `moov` behind its media, as after joining two files byte by byte: the media
   *   of the second index are not read.
   * - `times-changed`: the times of many packets went backwards, and ffmpeg replaced them.
   * - `out-of-reach`: the input is piped, and part of it lies, or may lie, where ffmpeg would have to seek: tags behind
   *   the media, chapters, the index with the times of its frames.
   */
  readonly kind: 'second-index' | 'times-changed' | 'out-of-reach'
  /** Describes the problem in a sentence. */
  readonly message: string
}

/** The content of an input, as ffmpeg reports it before it reads on. */
export interface FfmpegInput {
  /** Index of the input, from 0. */
  readonly input: number
  /** Its name in errors, if it has one: `s3://masters/talk.mov`. */
  readonly name?: string
  /** The container. */
  readonly format: MediaFormat
  /** In ffmpeg's order. */
  readonly streams: readonly InputStreamInfo[]
  /** As the container lists them; empty if there are none. */
  readonly chapters: readonly MediaChapter[]
  /** Notes so far. */
  readonly notes: readonly InputNote[]
}

/** A stream that an output lacks, though its arguments do not exclude it: the argument of {@link OnMissing}. */
export interface MissingStream extends InputStreamInfo {
  /** Index of the output, from 0. */
  readonly output: number
  /** Why the output lacks it; never `arguments` or `format`. */
  readonly reason: StreamLeftOut
}

/** What to do about a stream that an output lacks; a function returns whether it is an error. */
export type OnMissing = 'tell' | 'error' | ((stream: MissingStream) => boolean)
