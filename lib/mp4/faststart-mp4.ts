import { DeferredHeaderTransform } from '../io/pipeline/deferred-header-transform.js'
import { GiB, KiB, MiB, integerOption, knownOptions, optionsObject, signalOption } from '../options.js'
import { FaststartBuilder } from './faststart/faststart-builder.js'

/** Options of {@link FaststartMp4}. */
export interface FaststartMp4Options {
  /**
   * The largest metadata box (`moov`, `moof`, `sidx`, `emsg`) that is read, in bytes: 1 KiB to 1 GiB. Such a box is
   * kept in memory while it comes. Raise it for very long fragments or very large cover art.
   * @defaultValue 16 MiB
   */
  maxBoxSize?: number | undefined
  /** Destroys the stream with an `AbortError`. */
  signal?: AbortSignal | undefined
  /**
   * Bytes that may wait on either side of the stream: 0 to 1 GiB.
   * @defaultValue Node's own
   */
  highWaterMark?: number | undefined
}

/**
 * Fragmented MP4 in, ordinary MP4 out: `ftyp`, the index (`moov`), then the media, as `-movflags +faststart`
 * makes it. Nothing is read twice and no media are copied: they go on as they come, and the head, which is known only
 * at the end, is put before them by the sink. So the sink has to be one that can write its first bytes last
 * (`S3MultipartWritable`, `FileWritable`), straight behind this stream; any other gets an error before the first byte.
 *
 * Guarantees
 * - The readable side ends only after the input ended whole, checked as strictly as `Fmp4Validator` does it: nothing
 *   that is damaged, cut off or out of order becomes a file. Everything else is an `Mp4Error` with `code`,
 *   `byteOffset`, `boxPath` and `trackId`.
 * - Samples come out with the times, durations, flags and bytes that they came with; edit lists, languages, rotation,
 *   color, chapters and tags stay. `docs/outputs.md` says what does and what does not.
 * - It works under a plain `pipe()`: a source that fails or closes early destroys this stream too.
 *
 * Errors of its own: `AVIO_ERR_MP4_TRACK_UNSUPPORTED` (`tx3g` subtitles, encryption), `AVIO_ERR_HEADER_UNCLAIMED`,
 * `AVIO_ERR_HEADER_TOO_LARGE` (asked for by the sink). A failure leaves nothing behind but what was passed on before.
 *
 * Memory: 1.5 × `maxBoxSize` for the box that is being read, two `highWaterMark`s, and 2 to 9 bytes a sample
 * (`docs/outputs.md` has the formula): 2.3 MB for three hours of picture and sound. At the end the head itself, 5 MB
 * then.
 *
 * @example
 * ```ts
 * await pipeline(
 *   source,
 *   new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy'] } }),
 *   new FaststartMp4(),
 *   new S3MultipartWritable({ client, bucket, key: 'film.mp4' }),
 * )
 * ```
 */
export class FaststartMp4 extends DeferredHeaderTransform {
  /** @throws `OptionError` for an option that breaks its rule */
  constructor(options: FaststartMp4Options = {}) {
    optionsObject(options, 'FaststartMp4')
    knownOptions(options, 'FaststartMp4', ['maxBoxSize', 'signal', 'highWaterMark'])
    const maxBoxSize = integerOption(options, 'maxBoxSize', {
      min: KiB,
      max: GiB,
      default: 16 * MiB,
      unit: 'bytes',
    })
    const highWaterMark = integerOption(options, 'highWaterMark', {
      min: 0,
      max: GiB,
      default: undefined,
      unit: 'bytes',
    })
    const signal = signalOption(options)
    super({
      name: 'FaststartMp4',
      assembly: new FaststartBuilder({ maxBoxSize }),
      signal,
      highWaterMark,
    })
  }
}
