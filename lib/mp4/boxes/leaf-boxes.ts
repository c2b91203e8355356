import { isError } from '../../errors.js'
import inspector, { type InspectedBox } from 'mux.js/lib/tools/mp4-inspector.js'
import emsgParser from 'mux.js/lib/mp4/emsg.js'
import type { Box } from './box.js'
import { MAX_EDITS, MAX_STRING } from './limits.js'

/**
 * The fields of single boxes, parsed by mux.js.
 *
 * mux.js trusts its input: a wrong size makes it throw any `DataView` error, a wrong count makes it loop. So it
 * gets one box at a time, never a container, whose length and counts were checked before; and anything it still
 * throws becomes an `Mp4Error` with the position. What it lacks (64-bit times truncated to 32, −1 in an edit
 * list of version 1, some flag bits) is read separately.
 */

/** `mvhd`: the clock of edit lists. */
export interface MovieHeader {
  readonly timescale: number
}

/** `tkhd`, as far as needed. */
export interface TrackHeader {
  readonly trackId: number
  /** Display width in pixels; 0 if not shown. */
  readonly width: number
  readonly height: number
}

/** `mdhd`, as far as needed. */
export interface MediaHeader {
  readonly timescale: number
  /** ISO 639-2/T; `und` if not stated. */
  readonly language: string
}

/** One entry of an edit list. */
export interface Mp4Edit {
  /** In the movie's timescale; 0 in a fragmented file means "to the end". */
  readonly segmentDuration: number
  /** Start of the edit in the track, in its timescale; −1 for an empty edit, which is a delay. */
  readonly mediaTime: number
  /** 1 plays, 0 dwells. */
  readonly mediaRate: number
}

/** Defaults for a track's samples where a fragment states nothing else. */
export interface SampleDefaults {
  /** In the track's timescale. */
  readonly duration: number
  /** In bytes. */
  readonly size: number
  /** The 32 bits of ISO/IEC 14496-12 §8.8.3.1. */
  readonly flags: number
}

/** One reference of a segment index. */
export interface SegmentReference {
  /** 1 for another `sidx`, 0 for media. */
  readonly referenceType: number
  /** In bytes. */
  readonly referencedSize: number
  /** In the index's timescale. */
  readonly subsegmentDuration: number
  readonly startsWithSap: boolean
}

/** `sidx`. */
export interface SegmentIndex {
  readonly referenceId: number
  readonly timescale: number
  readonly references: readonly SegmentReference[]
}

/** `emsg`. */
export interface EventMessage {
  readonly schemeIdUri: string
  readonly value: string
  readonly timescale: number
  /** In `timescale`. */
  readonly eventDuration: number
  readonly id: number
}

/** Reads an `mvhd`. */
export function movieHeader(box: Box): MovieHeader {
  return inspect(box, box.version === 1 ? 112 : 100, number => ({ timescale: number('timescale') }))
}

/** Reads a `tkhd`. */
export function trackHeader(box: Box): TrackHeader {
  return inspect(box, box.version === 1 ? 96 : 84, number => ({
    trackId: number('trackId'),
    width: number('width'),
    height: number('height'),
  }))
}

/** Reads an `mdhd`. */
export function mediaHeader(box: Box): MediaHeader {
  return inspect(box, box.version === 1 ? 36 : 24, (number, fields) => {
    // QuickTime's own language codes (below 0x400) decode to non-letters.
    const language = String(fields['language'])
    return { timescale: number('timescale'), language: /^[a-z]{3}$/.test(language) ? language : 'und' }
  })
}

/** Reads the handler type of an `hdlr`: `vide`, `soun` … */
export function handlerType(box: Box): string {
  // Without the name: mux.js throws if it isn't UTF-8, and QuickTime's are Pascal strings in Mac Roman.
  return inspect(box, 24, (_, fields) => String(fields['handlerType']))
}

/** Reads an `elst`. */
export function editList(box: Box): Mp4Edit[] {
  const count = box.u32(4)
  if (count > MAX_EDITS) throw box.error('AVIO_ERR_MP4_LIMIT', `${count} edits; the limit is ${MAX_EDITS}`)
  return inspect(box, 8 + count * (box.version === 1 ? 20 : 12), (_, fields) =>
    (fields['edits'] as Record<keyof Mp4Edit, number | bigint>[]).map(edit => ({
      segmentDuration: Number(edit.segmentDuration),
      mediaTime: Number(
        typeof edit.mediaTime === 'bigint' ? BigInt.asIntN(64, edit.mediaTime) : edit.mediaTime,
      ),
      mediaRate: Number(edit.mediaRate),
    })),
  )
}

/** Reads a `trex`: the track's id, and its defaults. */
export function trackExtends(box: Box): { trackId: number; defaults: SampleDefaults } {
  return inspect(box, 24, number => ({
    trackId: number('trackId'),
    defaults: {
      duration: number('defaultSampleDuration'),
      size: number('defaultSampleSize'),
      flags: box.u32(20),
    },
  }))
}

/** Reads a `sidx`. */
export function segmentIndex(box: Box): SegmentIndex {
  const table = box.version === 0 ? 24 : 32
  box.needLength(table)
  return inspect(box, table + box.u16(table - 2) * 12, (number, fields) => ({
    referenceId: number('referenceId'),
    timescale: number('timescale'),
    references: fields['references'] as SegmentReference[],
  }))
}

/** Reads an `emsg`; `undefined` for an unknown version, which readers must skip. */
export function eventMessage(box: Box): EventMessage | undefined {
  const version = box.version
  if (version > 1) return undefined
  const strings = version === 0 ? 4 : 24
  const end = afterString(box, afterString(box, strings)) + (version === 0 ? 16 : 0)
  box.needLength(end)
  // Without the message itself, which is unused.
  const content = new Uint8Array(box.content.subarray(0, end))
  const parsed = guard(box, () => emsgParser.parseEmsgBox(content))
  if (parsed === undefined) throw box.error('AVIO_ERR_MP4_BOX_INVALID', 'its scheme_id_uri is empty')
  return {
    schemeIdUri: parsed.scheme_id_uri.slice(0, -1),
    value: parsed.value.slice(0, -1),
    timescale: parsed.timescale,
    eventDuration: parsed.event_duration,
    id: parsed.id,
  }
}

/** End of the string at `at`, including its terminating zero. */
function afterString(box: Box, at: number): number {
  const length = box.content.subarray(at, at + MAX_STRING + 1).indexOf(0)
  if (length >= 0) return at + length + 1
  if (box.length - at <= MAX_STRING)
    throw box.error('AVIO_ERR_MP4_BOX_INVALID', 'a string in it is not terminated')
  throw box.error('AVIO_ERR_MP4_LIMIT', `a string in it has more than ${MAX_STRING} bytes`)
}

/**
 * Passes one box to mux.js and its fields to `read`, with a function that returns a required number. The box is
 * rebuilt from the first `length` bytes of its content: the rest is not read, and mux.js can't handle 64-bit
 * sizes.
 */
function inspect<T>(
  box: Box,
  length: number,
  read: (number: (name: string) => number, fields: InspectedBox) => T,
): T {
  box.needLength(length)
  const bytes = Buffer.alloc(8 + length)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.write(box.type, 4, 'latin1')
  box.content.copy(bytes, 8, 0, length)
  return guard(box, () => {
    const fields = inspector.inspect(bytes)[0] ?? {}
    const number = (name: string): number => {
      const value = fields[name]
      if (typeof value === 'number') return value
      throw new TypeError(`no ${name} in ${box.type}`)
    }
    return read(number, fields)
  })
}

/** Converts any mux.js exception to an `Mp4Error` with the position. */
function guard<T>(box: Box, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    const reason = isError(cause) ? cause.message : String(cause)
    throw box.error('AVIO_ERR_MP4_BOX_INVALID', `its content can't be read: ${reason}`, undefined, { cause })
  }
}
