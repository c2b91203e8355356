import t from 'tap'
import { sniffAudio } from '../../../lib/ffmpeg/input/audio-sniffer.js'
import { TsTables } from '../../../lib/ffmpeg/input/ts-tables.js'
import * as media from '../../support/media.js'
import { associations, mapOf, mediaPackets, tablePackets } from '../../support/transport.js'

/** Sniffs a head that grows by `step` bytes; returns its length at the verdict, and the format. */
function sniffed(bytes: Buffer, step: number, start = 0): { length: number; format: string | undefined } {
  let head = bytes.subarray(0, step)
  for (;;) {
    const { format, wanted } = sniffAudio(head, start)
    if (wanted <= head.length || head.length === bytes.length) return { length: head.length, format }
    head = bytes.subarray(0, head.length + step)
  }
}

t.test('detects raw AAC by two headers, in any chunking', async t => {
  const adts = await media.ffmpegToPipe([...media.audioInput(), ...media.AAC, '-f', 'adts'])
  const frame = ((adts[3]! & 3) << 11) | (adts[4]! << 3) | (adts[5]! >> 5)
  t.same(sniffed(adts, 1), { length: frame + 8, format: 'aac' })
  const tagged = Buffer.concat([Buffer.alloc(500), adts])
  t.same(sniffed(tagged, 1, 500), { length: 500 + frame + 8, format: 'aac' }, 'after a tag')
})

t.test('requests at most half a MiB of undecided bytes, in growing steps', t => {
  const nothing = Buffer.alloc(2 ** 20, 0x5a)
  let looks = 0
  let bytes = 0
  let length = 1
  for (let wanted = 1; ; looks++) {
    bytes += length
    wanted = sniffAudio(nothing.subarray(0, length)).wanted
    if (wanted <= length) break
    length = wanted
  }
  t.equal(length, 512 * 1024)
  t.ok(bytes < 12 * length, `${bytes} bytes in ${looks} looks`)
  t.end()
})

t.test('detects other audio, which needs no unwrapping, by two headers', async t => {
  const tone = media.audioInput()
  const kinds = {
    'mp3 of 44.1 kHz': [
      '-ar',
      '44100',
      '-c:a',
      'libmp3lame',
      '-b:a',
      '128k',
      '-write_xing',
      '0',
      '-f',
      'mp3',
    ],
    'mp3 of 22.05 kHz': [
      '-ar',
      '22050',
      '-c:a',
      'libmp3lame',
      '-b:a',
      '64k',
      '-write_xing',
      '0',
      '-f',
      'mp3',
    ],
    mp2: ['-c:a', 'mp2', '-f', 'mp2'],
    'mp2 of 24 kHz': ['-ar', '24000', '-c:a', 'mp2', '-b:a', '64k', '-f', 'mp2'],
    ac3: ['-c:a', 'ac3', '-f', 'ac3'],
    'ac3 of 44.1 kHz': ['-ar', '44100', '-c:a', 'ac3', '-f', 'ac3'],
    eac3: ['-c:a', 'eac3', '-f', 'eac3'],
    latm: [...media.AAC, '-f', 'latm'],
    dts: ['-c:a', 'dca', '-strict', '-2', '-f', 'dts'],
  }
  for (const [name, args] of Object.entries(kinds)) {
    const bytes = await media.ffmpegToPipe([
      ...tone,
      ...args,
      ...(args.includes('mp3') ? ['-id3v2_version', '0'] : []),
    ])
    let head: Buffer = Buffer.alloc(0)
    for (let sniffed = sniffAudio(head); sniffed.audio === undefined; sniffed = sniffAudio(head)) {
      if (head.length >= bytes.length || sniffed.wanted <= head.length) break
      head = bytes.subarray(0, sniffed.wanted)
    }
    t.equal(sniffAudio(head).audio, 'other', name)
    t.ok(head.length < 4096, `${name}: ${head.length} bytes`)
  }
})

t.test('reads the tables of a transport stream, and its media if ffmpeg has to choose', t => {
  const head = (...streams: [number, number][]) =>
    Buffer.concat([
      tablePackets(0x1ffe, Buffer.alloc(10), 3),
      tablePackets(0, associations([1, 0x100])),
      tablePackets(0x100, mapOf(1, streams)),
    ])
  const adts = head([0x1b, 0x101], [0x0f, 0x102])
  const { length } = adts
  t.match(sniffAudio(adts), { audio: 'adts', wanted: length, wantedByFfmpeg: length + 1 })
  t.match(sniffAudio(head([0x1b, 0x101], [0x11, 0x102])), { audio: 'other', wanted: length })
  t.match(sniffAudio(head([0x1b, 0x101])), { audio: 'other' }, 'no audio at all')
  const mixed = head([0x0f, 0x101], [0x81, 0x102])
  t.match(sniffAudio(mixed), { audio: undefined, wanted: length + 1, wantedByFfmpeg: length + 1 })
  const begun = Buffer.concat([mixed, mediaPackets(0x101, 2), mediaPackets(0x102, 2)])
  t.match(sniffAudio(begun), { audio: undefined, wanted: begun.length, wantedByFfmpeg: begun.length })
  const tables = new TsTables()
  for (let n = 0; n < begun.length; n++) sniffAudio(begun.subarray(0, n), 0, tables)
  t.equal(tables.visited, begun.length / 188 - 1, 'each packet is read once')
  t.end()
})
