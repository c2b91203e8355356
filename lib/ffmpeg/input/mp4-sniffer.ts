import { isFirstMp4Box } from '../../containers/extents/signature.js'
import { type BoxHeader, BoxReader } from '../../mp4/boxes/box-reader.js'

/**
 * Whether an input can be read in order, told from its first bytes.
 *
 * Of the containers that ffmpeg reads, the MP4 family is the one that people store with its index (`moov`) behind
 * the media (`mdat`), and on a pipe ffmpeg can't go back to the media once it knows them. It would read the whole
 * object first, and then report `partial file` and exit with 0. The order of the boxes is known as soon as the
 * header of the first `mdat` is, a few bytes into the file.
 *
 * ffmpeg keeps the last bytes of a pipe: an `mdat` it does find again if from there to the end of the `moov` it is no
 * more than about 64 KiB. A short sound with a cover in its index is more.
 */

/** `undecided` until the boxes tell; `pipe` where nothing speaks against reading in order; `seek` where all does. */
export type Sniffed = 'undecided' | 'pipe' | 'seek'

/** Whether `format`, as given to `-f`, is ffmpeg's demuxer of the MP4 family. */
export function isMp4Demuxer(format: string): boolean {
  return format.split(',').some(name => ['mov', 'mp4', 'm4a', '3gp', '3g2', 'mj2'].includes(name))
}

/** From these on the file can be read in order: an index, a fragment, or the items of a HEIF image. */
const INDEX = new Set(['moov', 'moof', 'meta'])
/** Boxes that are looked at. Before an index or the media there are a handful; what has more wants to keep us busy. */
const MAX_BOXES = 2 ** 14

/** Watches the boxes go by; the chunks may end anywhere. */
export class Mp4Sniffer {
  readonly #window: number
  readonly #boxes: BoxReader
  #verdict: Sniffed = 'undecided'
  #mdat: BoxHeader | undefined
  #count = 0

  /** @param window - the largest `mdat` that may come before the index, in bytes */
  constructor(window: number) {
    this.#window = window
    this.#boxes = new BoxReader(
      { onBox: header => this.#onBox(header), onCollected: () => undefined, onPassed: () => undefined },
      0,
    )
  }

  /** What is known by now. */
  get verdict(): Sniffed {
    return this.#verdict
  }

  /** The first media that came before an index, if any did. */
  get mdat(): { readonly offset: number; readonly size: number } | undefined {
    return this.#mdat
  }

  /** Takes the next bytes of the input. */
  push(chunk: Buffer): Sniffed {
    if (this.#verdict !== 'undecided') return this.#verdict
    try {
      this.#boxes.write(chunk)
    } catch {
      // Not an MP4, a broken one, or one of too many boxes: that is for ffmpeg to say, which reads more of them than
      // the standard allows.
      this.#decide('pipe')
    }
    return this.#verdict
  }

  #onBox(header: BoxHeader): 'pass' {
    // The reader goes on to the end of the chunk.
    if (this.#verdict !== 'undecided') return 'pass'
    if (++this.#count > MAX_BOXES) throw new Error('more boxes than are looked at')
    // Anything else is another container, and goes to ffmpeg at once.
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

  /** The first decision holds. */
  #decide(verdict: Sniffed): void {
    if (this.#verdict === 'undecided') this.#verdict = verdict
  }
}
