import type { DeferredHeaderBuilder } from '../../io/pipeline/deferred-header-builder.js'
import { DeferredHeaderTransform } from '../../io/pipeline/deferred-header-transform.js'
import { GiB, integerOption, knownOptions, optionError, optionsObject, signalOption } from '../../options.js'
import { AuHeader } from './au-header.js'
import { FlvHeader } from './flv-header.js'
import { XingHeader } from './xing-header.js'
import { WavHeader } from './wav-header.js'

/** A muxer whose output, on a pipe, gets by a deferred header what a file has in its header. */
export type DeferredHeaderFormat = 'wav' | 'flv' | 'mp3' | 'au'

interface Kind {
  /** Makes the head of one stream. */
  readonly make: () => DeferredHeaderBuilder
  /** Arguments by which ffmpeg leaves the places that the head fills in; the user's come after them. */
  readonly args: readonly string[]
}

const KINDS: Readonly<Record<DeferredHeaderFormat, Kind>> = {
  wav: { make: () => new WavHeader(), args: [] },
  // Takes back the default of the stream, which has no head to fill in.
  flv: { make: () => new FlvHeader(), args: ['-flvflags', '-no_duration_filesize'] },
  mp3: { make: () => new XingHeader(), args: ['-write_xing', '0'] },
  au: { make: () => new AuHeader(), args: [] },
}

/** The muxers that a deferred header makes whole: names of ffmpeg's, values of `-f`. */
export const DEFERRED_HEADERS = Object.keys(KINDS) as readonly DeferredHeaderFormat[]

function kindOf(format: string): Kind | undefined {
  return Object.hasOwn(KINDS, format) ? KINDS[format as DeferredHeaderFormat] : undefined
}

/**
 * What makes the head of one stream of that muxer; `undefined` for a muxer that has none.
 *
 * @param format - the value of `-f`
 */
export function deferredHeaderOf(format: string): DeferredHeaderBuilder | undefined {
  return kindOf(format)?.make()
}

/**
 * Arguments that go after the muxer's defaults and before the user's, so that the stream is what
 * {@link deferredHeaderOf} expects; none for a muxer that has no deferred header.
 *
 * @param format - the value of `-f`
 */
export function deferredHeaderArguments(format: string): readonly string[] {
  return kindOf(format)?.args ?? []
}

/** Options of {@link DeferredHeader}. */
export interface DeferredHeaderOptions {
  /**
   * What comes in, as ffmpeg writes it to a pipe: `wav`, `flv`, `mp3` or `au`. For FLV ffmpeg has to leave the places
   * that are filled in: give FfmpegTransform `args: ['-flvflags', '-no_duration_filesize']`, or in place of this stage
   * `layout: 'file'`, which does so by itself.
   */
  format: DeferredHeaderFormat
  /** Destroys the stream with an `AbortError`. */
  signal?: AbortSignal | undefined
  /**
   * Bytes that may wait on either side of the stream: 0 to 1 GiB.
   * @defaultValue Node's own
   */
  highWaterMark?: number | undefined
}

/**
 * Makes the file of a stream that ffmpeg wrote without going back: WAV and AU get their sizes, FLV its duration and
 * file size, MP3 its Xing/Info frame.
 *
 * Guarantees
 * - The media passes as it came, not copied; only the header is kept, and offered by the link to the sink, which
 *   writes it last. WAV and AU are then byte for byte the file that ffmpeg writes; the samples that ADPCM states are
 *   those of whole blocks, as ffmpeg below 6 counts them. FLV is too where the last packet is a whole one; else its
 *   duration is longer by less than that packet. MP3 has the file's packets, and the duration of all of them; the
 *   encoder's delay and padding (some 30 to 50 ms), which only the encoder knows, are not in it. A file states them,
 *   and ffmpeg 9 takes them off its duration.
 * - A WAV of 4 GiB and more becomes an RF64 (EBU Tech 3306).
 * - Read by anything that does not claim the head it fails before the first byte: `AVIO_ERR_HEADER_UNCLAIMED`.
 * - A stream of another format is an error, `AVIO_ERR_HEADER_INVALID`, and so is one that ends within its header.
 *
 * A failure leaves nothing behind but what was passed on before.
 *
 * Memory: the header (at most 1 MiB; of MP3 at most 16 MiB, for its cover art), 400 numbers for an MP3's seek table,
 * and two `highWaterMark`s.
 *
 * @example
 * ```ts
 * const sink = new S3MultipartWritable({ client, bucket, key: 'tone.wav' })
 * const ffmpeg = new FfmpegTransform({ output: { format: 'wav' } })
 * await pipeline(source, ffmpeg, new DeferredHeader({ format: 'wav' }), sink)
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
