import type { RandomAccess } from '../io/random-access.js'
import type { CoverMuxer, FileMuxer, KnownMuxer } from './args/muxers.js'
import type { CoverChoice, OutputLayout } from './args/output-layout.js'
import type { OnMissing } from './streams/input-info.js'
import type { FfmpegLimits } from './limits/limits.js'

/** Options of any input, piped or read by seeking. */
export interface FfmpegDemuxerOptions {
  /**
   * The demuxer (`-f` before `-i`). Needed if the bytes do not identify the format, as for raw audio or video.
   * @defaultValue found by ffmpeg from the first bytes
   */
  format?: string | undefined
  /**
   * Arguments before `-i`: `['-ss', '10']`, `['-ar', '48000']` for raw audio. They are trusted: never build them from
   * user input. Known arguments that open a file or a URL are refused.
   * @defaultValue none
   */
  args?: readonly string[] | undefined
  /**
   * Demuxers that may open the input (`-format_whitelist`, with ffmpeg's own names), piped or read by seeking. The
   * default excludes every demuxer that opens URLs named in the media (`hls`, `dash`, `concat` …): with a malicious
   * playlist ffmpeg would otherwise request any URL in it. Even with a longer list ffmpeg reaches only this input;
   * other URLs are refused on a pipe, and answered with 404 when the input is read by seeking. The default also
   * excludes containers of a single game or console, and devices.
   *
   * A demuxer named by `format` is added, unless it opens more than its input: `hls` must be in the list itself. Any
   * other demuxer fails with `AVIO_ERR_FORMAT_REFUSED`.
   * @defaultValue the containers that hold all their media themselves
   */
  formatWhitelist?: readonly string[] | undefined
}

/** Options of a piped input. */
export interface FfmpegInputOptions extends FfmpegDemuxerOptions {
  /**
   * Whether ffmpeg reads the source by seeking, over HTTP on loopback, instead of from its pipe. Seeking needs a source
   * with random access (S3RangeReadable has it); the stream is then stopped and ffmpeg reads the source in pieces.
   *
   * - `auto`: seeks unless ffmpeg is known to read the same from a pipe (`docs/seeking.md` lists the containers), and
   *   also if reading in order would be wasteful (tracks far apart; `-ss`, `-sseof`, `-to` or `-stream_loop` among the
   *   arguments);
   * - `always`: seeks from the first byte on;
   * - `never`: an input that can't be read in order is an error.
   * @defaultValue `auto`
   */
  seek?: 'auto' | 'always' | 'never' | undefined
}

/** An input that ffmpeg reads by seeking: a source, or an object with the source as `source` and options for ffmpeg. */
export type FfmpegSource = RandomAccess | FfmpegSourceOptions

/** A source that ffmpeg reads by seeking, with options for ffmpeg. */
export interface FfmpegSourceOptions extends FfmpegDemuxerOptions {
  /** The source: an `S3Source`, a `FileSource`, an `HttpSource`, a `BytesSource`, or your own. */
  source: RandomAccess
}

/** Options of any output. */
export interface FfmpegOutputSettings {
  /**
   * Arguments for the output: codecs, filters, maps. The library adds what the muxer needs in order to stream.
   * @defaultValue none: ffmpeg chooses the muxer's default codecs
   */
  args?: readonly string[] | undefined
  /**
   * What to do if the output lacks an input stream that its arguments do not exclude: a cover, subtitles, data, a codec
   * unknown to ffmpeg, a second track without a map, a track that begins late.
   *
   * - `tell`: report it in the event `input` and in `streams`;
   * - `error`: fail with `AVIO_ERR_STREAM_MISSING`, also if the loss shows only at the end; nothing is stored then. The
   *   notes of `input` fail it too (an MP4 with a second index, many packets whose times go backwards, data that a pipe
   *   can't reach), as they lose something, or may;
   * - a function: called with each such stream; returns whether it is an error.
   * @defaultValue `tell`
   */
  onMissing?: OnMissing | undefined
}

/** An output as a stream: the bytes ffmpeg writes to a pipe, in order. */
export interface FfmpegStreamOutput extends FfmpegOutputSettings {
  /**
   * The muxer (`-f`): `mp4`, `matroska`, `mpegts` … Only muxers that stream are accepted; `docs/formats.md` has the
   * table. Names outside the table are passed to ffmpeg unchecked.
   */
  format: KnownMuxer | (string & {})
  /**
   * As for {@link FfmpegFileOutput}; only its formats support the layout `file`. A format of type `string` needs
   * {@link isFileMuxer} first.
   * @defaultValue `stream`
   */
  layout?: 'stream' | undefined
  /** As for {@link FfmpegCoverOutput}; only its formats can keep a cover. @defaultValue `leave-out` */
  cover?: 'leave-out' | undefined
}

/** An output with a choice of layout: as ffmpeg writes it to a pipe, or as it writes it to a file. */
export interface FfmpegFileOutput extends FfmpegOutputSettings {
  /** The muxer (`-f`). {@link isFileMuxer} narrows a name of type `string`. */
  format: FileMuxer
  /**
   * The layout of the output.
   *
   * - `stream`: as ffmpeg writes it to a pipe; an MP4 is fragmented. Works with any sink.
   * - `file`: as ffmpeg writes it to a file. For the MP4 family except `ismv`, an ordinary MP4 with its index first
   *   ("fast start"), made by `FaststartMp4`; for `wav`, `flv`, `mp3` and `au`, the sizes and durations in the header,
   *   filled in by `DeferredHeader`. Other formats do not support this layout; `docs/formats.md` has the table.
   *
   * The header of a `file` is written last. Pipe the stage directly into a sink that can write its first bytes last
   * (S3MultipartWritable, FileWritable); the first read by any other consumer fails with `AVIO_ERR_HEADER_UNCLAIMED`,
   * before ffmpeg starts.
   * @defaultValue `stream`; `file` for an MP4 whose `args` ask for `-movflags +faststart`
   */
  layout?: OutputLayout | undefined
  /** As for {@link FfmpegCoverOutput}; only its formats can keep a cover. @defaultValue `leave-out` */
  cover?: 'leave-out' | undefined
}

/** An output that can keep a cover. */
export interface FfmpegCoverOutput extends FfmpegOutputSettings {
  /** The muxer (`-f`). */
  format: CoverMuxer
  /** As for {@link FfmpegFileOutput}. @defaultValue `stream`; `file` for `args` that ask for `-movflags +faststart` */
  layout?: OutputLayout | undefined
  /**
   * Cover art in `mp4` and `ipod` (M4A): the first attached picture of an input.
   *
   * - `leave-out`: the output has no cover;
   * - `keep`: the cover is written into the index, where players look for it, also with `-vn`, which only drops video.
   *   It must be a JPEG, PNG or BMP of at most 8 MiB; any other is left out, and reported by `input` and in `log`.
   *
   * An MP3 keeps its cover with `layout: 'file'`.
   * @defaultValue `leave-out`
   */
  cover?: CoverChoice | undefined
}

/**
 * Options of an output. `layout` and `cover` depend on the format: in an object that is declared elsewhere, keep its
 * literal type (`format: 'mp4' as const`). For a format of type `string`, {@link isFileMuxer} says whether the layout
 * `file` exists, and `format === 'mp4'` allows `cover`.
 */
export type FfmpegOutputOptions = FfmpegStreamOutput | FfmpegFileOutput | FfmpegCoverOutput

/** Options common to everything that runs ffmpeg. */
export interface FfmpegRunOptions {
  /**
   * The ffmpeg to run: a path, or a name to find on PATH.
   * @defaultValue the variable `FFMPEG_PATH`, else `ffmpeg` on PATH, else the package `ffmpeg-static`
   */
  ffmpegPath?: string | undefined
  /** Arguments that belong to neither input nor output: `['-threads', '2']`. @defaultValue none */
  globalArgs?: readonly string[] | undefined
  /**
   * Environment variables for ffmpeg, added to the few it inherits (PATH, fonts, locale, hardware). No key or token of
   * this process reaches ffmpeg unless it is named here.
   * @defaultValue none
   */
  env?: Record<string, string> | undefined
  /** Ends the stream and ffmpeg with an `AbortError`. @defaultValue none */
  signal?: AbortSignal | undefined
  /**
   * How long ffmpeg may take to exit after SIGTERM before it gets SIGKILL, in milliseconds: 0 to 2³¹ − 1. With its
   * pipes closed it needs less than a tenth of a second; raise it for hardware encoders that have to release a device.
   * @defaultValue 5000
   */
  killTimeout?: number | undefined
  /**
   * Limits for untrusted media: duration, pixels, bytes, time, memory.
   * @defaultValue no limits
   */
  limits?: FfmpegLimits | undefined
  /**
   * Size of the cache shared by all inputs read by seeking, in bytes: 1 MiB per input to 64 GiB. Raise it for files
   * whose tracks lie far apart and for several inputs at once: each position that ffmpeg alternates between needs a few
   * MiB. `setMemoryBudget()` may allow less. Piped inputs are not cached.
   * @defaultValue 32 MiB, or 1 MiB for each input where that is more
   */
  cacheSize?: number | undefined
  /**
   * Bytes buffered on each side before backpressure sets in: 1 to 1 GiB.
   * @defaultValue 256 KiB, which is about what a pipe's own buffer takes at once
   */
  highWaterMark?: number | undefined
}

/** Options of every stage with one output. */
export interface FfmpegOptions extends FfmpegRunOptions {
  /** The output. */
  output: FfmpegOutputOptions
}

/** How much of a piped input is read beyond what ffmpeg uses. */
export interface FfmpegPipeOptions {
  /**
   * Bytes of the source to discard, at most, after ffmpeg has stopped reading (`-t 5`, `-frames:v 1`), if the source
   * can't be ended: 0 or more, or `Infinity`. Sources that can't be ended are those with another reader (a tee), a
   * request to an HTTP server, and a generator function in a pipeline; all others are ended, and nothing is discarded.
   * Beyond the limit the stage fails with `AVIO_ERR_DISCARD_LIMIT`: reading 100 GB for one frame costs money.
   * @defaultValue 1 GiB: some seconds and cents
   */
  discardLimit?: number | undefined
  /**
   * Bytes held back, at most, to find out whether the input can be read in order; also the largest `mdat` allowed
   * before the index of an MP4: 0 to 16 MiB. ffmpeg itself can seek back about 64 KiB. Raise it for files with a large
   * unused `mdat` in front.
   * @defaultValue 64 KiB
   */
  sniffSize?: number | undefined
}

/** Options of `FfmpegTransform`. */
export interface FfmpegTransformOptions extends FfmpegOptions, FfmpegPipeOptions {
  /** Options of the input. @defaultValue nothing: ffmpeg finds the format */
  input?: FfmpegInputOptions | undefined
}

/** Options of `FfmpegReadable`: one `input`, or several `inputs`. */
export type FfmpegReadableOptions = FfmpegOptions & (OneInput<FfmpegSource> | SeveralInputs<FfmpegSource>)

/** The one input. */
export interface OneInput<Input> {
  /** The source, alone or with options. */
  input: Input
  /** Omitted if `input` is given. */
  inputs?: undefined
}

/** Several inputs. */
export interface SeveralInputs<Input> {
  /** Omitted if `inputs` is given. */
  input?: undefined
  /**
   * Several sources, such as video and audio from two objects, or an overlay. ffmpeg numbers them from 0 (`-map 1:a`).
   */
  inputs: readonly Input[]
}

/** One input of `FfmpegProcess`: read by seeking if it has a `source`, else piped. */
export interface FfmpegProcessInput extends FfmpegInputOptions {
  /** The source to read by seeking. @defaultValue none: the input is written to `ffmpeg.inputs[n]` */
  source?: RandomAccess | undefined
}

/** Options of `FfmpegProcess`. */
export interface FfmpegProcessOptions extends FfmpegRunOptions, FfmpegPipeOptions {
  /** At least one. ffmpeg numbers them from 0 (`-map 1:a`). */
  inputs: readonly (RandomAccess | FfmpegProcessInput)[]
  /** At least one. */
  outputs: readonly FfmpegOutputOptions[]
  /**
   * Filters between inputs and outputs (`-filter_complex`); the outputs map their labels:
   * `'[0:v]split[a][b]; [a]scale=-2:720[hd]; [b]scale=-2:360[sd]'`.
   * @defaultValue none
   */
  filterComplex?: string | undefined
}
