import { type Part, boxPart, columnPart, numbersPart, writeLong } from '../boxes/box-writer.js'
import { Column, type RunColumn } from './packed-columns.js'
import type { SampleLog } from './sample-log.js'

/** Boxes of `stbl` that {@link tableParts} writes, and others that would contradict them. */
export const SAMPLE_TABLES: ReadonlySet<string> = new Set(
  'stts ctts cslg stss stps stsh sdtp stsc stsz stz2 stco co64 sbgp saiz saio subs padb stdp'.split(' '),
)

/**
 * The tables of a track (ISO/IEC 14496-12 §8.6, §8.7).
 *
 * @param log - its samples, complete
 * @param mediaStart - where the media starts in the file
 */
export function tableParts(log: SampleLog, mediaStart: number): Part[] {
  const parts = [runsPart('stts', 0, log.durations)]
  if (log.hasOffsets) parts.push(runsPart('ctts', log.hasNegativeOffset ? 1 : 0, log.offsets))
  if (log.syncTotal < log.count) {
    const numbers = columnPart(log.syncTotal, () => log.syncSamples())
    parts.push(boxPart('stss', [numbersPart(0, log.syncTotal), numbers]))
  }
  if (log.hasDependencies) parts.push(dependenciesPart(log))
  parts.push(chunkMapPart(log))
  const { sizes } = log
  const sizeTable = sizes ? [columnPart(log.count, () => sizes.values())] : []
  parts.push(boxPart('stsz', [numbersPart(0, log.constantSize, log.count), ...sizeTable]))
  parts.push(chunkOffsetsPart(log, mediaStart))
  return parts
}

function runsPart(type: string, version: number, column: RunColumn): Part {
  function* values(): Generator<number> {
    for (const run of column.entries()) yield* run
  }
  const { runs } = column
  return boxPart(type, [numbersPart(version * 2 ** 24, runs), columnPart(2 * runs, values)])
}

function dependenciesPart(log: SampleLog): Part {
  const table: Part = {
    size: log.count,
    write: (to, at) => {
      let next = at
      for (const [count, value] of log.dependencies.entries()) {
        to.fill(value, next, next + count)
        next += count
      }
    },
  }
  return boxPart('sdtp', [numbersPart(0), table])
}

/** `stsc`: an entry wherever the number of samples, or their sample entry, differs from the previous chunk. */
function chunkMapPart(log: SampleLog): Part {
  const rows = new Column()
  const samples = log.chunkSamples.values()
  let chunk = 0
  for (const [chunks, entry] of log.chunkEntries.entries()) {
    let last = 0
    for (let n = 0; n < chunks; n++) {
      chunk++
      const count = samples.next().value!
      if (count === last) continue
      for (const value of [chunk, count, entry]) rows.add(value)
      last = count
    }
  }
  return boxPart('stsc', [numbersPart(0, rows.length / 3), columnPart(rows.length, () => rows.values())])
}

function chunkOffsetsPart(log: SampleLog, mediaStart: number): Part {
  const count = log.chunkSamples.length
  if (mediaStart + log.lastChunk <= 0xffffffff) {
    function* values(): Generator<number> {
      for (const start of log.chunkStarts.values()) yield mediaStart + start
    }
    return boxPart('stco', [numbersPart(0, count), columnPart(count, values)])
  }
  const table: Part = {
    size: 8 * count,
    write: (to, at) => {
      let next = at
      for (const start of log.chunkStarts.values()) next = writeLong(to, mediaStart + start, next)
    },
  }
  return boxPart('co64', [numbersPart(0, count), table])
}
