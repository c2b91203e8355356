import { FfmpegError } from '../../errors.js'
import { ID3, id3Size } from '../headers/id3v2.js'

/**
 * Watches a streamed MP3 for a tag (ID3v2) without a size: ffmpeg seeks back to fill it in, and on a pipe can't if the
 * tag is longer than its buffer or was flushed for cover art. It exits with 0, and readers find neither tags nor cover.
 */
export class Id3SizeGuard {
  #head: Buffer | undefined = Buffer.alloc(0)

  /**
   * Checks the next bytes of the output; keeps at most ten.
   *
   * @throws {@link FfmpegError} `AVIO_ERR_OUTPUT_NOT_SEEKABLE`, with the remedy
   */
  check(chunk: Buffer): void {
    if (this.#head === undefined) return
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, ID3 - this.#head.length)])
    if (this.#head.length < ID3) return
    const head = this.#head
    this.#head = undefined
    const hasTag = id3Size(head) > 0
    if (hasTag && head.subarray(6).every(byte => byte === 0)) throw lostSize()
  }
}

function lostSize(): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_OUTPUT_NOT_SEEKABLE',
    "ffmpeg wrote an ID3v2 tag without a size: on a pipe it can't seek back to fill it in if the tag is long or " +
      "holds cover art, and readers find neither tags nor cover. Write the header last (layout: 'file', into an " +
      'S3MultipartWritable or a FileWritable), or leave out the cover (-vn) and long tags.',
  )
}
