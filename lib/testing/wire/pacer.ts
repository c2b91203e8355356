import { integerOption, knownOptions, MAX_TIMEOUT, optionsObject } from '../../options.js'

/** The pace of exchanges. */
export interface Pace {
  /** Milliseconds from when the response is ready to its first byte: 0 to 2³¹ − 1. @defaultValue 0 */
  readonly ttfb?: number
  /** Bytes per second, for response bodies and request bodies separately: 1 or more. @defaultValue no limit */
  readonly bytesPerSecond?: number
}

/** Checks a pace given as the option `name`. */
export function readPace(pace: unknown, name: string): Pace {
  const options = optionsObject(pace, name)
  knownOptions(options, name, ['ttfb', 'bytesPerSecond'])
  return {
    ttfb: integerOption(options, `${name}.ttfb`, {
      min: 0,
      max: MAX_TIMEOUT,
      default: 0,
      unit: 'milliseconds',
    }),
    bytesPerSecond: integerOption(options, `${name}.bytesPerSecond`, {
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      default: Infinity,
      unit: 'bytes a second',
      infinity: true,
    }),
  }
}

/** Spreads bytes over time: returns how long to wait after each batch of bytes. */
export class Pacer {
  readonly #bytesPerSecond: number
  #startedAt: number | undefined
  #bytes = 0

  /** @param bytesPerSecond - `Infinity` for no limit */
  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Maximum number of bytes between two waits: ten milliseconds' worth, for a steady flow at a fair cost. */
  get slice(): number {
    return Math.max(1, Math.ceil(this.#bytesPerSecond / 100))
  }

  /**
   * Counts bytes and returns how many milliseconds they are ahead of their time. The reference is the first byte, so
   * that late timers do not add up.
   *
   * @param now - milliseconds, on any steady clock
   */
  delayAfter(bytes: number, now: number): number {
    this.#startedAt ??= now
    this.#bytes += bytes
    return Math.max(0, this.#startedAt + (this.#bytes * 1000) / this.#bytesPerSecond - now)
  }
}
