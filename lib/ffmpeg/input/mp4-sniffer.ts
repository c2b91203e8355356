import { isFirstMp4Box } from '../../containers/extents/signature.js'
import { type BoxHeader, BoxReader } from '../../mp4/boxes/box-reader.js'

/**
 * Determines from the first bytes whether an input can be read in order.
 *
 * Of the containers that ffmpeg reads, only the MP4 family is commonly stored with its index (`moov`) after the media
 * (`mdat`), and on a pipe ffmpeg can't seek back to the media once it knows them. It would read the whole object first,
 * then report `partial file` and exit with 0. The header of the first `mdat`, a few bytes into the file, shows the
 * order of the boxes.
 *
 * ffmpeg keeps the last bytes of a pipe: it can return to an `mdat` if no more than about 64 KiB lie between its start
 * and the end of the `moov`. A short audio file with a cover in its index is longer.
 */

/** `undecided` until the boxes show it; `pipe` if the input may be read in order; `seek` if it can't be. */
export type Sniffed = 'undecided' | 'pipe' | 'seek'

/** Whether `format`, as given to `-f`, is ffmpeg's demuxer of the MP4 family. */
export function isMp4Demuxer(format: string): boolean {
  return format.split(',').some(name => ['mov', 'mp4', 'm4a', '3gp', '3g2', 'mj2'].includes(name))
}

/** Boxes after which the file can be read in order: an index, a fragment, or the items of a HEIF image. */
const INDEX = new Set(['moov', 'moof', 'meta'])
/** Limit of boxes. A handful precede an index or the media; an input with more is made to waste time. */
const MAX_BOXES = 2 ** 14

/** Watches the boxes go by; the chunks may end anywhere. */
export class Mp4Sniffer {
  readonly #window: number
  readonly #boxes: BoxReader
  #verdict: Sniffed = 'undecided'
  #mdat: BoxHeader | undefined
  #count = 0

  /** @param window - the largest `mdat` before the index, in bytes */
  constructor(window: number) {
    this.#window = window
    this.#boxes = new BoxReader(
      { onBox: header => this.#onBox(header), onCollected: () => undefined, onPassed: () => undefined },
      0,
    )
  }

  /** The verdict so far. */
  get verdict(): Sniffed {
    return this.#verdict
  }

  /** The first media before an index, if any. */
  get mdat(): { readonly offset: number; readonly size: number } | undefined {
    return this.#mdat
  }

  /** Takes the next bytes of the input. */
  push(chunk: Buffer): Sniffed {
    if (this.#verdict !== 'undecided') return this.#verdict
    try {
      this.#boxes.write(chunk)
    } catch {
      // Not an MP4, a broken one, or one with too many boxes: leave it to ffmpeg, which reads more than the standard
      // allows.
      this.#decide('pipe')
    }
    return this.#verdict
  }

  #onBox(header: BoxHeader): 'pass' {
    // The reader continues to the end of the chunk.
    if (this.#verdict !== 'undecided') return 'pass'
    if (++this.#count > MAX_BOXES) throw new Error('more boxes than the limit')
    // Any other container goes to ffmpeg at once.
    const isForeign = header.offset === 0 && !isFirstMp4Box(header.type)
    const isOutOfReach =
      this.#mdat !== undefined && header.offset + header.size - this.#mdat.offset > this.#window
    if (header.type === 'moov' && isOutOfReach) {
      this.#decide('seek')
      return 'pass'
    }
    if (isForeign || INDEX.has(header.type)) {
      this.#decide('pipe')
    } else if (header.type === 'mdat') {
      this.#mdat ??= header
      if (header.size > this.#window) this.#decide('seek')
    }
    return 'pass'
  }

  /** The first decision is final. */
  #decide(verdict: Sniffed): void {
    if (this.#verdict === 'undecided') this.#verdict = verdict
  }
}
