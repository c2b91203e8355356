/**
 * Keeps a record of what a player gives to Media Source Extensions, and of what the browser made of it. It is loaded
 * before the player, and changes nothing but the methods that it listens at.
 */

/** 32 bits of what a fragment holds: players may rewrite its `moof`, and leave its `mdat` alone. */
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

/** Every append: into which buffer, which payloads, what is buffered since. */
export const appends = []
/** Buffers that were made, by type. */
export const buffers = []
/** Counts what happens, so that a player that stands still is told from one that is slow. */
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
