import { Box } from '../../lib/mp4/boxes/box.js'
import { box, fullBox, u16, u32, u64, u8 } from './fmp4.js'

/** The content of a sample table. */
export interface TablesSpec {
  /** Runs of decode durations: number of samples, ticks of each. */
  durations: readonly (readonly [count: number, ticks: number])[]
  /** Runs of composition offsets. */
  compositions?: readonly (readonly [count: number, ticks: number])[]
  /** Sizes of the samples, or one size and the number of samples. */
  sizes: readonly number[] | { readonly count: number; readonly size: number }
  /** Bits of an entry of `stz2`; `stsz` if omitted. */
  bits?: 4 | 8 | 16
  /** Numbers of the sync samples, from 1; all samples if omitted. */
  sync?: readonly number[]
  /** The map: first chunk, samples a chunk. */
  map: readonly (readonly [first: number, samples: number])[]
  /** Offsets of the chunks. */
  chunks: readonly number[]
  /** Writes `co64`. */
  long?: boolean
}

/** The tables of `stbl`, without `stsd`: for `TrackSpec.tables`. */
export function tables(spec: TablesSpec): Buffer {
  const runs = (type: string, rows: readonly (readonly [number, number])[]) =>
    fullBox(type, 0, 0, u32(rows.length, ...rows.flat()))
  const { count, length } = { count: spec.chunks.length, length: spec.map.length }
  return Buffer.concat([
    runs('stts', spec.durations),
    spec.compositions ? runs('ctts', spec.compositions) : u8(),
    spec.sync ? fullBox('stss', 0, 0, u32(spec.sync.length, ...spec.sync)) : u8(),
    fullBox('stsc', 0, 0, u32(length, ...spec.map.flatMap(([first, samples]) => [first, samples, 1]))),
    sizes(spec),
    spec.long
      ? fullBox('co64', 0, 0, u32(count), u64(...spec.chunks))
      : fullBox('stco', 0, 0, u32(count, ...spec.chunks)),
  ])
}

function sizes({ sizes: given, bits }: TablesSpec): Buffer {
  if (!Array.isArray(given)) {
    const { count, size } = given as { count: number; size: number }
    return fullBox('stsz', 0, 0, u32(size, count))
  }
  const list = given as readonly number[]
  if (bits === undefined) return fullBox('stsz', 0, 0, u32(0, list.length, ...list))
  const halves = (n: number) => ((list[2 * n]! & 15) << 4) | ((list[2 * n + 1] ?? 0) & 15)
  const packed =
    bits === 8 ? u8(...list) : u8(...Array.from({ length: Math.ceil(list.length / 2) }, (_, n) => halves(n)))
  return fullBox('stz2', 0, 0, u8(0, 0, 0, bits), u32(list.length), bits === 16 ? u16(...list) : packed)
}

/** The same as a box. */
export function sampleTableBox(spec: TablesSpec): Box {
  return topLevel(box('stbl', tables(spec)))
}

/** A parsed box whose bytes are the whole file. */
export function topLevel(bytes: Buffer): Box {
  return Box.topLevel(bytes, 0, bytes.length, 0, 0)
}
