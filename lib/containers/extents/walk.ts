/**
 * A *walk* reads a container's stated extent: a generator requests a few bytes at increasing offsets, and returns the
 * end of the media. It is independent of the transport, so the same rules apply to a pipe and over HTTP;
 * `container-watch.ts` supplies the bytes.
 */

/** Bytes requested by a walk: at an offset not before its last one, or the last bytes of the input. */
export type Need = { readonly at: number; readonly length: number } | { readonly tail: number }

/** Bytes for a walk: fewer than requested if the input ends, and then with the input's length. */
export interface Piece {
  /** Do not keep them: they may be a view of a chunk. */
  readonly bytes: Buffer
  /** Their offset in the input. */
  readonly at: number
  /** Length of the input, if known. */
  readonly size: number | undefined
}

/** A container's statement about the extent of its media. */
export interface Claim {
  /** One past the last byte of media. `Infinity` if media are missing, but not known how many bytes. */
  readonly end: number
  /** The stating part of the container: "the sample tables (moov)". */
  readonly by: string
  /** The stated and the received length, if not counted in bytes. */
  readonly detail?: string
}

/** Reads one container. Returns `undefined` if it states nothing that the bytes can be checked against. */
export type Walk = Generator<Need, Claim | undefined, Piece>

/** Begins a walk at byte `from` of an input; `size` is its length, if known before its end. */
export type Walker = (from: number, size: number | undefined) => Walk

/** Returns the claim with the further end. */
export function further(a: Claim | undefined, b: Claim | undefined): Claim | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return b.end > a.end ? b : a
}

/**
 * Whether a 32-bit size is a placeholder: 0, −1, and the values that ffmpeg, sox, arecord and GStreamer write to a
 * pipe, where they can't seek back to fill it in (0x7FFFFFFF, 0x7FFFF000, 0x80000000 less a header …).
 */
export function isUnknown32(size: number): boolean {
  return size === 0 || size >= 0x7fff0000
}

/** Whether a 64-bit size is a placeholder: 0, −1, an impossible file size, or a widened 32-bit placeholder. */
export function isUnknown64(size: number): boolean {
  if (size === 0 || !Number.isSafeInteger(size)) return true
  return (size >= 0x7fff0000 && size <= 0x80000000) || (size >= 0xffff0000 && size <= 2 ** 32)
}

/** The unsigned 64-bit number at `at`, rounded past 2⁵³. */
export function u64le(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32
}

/** The unsigned 64-bit number at `at`, rounded past 2⁵³. */
export function u64be(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
}

/** `length` characters at `at`. */
export function word(bytes: Buffer, at: number, length = 4): string {
  return bytes.toString('latin1', at, at + length)
}
