/**
 * Times as ffmpeg writes and reads them, in seconds.
 * https://ffmpeg.org/ffmpeg-utils.html#Time-duration
 */

const CLOCK = /^(-?)(?:(\d+):)?(\d+):(\d+(?:\.\d*)?)$/
const NUMBER = /^(-?\d*\.?\d+|-?\d+\.)(s|ms|us)?$/
const PER_SECOND = { s: 1, ms: 1e3, us: 1e6 } as const

/** Seconds of `HH:MM:SS.m`, `MM:SS`, `12.5`, `200ms`; `undefined` for what is not a time. */
export function parseMediaTime(text: string): number | undefined {
  const clock = CLOCK.exec(text)
  if (clock) {
    const [, sign, hours, minutes, seconds] = clock
    const value = Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds)
    return sign === '-' ? -value : value
  }
  const number = NUMBER.exec(text)
  return number ? Number(number[1]) / PER_SECOND[(number[2] ?? 's') as keyof typeof PER_SECOND] : undefined
}

/**
 * How long the output will be, in seconds, as far as the input's length and the options `-ss`, `-to` and `-t` tell.
 * Filters that change the speed are not looked into: it is a figure for a progress bar.
 *
 * @param inputDuration - the input's length, in seconds
 * @param inputArgs - arguments before `-i`
 * @param outputArgs - arguments after it
 */
export function expectedDuration(
  inputDuration: number,
  inputArgs: readonly string[],
  outputArgs: readonly string[],
): number {
  return trimmed(trimmed(inputDuration, inputArgs), outputArgs)
}

function trimmed(duration: number, args: readonly string[]): number {
  const start = timeOption(args, '-ss') ?? 0
  // -t wins over -to where both are given (https://ffmpeg.org/ffmpeg.html#Main-options).
  const length = timeOption(args, '-t') ?? (timeOption(args, '-to') ?? Infinity) - start
  return Math.max(0, Math.min(duration - start, length))
}

function timeOption(args: readonly string[], name: string): number | undefined {
  const value = args[args.lastIndexOf(name) + 1]
  return args.includes(name) && value !== undefined ? parseMediaTime(value) : undefined
}
