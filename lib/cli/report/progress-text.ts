/** How far a job is, for people. */

/** The fields of a job's progress that are shown. */
export interface ShownProgress {
  readonly phase: string
  readonly percent?: number
  readonly outTime?: number
  readonly speed?: number
  readonly bytesIn?: number
  readonly totalSize?: number
  readonly done?: number
  readonly eta?: number
  /** In words: `ffmpeg (96 % busy)`. */
  readonly bottleneck?: string
}

/** Widths of the bar; the shorter one where the line would be too long. */
const BAR = 24
const SHORT_BAR = 10
const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/**
 * One line: `encode  42 % ██████▍      0:01:23  2.3×  in 45.0 MB  out 12.0 MB  0:01:54 left`, and after it
 * `bottleneck: ffmpeg (96 % busy)`. Where it would be wider than `width`, the bar becomes shorter, the bytes go, and
 * then the bar.
 */
export function progressText(
  progress: ShownProgress,
  { hasBar, width = Infinity }: { hasBar: boolean; width?: number },
): string {
  const whole = line(progress, hasBar ? BAR : 0)
  if (whole.length <= width) return whole
  const rest = { ...progress, bytesIn: undefined, totalSize: undefined }
  const shorter = [line(progress, hasBar ? SHORT_BAR : 0), line(rest, hasBar ? SHORT_BAR : 0), line(rest, 0)]
  return shorter.find(({ length }) => length <= width) ?? shorter.at(-1)!
}

/** Fields left out are undefined. */
type Shown = { readonly [Field in keyof ShownProgress]: ShownProgress[Field] | undefined } & {
  readonly phase: string
}

function line(progress: Shown, barWidth: number): string {
  const { phase, percent, outTime, speed, bytesIn, totalSize, done, eta, bottleneck } = progress
  const words = [phase.padEnd(6)]
  if (percent !== undefined) words.push(`${String(Math.floor(percent)).padStart(3)} %`)
  if (percent !== undefined && barWidth > 0) words.push(bar(percent, barWidth))
  if (done !== undefined) words.push(`${done} done`)
  if (outTime !== undefined) words.push(clock(outTime))
  if (speed !== undefined && speed > 0) words.push(`${speed < 10 ? speed.toFixed(1) : Math.round(speed)}×`)
  if (bytesIn !== undefined) words.push(`in ${bytes(bytesIn)}`)
  if (totalSize !== undefined) words.push(`out ${bytes(totalSize)}`)
  if (eta !== undefined) words.push(`${clock(eta)} left`)
  if (bottleneck !== undefined) words.push(`bottleneck: ${bottleneck}`)
  return words.join('  ')
}

function bar(percent: number, width: number): string {
  const eighths = Math.floor((Math.min(100, Math.max(0, percent)) / 100) * width * 8)
  const text = '█'.repeat(Math.floor(eighths / 8)) + PARTS[eighths % 8]!
  return text.padEnd(width, '░')
}

/** `12.3 MB` */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let [value, unit] = [count, 0]
  for (; value >= 999.95 && unit < units.length - 1; unit++) value /= 1000
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]!}`
}

/** `0:01:23` of media, from seconds. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (n: number) => String(n).padStart(2, '0')
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
}
