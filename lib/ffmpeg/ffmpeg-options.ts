import { GiB, KiB, MAX_TIMEOUT, MiB } from '../options.js'
import {
  integerOption,
  knownOptions,
  objectOption,
  optionError,
  optionsObject,
  signalOption,
  stringMapOption,
  stringOption,
  stringsOption,
} from '../options.js'
import { checkGlobalArgs, checkInput, checkOutput } from './arguments.js'
import { childEnvironment } from './environment.js'

/** What ffmpeg is told about the stream that it reads. */
export interface FfmpegInputOptions {
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
}

/** What ffmpeg is told about the stream that it writes. */
export interface FfmpegOutputOptions {
  /** The muxer (`-f`): `mp4`, `matroska`, `mpegts` … Only those that stream are taken; the table is in `docs/formats.md`. */
  format: string
  /**
   * Arguments for the output: codecs, filters, maps. What the muxer needs in order to stream is added.
   * @defaultValue none: ffmpeg chooses the muxer's default codecs
   */
  args?: readonly string[] | undefined
}

/** Options of `FfmpegTransform`. */
export interface FfmpegTransformOptions {
  /**
   * The ffmpeg to run: a path, or a name that is looked up on PATH.
   * @defaultValue the variable `FFMPEG_PATH`, else the package `ffmpeg-static`, else `ffmpeg` on PATH
   */
  ffmpegPath?: string | undefined
  /** About the input. @defaultValue nothing: ffmpeg finds the format */
  input?: FfmpegInputOptions | undefined
  /** About the output. */
  output: FfmpegOutputOptions
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
   * How many bytes of the source are thrown away, at most, after ffmpeg had enough (`-t 5`, `-frames:v 1`) where the
   * source can't be stopped: 0 up, or `Infinity`. A source with a link (S3RangeReadable) is stopped and costs none
   * of it. Past it comes `AVIO_ERR_DISCARD_LIMIT`: reading 100 GB for one frame is a bill.
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
  /**
   * How many bytes each side buffers before it holds back the one before it: 1 to 1 GiB.
   * @defaultValue 256 KiB, which is about what a pipe's own buffer takes at once
   */
  highWaterMark?: number | undefined
}

/** Options that were checked, with their defaults. */
export interface Settings {
  readonly ffmpegPath: string | undefined
  readonly input: { readonly format: string | undefined; readonly args: readonly string[] }
  readonly output: { readonly format: string; readonly args: readonly string[] }
  readonly globalArgs: readonly string[]
  readonly env: Record<string, string>
  readonly signal: AbortSignal | undefined
  readonly killTimeout: number
  readonly discardLimit: number
  readonly sniffSize: number
  readonly highWaterMark: number
}

const KNOWN = [
  ...['ffmpegPath', 'input', 'output', 'globalArgs', 'env', 'signal'],
  ...['killTimeout', 'discardLimit', 'sniffSize', 'highWaterMark'],
]

/** Checks the options of `of`, one input and one output; throws an `OptionError` or an `FfmpegError`. */
export function transformSettings(options: FfmpegTransformOptions, of: string): Settings {
  knownOptions(optionsObject(options, of), of, KNOWN)
  const globalArgs = stringsOption(options, 'globalArgs')
  checkGlobalArgs(globalArgs)
  return {
    ffmpegPath: stringOption(options, 'ffmpegPath', { default: undefined }),
    input: inputSettings(options),
    output: outputSettings(options),
    globalArgs,
    env: childEnvironment(stringMapOption(options, 'env')),
    signal: signalOption(options),
    killTimeout: integerOption(options, 'killTimeout', {
      min: 0,
      max: MAX_TIMEOUT,
      default: 5000,
      unit: 'milliseconds',
    }),
    discardLimit: integerOption(options, 'discardLimit', {
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      default: GiB,
      unit: 'bytes',
      infinity: true,
    }),
    sniffSize: integerOption(options, 'sniffSize', {
      min: 0,
      max: 16 * MiB,
      default: 64 * KiB,
      unit: 'bytes',
    }),
    highWaterMark: integerOption(options, 'highWaterMark', {
      min: 1,
      max: GiB,
      default: 256 * KiB,
      unit: 'bytes',
    }),
  }
}

function inputSettings(options: FfmpegTransformOptions): Settings['input'] {
  const input = objectOption<FfmpegInputOptions>(options, 'input') ?? {}
  knownOptions(input, 'input', ['format', 'args'])
  const settings = {
    format: stringOption(input, 'input.format', { default: undefined }),
    args: stringsOption(input, 'input.args'),
  }
  checkInput(settings)
  return settings
}

function outputSettings(options: FfmpegTransformOptions): Settings['output'] {
  const output = objectOption<FfmpegOutputOptions>(options, 'output')
  if (output === undefined) throw optionError('output', 'an object with the "format" to write', output)
  knownOptions(output, 'output', ['format', 'args'])
  const format = stringOption(output, 'output.format', { default: undefined })
  if (format === undefined) throw optionError('output.format', 'the name of a muxer', format)
  const settings = { format, args: stringsOption(output, 'output.args') }
  checkOutput(settings)
  return settings
}
