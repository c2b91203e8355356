import { FfmpegError } from '../../errors.js'
import { type BoxHeader, BoxReader } from '../../mp4/boxes/box-reader.js'
import { LARGEST_HEADER } from '../args/fragmentation.js'

/**
 * Watches the output of the MP4 family for the one thing that ffmpeg gets wrong without a word: a `moov` or `moof`
 * above 32 KiB whose size it could not fill in (fragmentation.ts). ffmpeg exits with 0, and what it made can't be
 * read; so it must not end as if it were whole.
 */
export class BoxSizeGuard {
  readonly #boxes = new BoxReader(
    { onBox: header => this.#onBox(header), onCollected: () => undefined, onPassed: () => undefined },
    0,
  )
  #isLost = false
  #hasFragment = false
  #error: FfmpegError | undefined

  /** A fragment has begun, with a size; or what comes is no MP4, of which nothing is known. */
  get hasFragment(): boolean {
    return this.#hasFragment || this.#isLost
  }

  /**
   * Takes the next bytes of the output; they are neither kept nor copied.
   *
   * @throws {@link FfmpegError} `AVIO_ERR_OUTPUT_NOT_SEEKABLE`, with what makes such a box small enough
   */
  check(chunk: Buffer): void {
    if (!this.#isLost) this.#read(chunk)
    if (this.#error) throw this.#error
  }

  #read(chunk: Buffer): void {
    try {
      this.#boxes.write(chunk)
    } catch (error) {
      // From here on nothing is known. What is not boxes is for a validator to judge.
      this.#isLost = true
      if (error instanceof FfmpegError) this.#error = error
    }
  }

  #onBox({ type, size, offset }: BoxHeader): 'pass' {
    if ((type === 'moov' || type === 'moof') && size === Infinity) throw lostSize(type, offset)
    this.#hasFragment ||= type === 'moof'
    return 'pass'
  }
}

const REMEDY = {
  moov:
    'It holds cover art, long metadata or very many tracks: leave them out (-vn or -map, -map_metadata -1, ' +
    '-map_chapters -1, -movflags +disable_chpl).',
  moof:
    'It holds too many samples. Make fragments shorter (-frag_duration, in microseconds); if one track starts long ' +
    'after the others, do not wait for it (-movflags frag_keyframe+empty_moov+default_base_moof+frag_discont); AC-3 and ' +
    'E-AC-3 are always waited for: encode such a track (-c:a aac), or leave it out.',
}

function lostSize(type: 'moov' | 'moof', offset: number): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_OUTPUT_NOT_SEEKABLE',
    `ffmpeg wrote a "${type}" box without a size at byte ${offset} of its output: on a pipe it can't go back more ` +
      `than ${LARGEST_HEADER} bytes to fill it in, and nothing can read what follows. ${REMEDY[type]}`,
  )
}
