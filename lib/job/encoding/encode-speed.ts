import type { Argument } from '../../ffmpeg/args/parse-arguments.js'
import type { PictureSize } from './picture-size.js'

/**
 * Assumed speeds of encoders, for the estimate of a split before anything is measured. They are rates in megapixels a
 * second on one core, of one machine and one film. On yours they may be off by several times, but they tell a preset
 * that needs a day from one that needs a minute.
 */

/** One encoding of a video. */
export interface EncodingLoad extends PictureSize {
  readonly encoder: string
  /** Its arguments. */
  readonly args: readonly Argument[]
  /** Frames per second. */
  readonly fps: number
}

/** An encoder's rates by the option that chooses between quality and speed. */
interface Rates {
  /** Names of that option. */
  readonly options: readonly string[]
  /** Its value if it is not set. */
  readonly preset: string
  /** Megapixels a second by its value. Other numbers have that of the next lower one, which is slower. */
  readonly rates: Readonly<Record<string, number>>
}

/**
 * Measured with ffmpeg 5.1 (x264 164, x265 3.5, libvpx 1.12, libaom 3.6, SVT-AV1 1.4) on one of two virtual cores of an
 * AMD EPYC, both busy, by the CPU time of one thread (`-benchmark`). The film is a second of the one that
 * `npm run bench -- split` encodes, at 1280x720; qualities are the defaults of x264, x265 and SVT-AV1, and `-crf 32`.
 */
const RATES: Readonly<Record<string, Rates>> = {
  libx264: {
    ...{ options: ['preset'], preset: 'medium' },
    rates: {
      ...{ ultrafast: 210, superfast: 70, veryfast: 70, faster: 48, fast: 39, medium: 30 },
      ...{ slow: 18, slower: 10, veryslow: 7.5, placebo: 1.2 },
    },
  },
  libx265: {
    ...{ options: ['preset'], preset: 'medium' },
    rates: {
      ...{ ultrafast: 44, superfast: 28, veryfast: 22, faster: 22, fast: 17, medium: 14 },
      ...{ slow: 5.9, slower: 1.9, veryslow: 1.2, placebo: 0.54 },
    },
  },
  'libvpx-vp9': {
    ...{ options: ['cpu-used', 'speed'], preset: '1' },
    rates: { 0: 1.8, 1: 4.2, 2: 7.6, 4: 11 },
  },
  'libaom-av1': {
    ...{ options: ['cpu-used'], preset: '1' },
    rates: { 1: 0.12, 2: 0.33, 4: 1.1, 6: 4.7 },
  },
  libsvtav1: {
    ...{ options: ['preset'], preset: '10' },
    rates: { 2: 0.45, 4: 1.7, 6: 5.2, 8: 14, 10: 25, 12: 64 },
  },
}

/**
 * Decoding H.264, in megapixels a second on one core. Measured as {@link RATES}: 430 at 2.5 Mbit/s, 50 at 50 Mbit/s;
 * this is in between.
 */
const DECODE_RATE = 150

/** Speed of the audio (AAC, stereo) on one core, in seconds of audio per second. Measured as {@link RATES}. */
export const AUDIO_SPEED = 45

/**
 * Thumbnails per second on one core: each is an ffmpeg that seeks, decodes a key frame and scales it. Measured by the
 * CPU time of `storyboard` on the same machine, of H.264 at 1920x1080 and 5 Mbit/s.
 */
export const IMAGE_SPEED = 7

/** Speed at which one core decodes a source, in seconds of video per second. */
export function decodeSpeed({ width, height, fps }: PictureSize & { readonly fps: number }): number {
  return (DECODE_RATE * 1e6) / (width * height * fps)
}

/** Speed at which one core encodes, in seconds of video per second. */
export function encodeSpeed({ width, height, fps, ...load }: EncodingLoad): number {
  return (rateOf(load) * 1e6) / (width * height * fps)
}

/** What the speed of an encoding depends on, in words: `libx264 medium, 1280x720, 25 frames/s`. */
export function loadText({ encoder, args, width, height, fps }: EncodingLoad): string {
  return `${encoder} ${presetOf({ encoder, args })}, ${width}x${height}, ${Number(fps.toFixed(2))} frames/s`
}

function rateOf(load: Pick<EncodingLoad, 'encoder' | 'args'>): number {
  const { rates, preset } = RATES[load.encoder]!
  const value = presetOf(load)
  if (Object.hasOwn(rates, value)) return rates[value]!
  // Names that no encoder has, and negative numbers, stand for the default.
  const steps = Object.keys(rates).filter(step => Number(value) >= 0 && Number(step) >= 0)
  return rates[steps.findLast(step => Number(step) <= Number(value)) ?? steps[0] ?? preset]!
}

function presetOf({ encoder, args }: Pick<EncodingLoad, 'encoder' | 'args'>): string {
  const { options, preset } = RATES[encoder]!
  return args.findLast(({ name }) => options.includes(name))?.value ?? preset
}

/** Side of the largest blocks of HEVC, VP9 and AV1, in pixels. */
const BLOCK = 64
/** Side of a macroblock of H.264, and least width of a tile of VP9, in pixels. */
const [MACROBLOCK, TILE] = [16, 256]

/**
 * The processors that a single run keeps busy, at most. Below that, its threads count as sharing the work perfectly,
 * which favors the single run.
 *
 * - x264: a thread for each two rows of macroblocks (`encoder/encoder.c`, `max_threads`);
 * - x265 (https://x265.readthedocs.io/en/master/threading.html), libaom, and VP9 with `-row-mt 1`: one for each row of
 *   blocks;
 * - VP9 without it: one for each column of tiles, a power of two, each at least 256 pixels wide (VP9 bitstream
 *   specification, 7.2.11);
 * - SVT-AV1: all of them.
 */
export function mostThreads({ encoder, args, width, height }: Omit<EncodingLoad, 'fps'>): number {
  const hasRows = args.findLast(({ name }) => name === 'row-mt')?.value === '1'
  if (encoder === 'libsvtav1') return Infinity
  if (encoder === 'libx264') return Math.max(1, Math.floor(Math.ceil(height / MACROBLOCK) / 2))
  if (encoder === 'libvpx-vp9' && !hasRows) return 2 ** Math.floor(Math.log2(Math.max(1, width / TILE)))
  return Math.ceil(height / BLOCK)
}
