import type { MediaChapter, MediaFormat, MediaStreamInfo } from '../report/media-info.js'

/**
 * Why a stream of an input is not in an output.
 *
 * - `arguments`: the output's own arguments leave it out (`-an`, `-sn`, `-map` of others). It is not missing.
 * - `format`: the muxer takes no stream of that kind by itself: no video in a WAV. It is not missing.
 * - `cover`: a still picture that goes with the media.
 * - `subtitle`, `data`, `attachment`: what a fragmented MP4 can't hold, or what ffmpeg takes only where it is mapped.
 * - `unknown-codec`: ffmpeg knows no codec for it, so that nothing can decode or store it (`apac`).
 * - `found-late`: it begins behind what ffmpeg looks at before it starts; `-probesize` and `-analyzeduration` widen
 *   that.
 * - `not-chosen`: ffmpeg takes one stream of each kind where none is mapped, and this is another one.
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

/** Where a stream of an input goes. */
export interface StreamTarget {
  /** Which output, from 0. */
  readonly output: number
  /**
   * Its place among the streams of that output, from 0; not there for one that goes through `filterComplex`, or is kept
   * as a cover.
   */
  readonly stream?: number
  /** `filtered`: it goes into `filterComplex`, and what comes out of that into this output. */
  readonly by: 'copied' | 'encoded' | 'filtered'
}

/** A stream of an input, and what becomes of it. */
export interface InputStreamInfo extends MediaStreamInfo {
  /** Which input, from 0. */
  readonly input: number
  /** The outputs that it goes into. */
  readonly into: readonly StreamTarget[]
  /** The outputs that it does not go into, and why. */
  readonly leftOut: readonly { readonly output: number; readonly reason: StreamLeftOut }[]
}

/** What is not as it should be with an input beside its streams. */
export interface InputNote {
  /**
   * - `second-index`: an MP4 with another `moov` behind its media, as of two files that were joined byte by byte: what
   *   belongs to it is not read.
   * - `times-changed`: the times of many packets went back, and ffmpeg put others in their place.
   * - `out-of-reach`: the input comes by a pipe, and something of it lies, or may lie, where ffmpeg would have to jump:
   *   tags behind the media, chapters, the index that the times of its pictures hang on.
   */
  readonly kind: 'second-index' | 'times-changed' | 'out-of-reach'
  /** A sentence that says so. */
  readonly message: string
}

/** What ffmpeg found in an input, before it reads on. */
export interface FfmpegInput {
  /** Which, from 0. */
  readonly input: number
  /** What errors call it, where it has a name: `s3://masters/talk.mov`. */
  readonly name?: string
  /** The container. */
  readonly format: MediaFormat
  /** In ffmpeg's order. */
  readonly streams: readonly InputStreamInfo[]
  readonly chapters: readonly MediaChapter[]
  /** What was noticed so far. */
  readonly notes: readonly InputNote[]
}

/** A stream that an output lacks, though nobody asked for that: what {@link OnMissing} is asked about. */
export interface MissingStream extends InputStreamInfo {
  /** Which output, from 0. */
  readonly output: number
  /** Why it is not in it; never `arguments` or `format`. */
  readonly reason: StreamLeftOut
}

/** What to do about a stream that an output lacks; a function says whether that is an error. */
export type OnMissing = 'tell' | 'error' | ((stream: MissingStream) => boolean)
