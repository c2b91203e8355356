import { atOnce } from '../../lib/io/async/turns.js'
import { Box } from '../../lib/mp4/boxes/box.js'
import { ChunkCursor } from '../../lib/mp4/index/chunk-cursor.js'
import { sampleTable } from '../../lib/mp4/movie/movie.js'
import { handlerType } from '../../lib/mp4/boxes/leaf-boxes.js'
import { SampleTable } from '../../lib/mp4/index/sample-table.js'
import { box } from './fmp4.js'

/**
 * Moves all audio of an ordinary MP4 after all video, as some cameras and editors write it and ffmpeg does not. The
 * samples of each track keep their order and the tables their size; only `stco` is rewritten.
 *
 * @param mp4 - an MP4 with its index in front (`fastStartMp4`)
 */
export function badlyInterleaved(mp4: Buffer): Buffer {
  const moov = topLevelBox(mp4, 'moov')
  const traks = moov.children.filter(({ type }) => type === 'trak')
  const isSound = (trak: Box) => handlerType(trak.needChild('mdia').needChild('hdlr')) === 'soun'
  const ordered = [...traks.filter(trak => !isSound(trak)), ...traks.filter(isSound)]

  const head = Buffer.from(mp4.subarray(0, topLevelBox(mp4, 'mdat').offset))
  const media: Buffer[] = []
  let position = head.length + 8
  for (const trak of ordered) {
    const stbl = sampleTable(trak)
    const stco = stbl.needChild('stco')
    const lengths = chunkLengths(stbl)
    const chunks = new ChunkCursor(stbl)
    for (let n = 0; chunks.next(); n++) {
      media.push(mp4.subarray(chunks.offset, chunks.offset + lengths[n]!))
      head.writeUInt32BE(position, stco.offset + 16 + 4 * n)
      position += lengths[n]!
    }
  }
  return Buffer.concat([head, box('mdat', ...media)])
}

function topLevelBox(mp4: Buffer, type: string): Box {
  for (let at = 0; at + 8 <= mp4.length; at += mp4.readUInt32BE(at)) {
    const end = at + mp4.readUInt32BE(at)
    if (mp4.toString('latin1', at + 4, at + 8) === type) return Box.topLevel(mp4, at, end, at, 0)
  }
  throw new Error(`no ${type}`)
}

/** Bytes of each chunk. */
function chunkLengths(stbl: Box): number[] {
  const samples = atOnce(SampleTable.read(stbl)).samples()
  const chunks = new ChunkCursor(stbl)
  const lengths: number[] = []
  while (chunks.next()) {
    let length = 0
    for (let n = 0; n < chunks.samples && samples.next(); n++) length += samples.size
    lengths.push(length)
  }
  return lengths
}
