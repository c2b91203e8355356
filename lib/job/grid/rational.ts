/**
 * Frame rates as exact fractions. 24000/1001 has no finite decimal: after an hour, a rounded rate is off by
 * several frames. All times are whole microseconds, ffmpeg's own unit (`AV_TIME_BASE`).
 */

/** Frames per second. */
export interface FrameRate {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** Microseconds per second. */
export const MICROSECONDS = 1_000_000n

/** The highest rate allowed in a plan, in frames per second. */
const MAX_RATE = 1000n

const RATE = /^(\d{1,9})(?:\/(\d{1,9}))?$/
const DECIMAL = /^(\d{1,4})\.(\d{1,6})$/
/** Names that ffmpeg itself knows (`libavutil/parseutils.c`). */
const NAMED: Readonly<Record<string, string>> = {
  ntsc: '30000/1001',
  pal: '25',
  qntsc: '30000/1001',
  qpal: '25',
  sntsc: '30000/1001',
  spal: '25',
  film: '24',
  'ntsc-film': '24000/1001',
}

/**
 * Reads a frame rate as ffmpeg's `-r` does: `25`, `24000/1001`, `23.976`, `ntsc`. Decimals that stand for a fraction of
 * 1001 become that fraction, as in ffmpeg.
 *
 * @returns `undefined` if it is no rate, 0, or more than 1,000
 */
export function parseRate(text: string): FrameRate | undefined {
  const named = NAMED[text] ?? text
  const [, whole, part] = DECIMAL.exec(named) ?? []
  if (whole !== undefined && part !== undefined) return ofDecimal(Number(named))
  const [, numerator, denominator = '1'] = RATE.exec(named) ?? []
  if (numerator === undefined) return undefined
  return checked(BigInt(numerator), BigInt(denominator))
}

function ofDecimal(rate: number): FrameRate | undefined {
  const nearest = Math.round(rate)
  // 29.97 and 23.976 are short for 30000/1001 and 24000/1001.
  if (nearest > 0 && nearest !== rate && Math.abs(rate - (nearest * 1000) / 1001) < 0.005)
    return checked(BigInt(nearest) * 1000n, 1001n)
  return checked(BigInt(Math.round(rate * 1e6)), MICROSECONDS)
}

function checked(numerator: bigint, denominator: bigint): FrameRate | undefined {
  if (numerator === 0n || denominator === 0n || numerator > MAX_RATE * denominator) return undefined
  const common = gcd(numerator, denominator)
  return { numerator: numerator / common, denominator: denominator / common }
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b)
}

/** The rate in ffmpeg's notation: `25`, `24000/1001`. */
export function formatRate({ numerator, denominator }: FrameRate): string {
  return denominator === 1n ? String(numerator) : `${numerator}/${denominator}`
}

/** The quotient, rounded to the nearest integer; halves away from zero, like ffmpeg's `AV_ROUND_NEAR_INF`. */
export function divideNear(dividend: bigint, divisor: bigint): bigint {
  const isNegative = dividend < 0n !== divisor < 0n
  const size = abs(dividend)
  const by = abs(divisor)
  const rounded = (2n * size + by) / (2n * by)
  return isNegative ? -rounded : rounded
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}

/** The number of the frame of a constant rate that is nearest to a time in microseconds; frame 0 is at time 0. */
export function frameAt(microseconds: bigint, { numerator, denominator }: FrameRate): bigint {
  return divideNear(microseconds * numerator, denominator * MICROSECONDS)
}

/** The time of a frame, in microseconds, rounded to the nearest. */
export function timeOf(frame: bigint, { numerator, denominator }: FrameRate): bigint {
  return divideNear(frame * denominator * MICROSECONDS, numerator)
}

/** Microseconds as a decimal number of seconds, for an argument of ffmpeg: `12.041667`. */
export function formatSeconds(microseconds: bigint): string {
  const size = abs(microseconds)
  const fraction = String(size % MICROSECONDS).padStart(6, '0')
  return `${microseconds < 0n ? '-' : ''}${size / MICROSECONDS}.${fraction}`
}
