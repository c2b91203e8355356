import { BoxReader } from '../../mp4/boxes/box-reader.js'
import type { Box } from '../../mp4/boxes/box.js'
import { sampleTable } from '../../mp4/movie/movie.js'
import { handlerType } from '../../mp4/boxes/leaf-boxes.js'
import { videoEntry } from '../../mp4/movie/sample-entry.js'
import type { Rendition } from './presentation.js'

/** Transfer characteristics of ISO/IEC 23091-2 §8.2, as `VIDEO-RANGE` wants them (RFC 8216bis §4.4.6.2). */
const RANGES = new Map<number, Rendition['videoRange']>([
  [1, 'SDR'],
  [6, 'SDR'],
  [13, 'SDR'],
  [14, 'SDR'],
  [15, 'SDR'],
  [16, 'PQ'],
  [18, 'HLG'],
])

/**
 * The video range of a track, from its `colr` box; `undefined` if the file doesn't state it.
 *
 * @param init - a checked initialization segment
 */
export function videoRange(init: Buffer): Rendition['videoRange'] {
  let moov: Box | undefined
  const reader = new BoxReader(
    {
      onBox: ({ type }) => (type === 'moov' ? 'collect' : 'pass'),
      onCollected: box => (moov = box),
      onPassed: () => undefined,
    },
    init.length,
  )
  reader.write(init)
  for (const trak of moov?.children ?? []) {
    if (trak.type !== 'trak' || handlerType(trak.needChild('mdia').needChild('hdlr')) !== 'vide') continue
    const first = sampleTable(trak).needChild('stsd').childrenFrom(8)[0]
    const colr = first && videoEntry(first).entry.config('colr', 10)
    if (colr?.toString('latin1', 0, 4) === 'nclx') return RANGES.get(colr.readUInt16BE(6))
  }
  return undefined
}
