/**
 * Times in ffmpeg's notation, in seconds.
 * https://ffmpeg.org/ffmpeg-utils.html#Time-duration
 */

const CLOCK = /^(-?)(?:(\d+):)?(\d+):(\d+(?:\.\d*)?)$/
const NUMBER = /^(-?\d*\.?\d+|-?\d+\.)(s|ms|us)?$/
const PER_SECOND = { s: 1, ms: 1e3, us: 1e6 } as const

/** The seconds in `HH:MM:SS.m`, `MM:SS`, `12.5`, `200ms`; `undefined` for anything else. */
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
 * The expected duration of the output, in seconds, from the input's duration and the options `-ss`, `-to` and `-t`.
 * It ignores filters that change the speed: the value serves a progress bar.
 *
 * @param inputDuration - the input's duration, in seconds
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

/** What `-ss`, `-to` and `-t` of one input or output leave of a duration, in seconds. */
export function trimmed(duration: number, args: readonly string[]): number {
  const start = timeOption(args, '-ss') ?? 0
  // -t overrides -to (https://ffmpeg.org/ffmpeg.html#Main-options).
  const length = timeOption(args, '-t') ?? (timeOption(args, '-to') ?? Infinity) - start
  return Math.max(0, Math.min(duration - start, length))
}

function timeOption(args: readonly string[], name: string): number | undefined {
  const value = args[args.lastIndexOf(name) + 1]
  return args.includes(name) && value !== undefined ? parseMediaTime(value) : undefined
}
