interface Measured {
  byteLength: number
  duration: number
}

/** Sums of durations are floating point: this close to a bound counts as on it. In seconds. */
const CLOSE = 1e-6

/**
 * The bit rates of a media playlist, as RFC 8216bis §4.1 defines them.
 *
 * The peak is the largest bit rate of any contiguous set of segments that lasts from half to one and a half
 * target durations: a short segment alone says nothing about the required download rate. A longer single
 * segment counts too. Only segments that such a set can still include are kept, however long the list.
 */
export class BandwidthMeter {
  readonly #targetDuration: number
  #tail: Measured[] = []
  #peak = 0
  #byteLength = 0
  #duration = 0

  /** @param targetDuration - in seconds */
  constructor(targetDuration: number) {
    this.#targetDuration = targetDuration
  }

  /** Counts the next segment: its bytes, and its duration in seconds. */
  add(byteLength: number, duration: number): void {
    this.#byteLength += byteLength
    this.#duration += duration
    this.#tail.push({ byteLength, duration })
    const least = this.#targetDuration / 2 - CLOSE
    const most = this.#targetDuration * 1.5 + CLOSE
    const together = { byteLength: 0, duration: 0 }
    let reach = 0
    for (const segment of this.#tail.toReversed()) {
      together.byteLength += segment.byteLength
      together.duration += segment.duration
      if (together.duration > most && reach > 0) break
      reach++
      if (together.duration >= least) this.#peak = Math.max(this.#peak, rate(together))
    }
    this.#tail = this.#tail.slice(-reach)
  }

  /** The peak in bits per second; the average if no set was long enough. 0 before the first segment. */
  get peak(): number {
    return Math.max(Math.ceil(this.#peak), this.average)
  }

  /** All bits over all seconds; 0 before the first segment. */
  get average(): number {
    return Math.ceil(rate({ byteLength: this.#byteLength, duration: this.#duration }))
  }
}

function rate({ byteLength, duration }: Measured): number {
  return duration > 0 ? (byteLength * 8) / duration : 0
}
