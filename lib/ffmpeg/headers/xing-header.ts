import type { DeferredHeaderBuilder } from '../../io/pipeline/deferred-header-builder.js'
import { headerTooLarge } from '../../io/pipeline/header-claim.js'
import { MiB } from '../../options.js'
import { HeaderWriter, headerInvalid } from './header-writer.js'
import { ID3, id3Size, repairId3 } from './id3v2.js'
import { mpegFrame, roomyHeader } from './mpeg-frame-header.js'
import { MpegFrameCounter } from './mpeg-frame-counter.js'

const STAGE = 'DeferredHeader (mp3)'
/** The longest tag that is kept, for its cover art. */
const MAX_TAG = 16 * MiB
/** `Xing`, its flags, the number of frames, of bytes, and the seek table. */
const XING = 4 + 4 + 4 + 4 + 100
/** There are frames, bytes and a table; the quality (8) is for the encoder to say. */
const FLAGS = 7

/**
 * The head of an MP3: its ID3v2 tag, and behind it a frame without sound that says how many frames and bytes there
 * are, and where each hundredth of the time begins. Players read the exact duration from it, and seek by it. It is
 * called `Info` where all frames have one bit rate, `Xing` where they have not. The tag gets its size, which says 0 on
 * a pipe where there is cover art or more than 32 KiB, so that no reader finds what is in it.
 *
 * The `LAME` extension, of the encoder's delay and padding, is left out: a stream does not hold them. So what an
 * encoder puts before the first sample and behind the last one is played, as it is in the stream without this head.
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

  /** Filled up within the ID3v2 tag, or by an empty one. */
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
    // Where all frames have one bit rate, this one has it too: old players take the first frame's for the file's.
    const header = roomyHeader(first, XING, isVariable ? 1 : mpegFrame(first)?.bitRateIndex)
    const { size, sideInfo } = mpegFrame(header)!
    const frame = Buffer.alloc(size)
    frame.writeUInt32BE(header)
    const xing = frame.subarray(4 + sideInfo)
    xing.write(isVariable ? 'Xing' : 'Info', 'latin1')
    xing.writeUInt32BE(FLAGS, 4)
    xing.writeUInt32BE(Math.min(count, 0xffffffff), 8)
    // Bytes and places count from the beginning of this frame.
    const total = size + bytes
    xing.writeUInt32BE(Math.min(total, 0xffffffff), 12)
    for (let n = 0; n < 100; n++) {
      const place = size + this.#frames.placeOf(Math.floor((count * n) / 100))
      xing[16 + n] = n === 0 ? 0 : Math.min(255, Math.floor((256 * place) / total))
    }
    return frame
  }
}
