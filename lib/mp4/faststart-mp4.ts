import { DeferredHeaderTransform } from '../io/pipeline/deferred-header-transform.js'
import { FaststartBuilder } from './faststart/faststart-builder.js'
import { stageSettings } from './stage-options.js'

/** Options of {@link FaststartMp4}. */
export interface FaststartMp4Options {
  /**
   * The largest metadata box (`moov`, `moof`, `sidx`, `emsg`) to read, in bytes: 1 KiB to 1 GiB. Such a box is
   * buffered in memory. Raise it for very long fragments or very large cover art.
   * @defaultValue 16 MiB
   */
  maxBoxSize?: number | undefined
  /** Destroys the stream with an `AbortError`. */
  signal?: AbortSignal | undefined
  /**
   * Buffer size on either side of the stream, in bytes: 0 to 1 GiB.
   * @defaultValue Node's default
   */
  highWaterMark?: number | undefined
}

/**
 * Converts fragmented MP4 to ordinary MP4: `ftyp`, the index (`moov`), then the media, as with `-movflags
 * +faststart`. Nothing is read twice and no media are copied: they pass straight through, and the sink puts the
 * header, which is known only at the end, before them. So pipe it directly into a sink that can write its first
 * bytes last (`S3MultipartWritable`, `FileWritable`); any other gets an error before the first byte.
 *
 * Guarantees
 * - The readable side ends only after the input ended complete, checked as strictly as by `Fmp4Validator`:
 *   damaged, truncated or reordered input never becomes a file. It fails with an `Mp4Error` with `code`,
 *   `byteOffset`, `boxPath` and `trackId`.
 * - Samples keep their times, durations, flags and bytes; edit lists, languages, rotation, color, chapters and
 *   tags are kept. `docs/outputs.md` lists what is kept and what is not.
 * - It works with a plain `pipe()`: a source that fails or closes early destroys this stream too.
 *
 * Errors of its own: `AVIO_ERR_MP4_TRACK_UNSUPPORTED` (`tx3g` subtitles, encryption),
 * `AVIO_ERR_HEADER_UNCLAIMED`, `AVIO_ERR_HEADER_TOO_LARGE` (for the sink). A failure leaves behind only the
 * bytes already passed on.
 *
 * Memory: 1.5 × `maxBoxSize` for the box being read, two `highWaterMark`s, and 2 to 9 bytes per sample
 * (`docs/outputs.md` has the formula): 2.3 MB for three hours of video and audio. At the end the header itself,
 * 5 MB in that case.
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
  /** @throws `OptionError` for an invalid option */
  constructor(options: FaststartMp4Options = {}) {
    const name = 'FaststartMp4'
    const { maxBoxSize, highWaterMark, signal } = stageSettings(options, name)
    super({ name, assembly: new FaststartBuilder({ maxBoxSize }), signal, highWaterMark })
  }
}
