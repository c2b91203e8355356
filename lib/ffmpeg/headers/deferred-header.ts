import type { DeferredHeaderBuilder } from '../../io/pipeline/deferred-header-builder.js'
import { DeferredHeaderTransform } from '../../io/pipeline/deferred-header-transform.js'
import { GiB, integerOption, knownOptions, optionError, optionsObject, signalOption } from '../../options.js'
import { AuHeader } from './au-header.js'
import { FlvHeader } from './flv-header.js'
import { XingHeader } from './xing-header.js'
import { WavHeader } from './wav-header.js'

/** A muxer for which a deferred header restores, on a pipe, the values in a file's header. */
export type DeferredHeaderFormat = 'wav' | 'flv' | 'mp3' | 'au'

interface Kind {
  /** Builds the header of one stream. */
  readonly make: () => DeferredHeaderBuilder
  /** Arguments that make ffmpeg reserve the fields for the header; the user's arguments follow. */
  readonly args: readonly string[]
}

const KINDS: Readonly<Record<DeferredHeaderFormat, Kind>> = {
  wav: { make: () => new WavHeader(), args: [] },
  // Undoes the default for streams, which omits these fields.
  flv: { make: () => new FlvHeader(), args: ['-flvflags', '-no_duration_filesize'] },
  mp3: { make: () => new XingHeader(), args: ['-write_xing', '0'] },
  au: { make: () => new AuHeader(), args: [] },
}

/** The muxers with a deferred header: ffmpeg's names, values of `-f`. */
export const DEFERRED_HEADERS = Object.keys(KINDS) as readonly DeferredHeaderFormat[]

function kindOf(format: string): Kind | undefined {
  return Object.hasOwn(KINDS, format) ? KINDS[format as DeferredHeaderFormat] : undefined
}

/**
 * Creates the header builder for one stream of a muxer; `undefined` for a muxer without a deferred header.
 *
 * @param format - the value of `-f`
 */
export function deferredHeaderOf(format: string): DeferredHeaderBuilder | undefined {
  return kindOf(format)?.make()
}

/**
 * Arguments between the muxer's defaults and the user's that make the stream suitable for {@link deferredHeaderOf};
 * none for a muxer without a deferred header.
 *
 * @param format - the value of `-f`
 */
export function deferredHeaderArguments(format: string): readonly string[] {
  return kindOf(format)?.args ?? []
}

/** Options of {@link DeferredHeader}. */
export interface DeferredHeaderOptions {
  /**
   * The format of the stream from ffmpeg's pipe: `wav`, `flv`, `mp3` or `au`. For FLV, ffmpeg has to reserve the
   * fields: give FfmpegTransform `args: ['-flvflags', '-no_duration_filesize']`, or replace this stage by
   * `layout: 'file'`, which does that itself.
   */
  format: DeferredHeaderFormat
  /** Destroys the stream with an `AbortError`. */
  signal?: AbortSignal | undefined
  /**
   * Bytes buffered on each side of the stream: 0 to 1 GiB.
   * @defaultValue Node's own
   */
  highWaterMark?: number | undefined
}

/**
 * Turns a stream that ffmpeg wrote without seeking back into the file: WAV and AU get their sizes, FLV its duration and
 * file size, MP3 its Xing/Info frame.
 *
 * Guarantees
 * - It passes the media on unchanged, without copying; it keeps only the header, and offers it through the link to the
 *   sink, which writes it last. WAV and AU then equal ffmpeg's own file, byte for byte; ADPCM states the samples of
 *   whole blocks, as ffmpeg below 6 does. FLV does too if the last packet is complete; otherwise its duration is
 *   longer by less than that packet. MP3 has the file's packets, and the duration of all of them; it lacks the
 *   encoder's delay and padding (some 30 to 50 ms), which only the encoder knows. A file states them, and ffmpeg 9
 *   subtracts them from its duration.
 * - A WAV of 4 GiB and more becomes an RF64 (EBU Tech 3306).
 * - Read by a consumer that does not claim the header, it fails before the first byte: `AVIO_ERR_HEADER_UNCLAIMED`.
 * - A stream of another format fails with `AVIO_ERR_HEADER_INVALID`, and so does one that ends within its header.
 *
 * A failure leaves nothing behind but the bytes already passed on.
 *
 * Memory: the header (at most 1 MiB; for MP3 at most 16 MiB, for its cover art), 400 numbers for an MP3's seek table,
 * and two `highWaterMark`s.
 *
 * @example
 * ```ts
 * const sink = new S3MultipartWritable({ client, bucket, key: 'tone.wav' })
 * const ffmpeg = new FfmpegTransform({ output: { format: 'wav' } })
 * await pipeline(reader, ffmpeg, new DeferredHeader({ format: 'wav' }), sink)
 * ```
 */
export class DeferredHeader extends DeferredHeaderTransform {
  /** @throws `OptionError` for an option that breaks its rule */
  constructor(options: DeferredHeaderOptions) {
    optionsObject(options, 'DeferredHeader')
    knownOptions(options, 'DeferredHeader', ['format', 'signal', 'highWaterMark'])
    const { format } = options
    if (!DEFERRED_HEADERS.includes(format))
      throw optionError('format', `one of ${DEFERRED_HEADERS.join(', ')}`, format)
    const highWaterMark = integerOption(options, 'highWaterMark', {
      min: 0,
      max: GiB,
      default: undefined,
      unit: 'bytes',
    })
    super({
      name: 'DeferredHeader',
      assembly: KINDS[format].make(),
      signal: signalOption(options),
      highWaterMark,
    })
  }
}
