import { AvioError } from '../../errors.js'
import type { DeferredHeaderBuilder } from '../../io/pipeline/deferred-header-builder.js'
import { headerTooLarge } from '../../io/pipeline/header-claim.js'
import { type AmfProperty, amfProperties } from './amf.js'
import { FlvDuration } from './flv-duration.js'
import { HeaderWriter, expectWord, headerInvalid } from './header-writer.js'

const STAGE = 'DeferredHeader (flv)'
/** The header with the (empty) size of the tag before the first one. */
const START = 13
/** Bytes before a tag's data; 4 more bytes, its size, follow the data. */
const TAG = 11
const SCRIPT = 18

/**
 * The header of an FLV and `onMetaData`. It fills in `duration`, in seconds, and `filesize` if ffmpeg reserved them
 * (that is, without `no_duration_filesize`). All other fields stay unchanged.
 */
export class FlvHeader implements DeferredHeaderBuilder {
  readonly #header = new HeaderWriter({ stage: STAGE, measure })
  #clock: FlvDuration | undefined
  #bodySize = 0

  write(chunk: Buffer): Buffer[] {
    const body = this.#header.take(chunk)
    if (body.length === 0) return []
    this.#clock ??= clockOf(this.#header.bytes)
    this.#bodySize += body.length
    this.#clock.write(body)
    return [body]
  }

  end(): Buffer[] {
    this.#header.end()
    if (this.#clock?.isBetweenTags === false) throw headerInvalid(STAGE, 'it ended within a tag')
    return []
  }

  /** FLV has no padding that every player skips. */
  head(length?: number): Buffer {
    const head = Buffer.from(this.#header.bytes)
    if (length !== undefined && length < head.length) throw headerTooLarge(STAGE, head.length, length)
    if (length !== undefined && length > head.length) {
      throw new AvioError(
        'AVIO_ERR_HEADER_TOO_LARGE',
        `The header of an FLV has ${head.length} bytes and can't be padded to the ${length} bytes reserved for it, ` +
          'because players skip no padding. Omit "headerReserve".',
      )
    }
    const fill = { duration: (this.#clock?.end ?? 0) / 1000, filesize: head.length + this.#bodySize }
    for (const [name, value] of Object.entries(fill)) {
      const property = metadata(head).find(({ key, type }) => key === name && type === 'number')
      if (property) head.writeDoubleBE(value, property.place)
    }
    return head
  }
}

/** The fields of `onMetaData`; none without a script tag. */
function metadata(head: Buffer): AmfProperty[] {
  return head[START] === SCRIPT ? amfProperties(head.subarray(0, head.length - 4), START + TAG) : []
}

function clockOf(head: Buffer): FlvDuration {
  const numberOf = (name: string) => {
    const property = metadata(head).find(({ key, type }) => key === name && type === 'number')
    return property ? head.readDoubleBE(property.place) : 0
  }
  return new FlvDuration({ frameRate: numberOf('framerate'), sampleRate: numberOf('audiosamplerate') })
}

function measure(bytes: Buffer): number {
  if (bytes.length < START + TAG) return START + TAG
  expectWord(STAGE, bytes, 'FLV')
  // Without metadata (`-flvflags no_metadata`) only the file header counts.
  if (bytes[START] !== SCRIPT) return START
  return START + TAG + bytes.readUIntBE(START + 1, 3) + 4
}
