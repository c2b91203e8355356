/**
 * Records what a player appends to Media Source Extensions, and what the browser buffers. Loaded before the player; it
 * changes nothing but the methods it wraps.
 */

/** A 32-bit hash of a payload: players may rewrite the `moof` of a fragment, but not its `mdat`. */
function hash(bytes) {
  let sum = 0x811c9dc5
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193)
  return sum >>> 0
}

/** The payload of each `mdat`, as its hash. */
export function payloads(data) {
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found = []
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (size < 8) break
    if (type === 'mdat') found.push(hash(bytes.subarray(at + 8, at + size)))
    at += size
  }
  return found
}

export const ranges = list => Array.from({ length: list.length }, (_, n) => [list.start(n), list.end(n)])

/** Every append: its buffer, its payloads, and the buffered ranges before and after. */
export const appends = []
/** The buffers created, with their type. */
export const buffers = []
/** Counts events, to distinguish a stalled player from a slow one. */
export const activity = { count: 0 }

const addSourceBuffer = MediaSource.prototype.addSourceBuffer
MediaSource.prototype.addSourceBuffer = function (type) {
  const buffer = addSourceBuffer.call(this, type)
  buffers.push({ type, buffer, source: this })
  return buffer
}

const appendBuffer = SourceBuffer.prototype.appendBuffer
SourceBuffer.prototype.appendBuffer = function (data) {
  const own = buffers.find(({ buffer }) => buffer === this)
  const append = { type: own?.type ?? '', payloads: payloads(data), before: ranges(this.buffered) }
  append.windowEnd = this.appendWindowEnd
  const done = () => {
    activity.count++
    try {
      append.after = ranges(this.buffered)
      appends.push(append)
    } catch {
      // The buffer was removed since.
    }
  }
  this.addEventListener('updateend', done, { once: true })
  return appendBuffer.call(this, data)
}
