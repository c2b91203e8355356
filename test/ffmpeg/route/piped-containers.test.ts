import t from 'tap'
import { HeadWalk } from '../../../lib/ffmpeg/input/metadata-walk.js'
import { PIPED, pipeProof } from '../../../lib/ffmpeg/route/piped-containers.js'
import { SELF_CONTAINED } from '../../../lib/ffmpeg/args/safe-demuxers.js'
import { audioInput, ffmpegToPipe, transportStream } from '../../support/media.js'
import { behindId3 } from '../../sweep/surgery.js'

const proofOf = (head: Buffer, format?: string) => pipeProof(head, format, new HeadWalk())
const padded = (start: string, length = 2000) =>
  Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(length)])

t.test('lists in each row only demuxers that may open an input', async t => {
  for (const names of PIPED)
    t.ok(
      names.split(' ').every(name => SELF_CONTAINED.includes(name)),
      names,
    )
})

t.test('asks for sixteen bytes first, and proves nothing for unknown containers', async t => {
  for (const length of [0, 1, 15]) t.same(proofOf(Buffer.alloc(length)), { kind: 'open', wanted: 16 })
  for (const start of ['GIF89a', '\x89PNG\r\n\x1a\n', 'II*\0', 'caff', 'RIFF0000AVI ', 'BM']) {
    t.same(proofOf(padded(start)), { kind: 'other', reason: 'container' }, start)
  }
})

t.test('names what a pipe loses of some containers', async t => {
  for (const [start, what] of [
    ['FORM0000AIFF', /tags/],
    ['TTA1', /tags/],
    ['wvpk', /tags/],
    ['\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01', /index/],
  ] as const) {
    t.match(proofOf(padded(start)), { kind: 'other', reason: 'container', what }, start)
  }
})

t.test('recognizes a container by its signature', async t => {
  for (const start of ['FLV\x01', 'OggS', 'fLaC', 'DKIF', 'YUV4MPEG2 ', '.snd', 'WEBVTT\n', '\0\0\x01\xba']) {
    t.same(proofOf(padded(start)), { kind: 'same' }, start)
  }
})

t.test('recognizes a transport stream by the sync bytes of three packets, of each size', async t => {
  const stream = await transportStream()
  for (const length of [16, 100, 188, 376]) {
    const proof = proofOf(stream.subarray(0, length))
    t.ok(proof.kind === 'open' && proof.wanted > length && proof.wanted < 500, `${length}`)
  }
  t.same(proofOf(stream.subarray(0, 377)), { kind: 'same' })
  for (const [size, sync] of [
    [192, 4],
    [204, 0],
  ] as const) {
    const packets = Buffer.alloc(3 * size)
    for (const n of [0, 1, 2]) packets[sync + n * size] = 0x47
    t.same(proofOf(packets), { kind: 'same' }, `${size}`)
    packets[sync + 2 * size] = 0x48
    t.match(proofOf(packets), { kind: 'other' })
  }
})

t.test('recognizes audio by two consecutive frames, also after a tag', async t => {
  const adts = await ffmpegToPipe([...audioInput(), '-c:a', 'aac', '-f', 'adts'])
  const ac3 = await ffmpegToPipe([...audioInput(), '-c:a', 'ac3', '-f', 'ac3'])
  t.match(proofOf(adts), { kind: 'unless-behind' })
  t.match(proofOf(behindId3(adts)), { kind: 'unless-behind' })
  t.match(proofOf(behindId3(adts).subarray(0, 500)), { kind: 'open' })
  t.same(proofOf(ac3), { kind: 'same' })
  t.match(proofOf(behindId3(ac3)), { kind: 'other' }, 'unproven')
  const open = proofOf(ac3.subarray(0, 20))
  t.ok(open.kind === 'open' && open.wanted > 20)
  const cut = Buffer.concat([ac3.subarray(0, 20), Buffer.alloc(2000)])
  t.match(proofOf(cut), { kind: 'other' })
})

t.test('proves nothing for an MP3, which keeps the padding at its end on a pipe', async t => {
  const mp3 = await ffmpegToPipe([...audioInput(), '-c:a', 'libmp3lame', '-f', 'mp3', '-write_xing', '0'])
  t.match(proofOf(mp3), { kind: 'other', reason: 'container' })
})

t.test('decides on a tag larger than the limit without reading more of it', async t => {
  const tag = Buffer.concat([Buffer.from('ID3\x04\0\0\x0f\x7f\x7f\x7f', 'latin1'), Buffer.alloc(100)])
  t.same(proofOf(tag), { kind: 'other', reason: 'container' })
})

t.test('trusts the format named by the user, in upper or lower case', async t => {
  const nothing = Buffer.alloc(100)
  for (const format of ['s16le', 'h264', 'RawVideo', 'image2pipe', 'mpegts', 'ogg']) {
    t.same(proofOf(nothing, format), { kind: 'same' }, format)
  }
  for (const format of ['gif', 'mxf', 'mp3', 'avi', 'tiff_pipe', 'caf']) {
    t.same(proofOf(nothing, format), { kind: 'other', reason: 'container' }, format)
  }
  t.match(proofOf(nothing, 'aac'), { kind: 'unless-behind' })
  t.same(proofOf(Buffer.alloc(3), 'matroska'), { kind: 'open', wanted: 16 })
})
