import { elementAt } from '../../lib/matroska/element.js'
import { ID } from '../../lib/matroska/segment.js'
import { element, seekHead } from '../support/ebml.js'
import { type Piece, every, putTogether, takeApart } from '../support/surgery.js'

/** An edit of the bytes of a file. */
export type Surgery = (bytes: Buffer) => Buffer

/** An ID3v2 tag of `length` bytes: a header, then padding. */
function id3v2(length: number): Buffer {
  const tag = Buffer.alloc(length)
  tag.write('ID3\u0004', 0, 'latin1')
  for (const [n, at] of [6, 7, 8, 9].entries()) tag[at] = ((length - 10) >> (21 - 7 * n)) & 127
  return tag
}

/** Prepends a tag, as some tools do for any audio format. */
export const behindId3: Surgery = bytes => Buffer.concat([id3v2(2000), bytes])

/** Appends an ID3v1 tag. */
export const withId3v1: Surgery = bytes => {
  const tag = Buffer.alloc(128)
  tag.write('TAG', 0)
  tag.write('A title', 3)
  tag.write('An artist', 33)
  return Buffer.concat([bytes, tag])
}

/** Appends an APEv2 tag, with a header and a footer. */
export const withApeTag: Surgery = bytes => {
  const items = Object.entries({ Title: 'A title', Artist: 'An artist' }).map(([key, value]) => {
    const header = Buffer.alloc(8)
    header.writeUInt32LE(value.length, 0)
    return Buffer.concat([header, Buffer.from(`${key}\0${value}`)])
  })
  const content = Buffer.concat(items)
  const side = (flags: number) => {
    const header = Buffer.alloc(32)
    header.write('APETAGEX', 0)
    header.writeUInt32LE(2000, 8)
    header.writeUInt32LE(content.length + 32, 12)
    header.writeUInt32LE(items.length, 16)
    header.writeUInt32LE(flags, 20)
    return header
  }
  return Buffer.concat([bytes, side(0xa0000000), content, side(0x80000000)])
}

/** Appends an INFO list after the samples of a WAV. */
export const withListBehind: Surgery = bytes => {
  const info = (id: string, text: string) => {
    const header = Buffer.alloc(8)
    header.write(id, 0)
    header.writeUInt32LE(text.length, 4)
    return Buffer.concat([header, Buffer.from(text)])
  }
  const content = Buffer.concat([Buffer.from('INFO'), info('INAM', 'A title '), info('IART', 'An artist ')])
  const list = Buffer.alloc(8)
  list.write('LIST', 0)
  list.writeUInt32LE(content.length, 4)
  const whole = Buffer.concat([bytes, list, content])
  whole.writeUInt32LE(whole.length - 8, 4)
  return whole
}

/** Makes an MP4 of 8 s play its second half first, like an editor that saves without encoding. */
export const backwardsEdits: Surgery = bytes => {
  const pieces = takeApart(bytes)
  const scaleAt = (box: Piece) => box.data!.readUInt32BE(12)
  const movie = scaleAt(every(pieces, 'mvhd')[0]!)
  for (const track of every(pieces, 'trak')) {
    const own = scaleAt(every([track], 'mdhd')[0]!)
    const old = every([track], 'elst')[0]
    const first = old?.data!.readInt32BE(12) ?? 0
    const list = Buffer.alloc(32)
    list.writeUInt32BE(2, 4)
    for (const [n, from] of [4, 0].entries()) {
      list.writeUInt32BE(4 * movie, 8 + 12 * n)
      list.writeInt32BE(first + from * own, 12 + 12 * n)
      list.writeUInt32BE(0x10000, 16 + 12 * n)
    }
    if (old) old.data = list
    else track.kids!.splice(1, 0, { type: 'edts', kids: [{ type: 'elst', data: list }] })
  }
  const grown = putTogether(pieces).length - bytes.length
  for (const { data } of every(pieces, 'stco')) {
    for (let at = 8; at < data!.length; at += 4) data!.writeUInt32BE(data!.readUInt32BE(at) + grown, at)
  }
  return putTogether(pieces)
}

interface Element {
  readonly type: number
  readonly start: number
  readonly content: number
  readonly end: number
}

/** The children of a Segment of known size, with elements of known sizes. */
function elements(bytes: Buffer, from: number, to: number): Element[] {
  const list: Element[] = []
  for (let at = from; at < to;) {
    const { id, start, end } = elementAt(bytes, at, 0)!
    list.push({ type: id, start: at, content: start, end })
    at = end
  }
  return list
}

/** Elements that are rebuilt, or not needed. */
const UNMOVED = new Set<number>([ID.seekHead, ID.cues, ID.void])

/** Moves elements of some types behind the clusters of a Matroska file, where mkvmerge puts Tags. */
const behindClusters =
  (...types: readonly number[]): Surgery =>
  bytes => {
    const segment = elements(bytes, 0, bytes.length).find(({ type }) => type === ID.segment)!
    const all = elements(bytes, segment.content, segment.end)
    const front = all.filter(({ type }) => !types.includes(type) && !UNMOVED.has(type))
    const behind = all.filter(({ type }) => types.includes(type))
    const pieces = [...front, ...behind].map(({ type, start, end }) => ({
      type,
      data: bytes.subarray(start, end),
    }))
    // Its length does not depend on the positions.
    const room = seekHead(...pieces.map(({ type }) => [type, 0] as const)).length
    const places: [number, number][] = []
    let at = room
    for (const { type, data } of pieces) {
      if (type !== ID.cluster) places.push([type, at])
      at += data.length
    }
    const head = seekHead(...places)
    const filler = element(ID.void, Buffer.alloc(room - head.length - 9))
    return Buffer.concat([
      bytes.subarray(0, segment.start),
      element(ID.segment, head, filler, ...pieces.map(({ data }) => data)),
    ])
  }

/** Tags behind the clusters. */
export const withTagsBehind = behindClusters(ID.tags)
/** Attachments behind the clusters. */
export const withAttachmentsBehind = behindClusters(ID.attachments)
/** Chapters behind the clusters. */
export const withChaptersBehind = behindClusters(ID.chapters)
