import { HlsError } from '../../errors.js'

/** Times closer than this are equal: the clocks of renditions have different ticks. In seconds. */
const CLOSE = 0.005

/**
 * Checks that the segments of several video renditions start at the same times: the first one sets the time,
 * and the others are compared with it.
 */
export class Alignment {
  readonly #limit: number
  readonly #starts = new Map<number, { start: number; rendition: string }>()
  #ended: { count: number; rendition: string } | undefined

  /** @param limit - number of recent segments remembered */
  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * Segment `number` of a rendition starts at `start`, in seconds of presentation.
   *
   * @throws {@link HlsError} `AVIO_ERR_HLS_NOT_ALIGNED` if that of another one starts elsewhere, or does not
   * exist
   */
  add(rendition: string, number: number, start: number): void {
    const first = this.#starts.get(number)
    if (first !== undefined && Math.abs(first.start - start) > CLOSE) {
      const times = `starts at ${start.toFixed(3)} s, that of "${first.rendition}" at ${first.start.toFixed(3)} s`
      throw notAligned(rendition, number, `segment ${number} of "${rendition}" ${times}`)
    }
    if (this.#ended !== undefined && number > this.#ended.count) throw this.#uneven(rendition, number)
    if (first !== undefined) return
    this.#starts.set(number, { start, rendition })
    this.#starts.delete(number - this.#limit)
  }

  /** A rendition has exactly `count` segments. */
  end(rendition: string, count: number): void {
    if (this.#ended !== undefined && count !== this.#ended.count) throw this.#uneven(rendition, count)
    this.#ended ??= { count, rendition }
  }

  #uneven(rendition: string, count: number): HlsError {
    const { count: other, rendition: name } = this.#ended!
    return notAligned(rendition, count, `"${rendition}" has segment ${count}, "${name}" ended with ${other}`)
  }
}

function notAligned(rendition: string, segment: number, what: string): HlsError {
  return new HlsError(
    'AVIO_ERR_HLS_NOT_ALIGNED',
    `Video renditions are not aligned: ${what}. Give their encoders key frames at the same times (-g, -keyint_min ` +
      'and -sc_threshold 0, or -force_key_frames), or set align to false',
    { rendition, segment },
  )
}
