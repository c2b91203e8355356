import type { RandomAccess } from '../io/random-access.js'
import type { CoverMuxer, FileMuxer, KnownMuxer } from './args/muxers.js'
import type { CoverChoice, OutputLayout } from './args/output-layout.js'
import type { OnMissing } from './streams/input-info.js'
import type { FfmpegLimits } from './limits/limits.js'

/** What ffmpeg is told about an input, however it is read. */
export interface FfmpegDemuxerOptions {
  /**
   * The demuxer (`-f` before `-i`): needed where the bytes do not tell, as of raw audio or video.
   * @defaultValue found by ffmpeg from the first bytes
   */
  format?: string | undefined
  /**
   * Arguments that go before `-i`: `['-ss', '10']`, `['-ar', '48000']` for raw audio.
   * They are the programmer's own and trusted; what would open a file or an address is refused by name.
   * @defaultValue none
   */
  args?: readonly string[] | undefined
  /**
   * Demuxers that may open the input (`-format_whitelist`, ffmpeg's own names for them), piped or by address. The default
   * leaves out every one that would open what the media name (`hls`, `dash`, `concat` …): from a stranger's playlist
   * ffmpeg would otherwise ask for whatever it names. Even with a longer list it reaches nothing but this very input; the
   * other addresses are refused on a pipe, and answered with 404 by address. Left out as well are the containers of a
   * single game or console, and devices.
   *
   * A demuxer that `format` names is added, unless it opens more than its input: `hls` has to stand in the list itself.
   * What may not be opened is `AVIO_ERR_FORMAT_REFUSED`.
   * @defaultValue the containers that hold all their media themselves
   */
  formatWhitelist?: readonly string[] | undefined
}

/** What ffmpeg is told about the stream that is piped in. */
export interface FfmpegInputOptions extends FfmpegDemuxerOptions {
  /**
   * Whether ffmpeg reads the source by address, so that it can jump, rather than from its pipe. It takes a source that
   * offers random access (S3RangeReadable does), which is then stopped and read in pieces.
   *
   * - `auto`: unless ffmpeg is known to read the same from a pipe (the containers are listed in `docs/seeking.md`), and where
   *   that is folly (tracks far apart, `-ss`, `-sseof`, `-to` or `-stream_loop` among the arguments);
   * - `always`: from the first byte on;
   * - `never`: what can't be read in order is an error.
   * @defaultValue `auto`
   */
  seek?: 'auto' | 'always' | 'never' | undefined
}

/** What ffmpeg reads by seeking: a source, or an object that has it as `source` beside what ffmpeg is told about it. */
export type FfmpegSource = RandomAccess | FfmpegSourceOptions

/** A source that ffmpeg reads by seeking, and what ffmpeg is told about it. */
export interface FfmpegSourceOptions extends FfmpegDemuxerOptions {
  /** What is read: an `S3Source`, a `FileSource`, an `HttpSource`, a `BytesSource`, or one of your own. */
  source: RandomAccess
}

/** What ffmpeg is told about any output. */
export interface FfmpegOutputSettings {
  /**
   * Arguments for the output: codecs, filters, maps. What the muxer needs in order to stream is added.
   * @defaultValue none: ffmpeg chooses the muxer's default codecs
   */
  args?: readonly string[] | undefined
  /**
   * What to do about a stream of an input that this output lacks though its arguments do not leave it out: a cover,
   * subtitles, data, a codec that ffmpeg does not know, a second track where none is mapped, one that begins late.
   *
   * - `tell`: the event `input` and `streams` say so;
   * - `error`: fail with `AVIO_ERR_STREAM_MISSING`, also for what is found at the end; nothing is stored then. So do the
   *   notes of `input` (an MP4 with a second index, times that go back in many packets, what a pipe can't reach): they lose
   *   something, or may;
   * - a function: is asked about each such stream, and says whether it is an error.
   * @defaultValue `tell`
   */
  onMissing?: OnMissing | undefined
}

/** An output as a stream: what ffmpeg writes to a pipe, from the first byte to the last. */
export interface FfmpegStreamOutput extends FfmpegOutputSettings {
  /**
   * The muxer (`-f`): `mp4`, `matroska`, `mpegts` … Only those that stream are taken; the table is in `docs/formats.md`.
   * A name that is not in it is left to ffmpeg.
   */
  format: KnownMuxer | (string & {})
  /** As for {@link FfmpegFileOutput}, whose formats alone have the layout `file`. @defaultValue `stream` */
  layout?: 'stream' | undefined
  /** As for {@link FfmpegCoverOutput}, whose formats alone keep a cover. @defaultValue `leave-out` */
  cover?: 'leave-out' | undefined
}

/** An output that can be a stream, or what ffmpeg writes to a file. */
export interface FfmpegFileOutput extends FfmpegOutputSettings {
  /** The muxer (`-f`). */
  format: FileMuxer
  /**
   * What the output's bytes are.
   *
   * - `stream`: what ffmpeg writes to a pipe; an MP4 is fragmented. Any sink takes it.
   * - `file`: what ffmpeg writes to a file. An ordinary MP4 with its index first ("fast start") for the MP4 family but
   *   `ismv`, as `FaststartMp4` makes it; the sizes and durations in the header of `wav`, `flv`, `mp3` and `au`, as
   *   `DeferredHeader` fills them in. Other formats have no such layout: the table is in `docs/formats.md`.
   *
   * The first bytes of a `file` are known last. Pipe the stage straight into a sink that can write its first bytes last
   * (S3MultipartWritable, FileWritable); the first read by anything else fails with `AVIO_ERR_HEADER_UNCLAIMED`, before
   * ffmpeg is started.
   * @defaultValue `stream`; `file` for an MP4 whose `args` ask for `-movflags +faststart`
   */
  layout?: OutputLayout | undefined
  /** As for {@link FfmpegCoverOutput}, whose formats alone keep a cover. @defaultValue `leave-out` */
  cover?: 'leave-out' | undefined
}

/** An output that can keep a cover. */
export interface FfmpegCoverOutput extends FfmpegOutputSettings {
  /** The muxer (`-f`). */
  format: CoverMuxer
  /** As for {@link FfmpegFileOutput}. @defaultValue `stream`; `file` for `args` that ask for `-movflags +faststart` */
  layout?: OutputLayout | undefined
  /**
   * What becomes of cover art, in `mp4` and `ipod` (M4A): the first picture that goes with the media of an input.
   *
   * - `leave-out`: it is no part of the output;
   * - `keep`: it is written into the index, where players look for it, also beside `-vn`, which is about moving pictures. A
   *   JPEG, PNG or BMP of at most 8 MiB; any other is left out, and told by `input` and in `log`.
   *
   * An MP3 keeps its cover with `layout: 'file'`.
   * @defaultValue `leave-out`
   */
  cover?: CoverChoice | undefined
}

/**
 * What ffmpeg is told about the stream that it writes. `layout` and `cover` hang on the format: in an object that is not
 * written where it is used, keep its literal type (`format: 'mp4' as const`).
 */
export type FfmpegOutputOptions = FfmpegStreamOutput | FfmpegFileOutput | FfmpegCoverOutput

/** Options that everything that runs ffmpeg has. */
export interface FfmpegRunOptions {
  /**
   * The ffmpeg to run: a path, or a name that is looked up on PATH.
   * @defaultValue the variable `FFMPEG_PATH`, else `ffmpeg` on PATH, else the package `ffmpeg-static`
   */
  ffmpegPath?: string | undefined
  /** Arguments that belong to neither: `['-threads', '2']`. @defaultValue none */
  globalArgs?: readonly string[] | undefined
  /**
   * Variables for ffmpeg, beside the few that it inherits (PATH, fonts, locale, hardware).
   * No key or token of this process reaches it unless it is named here.
   * @defaultValue none
   */
  env?: Record<string, string> | undefined
  /** Ends the stream and ffmpeg with an `AbortError`. @defaultValue none */
  signal?: AbortSignal | undefined
  /**
   * How long ffmpeg may take to end itself after SIGTERM before it gets SIGKILL, in milliseconds: 0 to 2³¹ − 1.
   * With its pipes closed it needs less than a tenth of a second; raise it for hardware encoders that have to hand
   * back a device.
   * @defaultValue 5000
   */
  killTimeout?: number | undefined
  /**
   * What media that strangers bring may cost: duration, pixels, bytes, time, memory.
   * @defaultValue no limits
   */
  limits?: FfmpegLimits | undefined
  /**
   * How many bytes of the inputs that are read by address are cached, for all of them together: 1 MiB for each to
   * 64 GiB.
   * Raise it for files whose tracks lie far apart and for several inputs at once: each place that ffmpeg reads at by
   * turns wants a few MiB. Nothing is held of an input that is piped in.
   * @defaultValue 32 MiB, or 1 MiB for each input where that is more
   */
  cacheSize?: number | undefined
  /**
   * How many bytes each side buffers before it holds back the one before it: 1 to 1 GiB.
   * @defaultValue 256 KiB, which is about what a pipe's own buffer takes at once
   */
  highWaterMark?: number | undefined
}

/** Options that every stage with one output has. */
export interface FfmpegOptions extends FfmpegRunOptions {
  /** About the output. */
  output: FfmpegOutputOptions
}

/** How much is read of what is piped in, beside what ffmpeg takes. */
export interface FfmpegPipeOptions {
  /**
   * How many bytes of the source are thrown away, at most, after ffmpeg had enough (`-t 5`, `-frames:v 1`) where the
   * source can't be ended: 0 up, or `Infinity`. That is one that others read, too (a tee), a request to an HTTP server,
   * or a generator function in a pipeline. Any other is ended and costs none of it. Past it comes
   * `AVIO_ERR_DISCARD_LIMIT`: reading 100 GB for one frame is a bill.
   * @defaultValue 1 GiB: some seconds and cents
   */
  discardLimit?: number | undefined
  /**
   * How many bytes are held back, at most, to see whether the input can be read in order; and the largest `mdat`
   * that may come before the index of an MP4: 0 to 16 MiB. ffmpeg itself finds its way back over about 64 KiB.
   * Raise it for files with a large unused `mdat` in front.
   * @defaultValue 64 KiB
   */
  sniffSize?: number | undefined
}

/** Options of `FfmpegTransform`. */
export interface FfmpegTransformOptions extends FfmpegOptions, FfmpegPipeOptions {
  /** About the input. @defaultValue nothing: ffmpeg finds the format */
  input?: FfmpegInputOptions | undefined
}

/** Options of `FfmpegReadable`: one `input`, or several `inputs`. */
export type FfmpegReadableOptions = FfmpegOptions & (OneInput<FfmpegSource> | SeveralInputs<FfmpegSource>)

/** The one input. */
export interface OneInput<Input> {
  /** What is read. */
  input: Input
  /** Not given beside `input`. */
  inputs?: undefined
}

/** Several inputs. */
export interface SeveralInputs<Input> {
  /** Not given beside `inputs`. */
  input?: undefined
  /** A picture and a soundtrack from two objects, an overlay. ffmpeg numbers them from 0 (`-map 1:a`). */
  inputs: readonly Input[]
}

/** One input of `FfmpegProcess`: with a `source` it is read by seeking, without one it is piped in. */
export interface FfmpegProcessInput extends FfmpegInputOptions {
  /** What is read by seeking. @defaultValue none: the input is written to `ffmpeg.inputs[n]` */
  source?: RandomAccess | undefined
}

/** Options of `FfmpegProcess`. */
export interface FfmpegProcessOptions extends FfmpegRunOptions, FfmpegPipeOptions {
  /** At least one. ffmpeg numbers them from 0 (`-map 1:a`). */
  inputs: readonly (RandomAccess | FfmpegProcessInput)[]
  /** At least one. */
  outputs: readonly FfmpegOutputOptions[]
  /**
   * The filters between them (`-filter_complex`), whose labels the outputs map:
   * `'[0:v]split[a][b]; [a]scale=-2:720[hd]; [b]scale=-2:360[sd]'`.
   * @defaultValue none
   */
  filterComplex?: string | undefined
}
