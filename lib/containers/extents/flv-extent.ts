import { type Claim, type Walk, further } from './walk.js'

/** A tag's header, and its content up to a video frame's composition time. */
const TAG = 11
const TAG_START = 16
/** Largest tag searched for metadata, in bytes. */
const MAX_SCRIPT = 2 ** 20
const [AUDIO, VIDEO, SCRIPT] = [8, 9, 18]
/** Milliseconds the last tag may fall short of `duration`, beside the video frame durations seen. */
const LEAST_GAP = 200
const MOST_GAP = 2000

/**
 * FLV: each tag states its length. `onMetaData` may state the file's (`filesize`), but editors often leave it outdated;
 * so it counts only if the tags' times end before `duration` as well.
 */
export function* flvExtent(from: number): Walk {
  let claim: Claim | undefined
  let stated: { fileSize: number; duration: number } | undefined
  let last = 0
  let step = 0
  let at = from + 9
  for (;;) {
    // The length of the previous tag precedes each tag.
    const { bytes, size } = yield { at: at + 4, length: TAG_START }
    if (bytes.length < TAG) {
      if (size === undefined || stated === undefined || stated.fileSize <= size) return claim
      const gap = Math.min(Math.max(LEAST_GAP, 2 * step), MOST_GAP)
      if (last + gap >= stated.duration * 1000) return claim
      return further(claim, { end: from + stated.fileSize, by: 'its metadata ("filesize" and "duration")' })
    }
    const type = bytes[0]! & 0x1f
    const length = bytes.readUIntBE(1, 3)
    if (type === SCRIPT && stated === undefined && length <= MAX_SCRIPT) {
      stated = metadataIn((yield { at: at + 4 + TAG, length }).bytes)
    } else if (type === AUDIO || type === VIDEO) {
      claim = { end: at + 4 + TAG + length, by: 'its last tag' }
      const time = bytes.readUIntBE(4, 3) + bytes[7]! * 2 ** 24 + compositionTime(bytes)
      if (time > last && last > 0) step = Math.max(step, time - last)
      last = Math.max(last, time)
    } else if (type !== SCRIPT) return claim
    at += 4 + TAG + length
  }
}

/** H.264's composition time, in milliseconds; 0 for anything else. */
function compositionTime(tag: Buffer): number {
  const isAvc = (tag[0]! & 0x1f) === VIDEO && tag.length === TAG_START && (tag[TAG]! & 0x8f) === 7
  return isAvc && tag[TAG + 1] === 1 ? Math.max(0, tag.readIntBE(TAG + 2, 3)) : 0
}

/** Reads `filesize` and `duration`, if both are stated. AMF 0: the name, a marker, and a double. */
function metadataIn(script: Buffer): { fileSize: number; duration: number } | undefined {
  const fileSize = numberNamed(script, 'filesize')
  const duration = numberNamed(script, 'duration')
  return fileSize > 0 && duration > 0 ? { fileSize, duration } : undefined
}

function numberNamed(script: Buffer, name: string): number {
  const at = script.indexOf(`\0${String.fromCharCode(name.length)}${name}\0`, 0, 'latin1')
  const value = at < 0 ? -1 : at + 3 + name.length
  return at < 0 || value + 8 > script.length ? 0 : script.readDoubleBE(value)
}
