/**
 * What a container states about its own extent is read by a *walk*: a generator that asks for a few bytes here and
 * there, always further on, and gives back how far the media reach. It knows neither pipes nor addresses, so the rules
 * are the same for both; `container-watch.ts` brings it the bytes.
 */

/** Bytes a walk asks for: at a place not before its last one, or the last ones of the whole input. */
export type Need = { readonly at: number; readonly length: number } | { readonly tail: number }

/** Bytes for a walk: fewer than it asked for where the input ends, and then with the input's length. */
export interface Piece {
  /** Not to be kept: they may be a window on a chunk. */
  readonly bytes: Buffer
  /** Where they begin in the input. */
  readonly at: number
  /** Length of the input, where it is known. */
  readonly size: number | undefined
}

/** What a container states about the extent of its media. */
export interface Claim {
  /** One past the last byte of media. `Infinity` where it is certain that media are missing, but not how many bytes. */
  readonly end: number
  /** The part of the container that states it: "the sample tables (moov)". */
  readonly by: string
  /** How much it states and how much came, where that is not counted in bytes. */
  readonly detail?: string
}

/** Reads one container. `undefined`: it states nothing that can be held against the bytes. */
export type Walk = Generator<Need, Claim | undefined, Piece>

/** Begins a walk at byte `from` of an input; `size` is its length, where that is known before its end. */
export type Walker = (from: number, size: number | undefined) => Walk

/** The claim that reaches further. */
export function further(a: Claim | undefined, b: Claim | undefined): Claim | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return b.end > a.end ? b : a
}

/**
 * Whether a 32-bit size is none: 0, −1, and what ffmpeg, sox, arecord and GStreamer write to a pipe, where they can't
 * come back to fill it in (0x7FFFFFFF, 0x7FFFF000, 0x80000000 less a header …).
 */
export function isUnknown32(size: number): boolean {
  return size === 0 || size >= 0x7fff0000
}

/** Whether a 64-bit size is none: 0, −1, more than any file has, or a 32-bit placeholder that was widened. */
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
