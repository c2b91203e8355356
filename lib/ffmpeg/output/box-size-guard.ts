import { FfmpegError } from '../../errors.js'
import { type BoxHeader, BoxReader } from '../../mp4/boxes/box-reader.js'
import { LARGEST_HEADER } from '../args/fragmentation.js'

/**
 * Watches the output of the MP4 family for a silent failure of ffmpeg: a `moov` or `moof` above 32 KiB whose size it
 * could not fill in (fragmentation.ts). ffmpeg exits with 0, and nothing can read the result; so it must not pass as
 * complete.
 */
export class BoxSizeGuard {
  readonly #boxes = new BoxReader(
    { onBox: header => this.#onBox(header), onCollected: () => undefined, onPassed: () => undefined },
    0,
  )
  #isLost = false
  #hasFragment = false
  #error: FfmpegError | undefined

  /** A fragment with a size has begun; or the output is not MP4, of which nothing is known. */
  get hasFragment(): boolean {
    return this.#hasFragment || this.#isLost
  }

  /**
   * Checks the next bytes of the output, without keeping or copying them.
   *
   * @throws {@link FfmpegError} `AVIO_ERR_OUTPUT_NOT_SEEKABLE`, with a way to make the box small enough
   */
  check(chunk: Buffer): void {
    if (!this.#isLost) this.#read(chunk)
    if (this.#error) throw this.#error
  }

  #read(chunk: Buffer): void {
    try {
      this.#boxes.write(chunk)
    } catch (error) {
      // Nothing is known from here on. A validator judges anything but boxes.
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
    'after the others, do not wait for it (-movflags frag_keyframe+empty_moov+default_base_moof+frag_discont); ' +
    'ffmpeg always waits for AC-3 and E-AC-3: encode such a track (-c:a aac), or leave it out.',
}

function lostSize(type: 'moov' | 'moof', offset: number): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_OUTPUT_NOT_SEEKABLE',
    `ffmpeg wrote a "${type}" box without a size at byte ${offset} of its output: on a pipe it can't seek back more ` +
      `than ${LARGEST_HEADER} bytes to fill it in, and nothing can read the rest. ${REMEDY[type]}`,
  )
}
