import type { DeferredHeaderBuilder } from '../../io/pipeline/deferred-header-builder.js'
import { headerTooLarge } from '../../io/pipeline/header-claim.js'
import { MiB } from '../../options.js'
import { HeaderWriter, headerInvalid } from './header-writer.js'
import { ID3, id3Size, repairId3 } from './id3v2.js'
import { mpegFrame, roomyHeader } from './mpeg-frame-header.js'
import { MpegFrameCounter } from './mpeg-frame-counter.js'

const STAGE = 'DeferredHeader (mp3)'
/** The longest supported tag, for its cover art. */
const MAX_TAG = 16 * MiB
/** `Xing`, its flags, the number of frames and of bytes, and the seek table. */
const XING = 4 + 4 + 4 + 4 + 100
/** Frames, bytes and a table; the quality (8) is up to the encoder. */
const FLAGS = 7

/**
 * The header of an MP3: its ID3v2 tag, and after it a silent frame with the number of frames and bytes and the position
 * of each hundredth of the time. Players read the exact duration from it, and seek by it. Its name is `Info` if all
 * frames have the same bit rate, else `Xing`. It also sets the tag's size: on a pipe that is 0 with cover art or more
 * than 32 KiB, and no reader finds the tag's content.
 *
 * It omits the `LAME` extension, with the encoder's delay and padding, because a stream does not contain them. So
 * players play the encoder's padding before the first sample and after the last one, as without this header.
 */
export class XingHeader implements DeferredHeaderBuilder {
  readonly #header = new HeaderWriter({ stage: STAGE, measure: id3Size, limit: MAX_TAG })
  readonly #frames = new MpegFrameCounter()

  write(chunk: Buffer): Buffer[] {
    const audio = this.#header.take(chunk)
    if (audio.length === 0) return []
    this.#frames.write(audio)
    return [audio]
  }

  end(): Buffer[] {
    this.#header.end()
    if (this.#frames.first === undefined)
      throw headerInvalid(STAGE, 'it has no frame of MPEG audio, layer III')
    return []
  }

  /** Padded within the ID3v2 tag, or by an empty one. */
  head(length?: number): Buffer {
    const tag = this.#header.bytes
    const xing = this.#xing()
    const fill = (length ?? tag.length + xing.length) - tag.length - xing.length
    const isFull = fill < 0 || (tag.length === 0 && fill > 0 && fill < ID3)
    if (isFull) throw headerTooLarge(STAGE, tag.length + xing.length, length!)
    const padded = Buffer.alloc(tag.length + fill)
    if (padded.length > 0) {
      if (tag.length > 0) tag.copy(padded)
      else padded.write('ID3\x04', 'latin1')
      repairId3(padded)
    }
    return Buffer.concat([padded, xing])
  }

  #xing(): Buffer {
    const { first = 0, count, bytes, isVariable } = this.#frames
    // With a constant bit rate, this frame has it too: old players take the first frame's for the file's.
    const header = roomyHeader(first, XING, isVariable ? 1 : mpegFrame(first)?.bitRateIndex)
    const { size, sideInfo } = mpegFrame(header)!
    const frame = Buffer.alloc(size)
    frame.writeUInt32BE(header)
    const xing = frame.subarray(4 + sideInfo)
    xing.write(isVariable ? 'Xing' : 'Info', 'latin1')
    xing.writeUInt32BE(FLAGS, 4)
    xing.writeUInt32BE(Math.min(count, 0xffffffff), 8)
    // Bytes and positions count from the beginning of this frame.
    const total = size + bytes
    xing.writeUInt32BE(Math.min(total, 0xffffffff), 12)
    for (let n = 0; n < 100; n++) {
      const place = size + this.#frames.placeOf(Math.floor((count * n) / 100))
      xing[16 + n] = n === 0 ? 0 : Math.min(255, Math.floor((256 * place) / total))
    }
    return frame
  }
}
