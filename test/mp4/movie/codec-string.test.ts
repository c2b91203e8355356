import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { codecString } from '../../../lib/mp4/movie/codec-string.js'
import { SampleEntry } from '../../../lib/mp4/movie/sample-entry.js'
import { avcC, box, esds, fullBox, u16, u8, videoSampleEntry } from '../../support/fmp4.js'

function codec(format: string, ...configs: Buffer[]): string {
  const bytes = videoSampleEntry(format, Buffer.concat(configs))
  return codecString(new SampleEntry(Box.topLevel(bytes, 0, bytes.length, 0, 0), 78))
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const nclx = (primaries: number, transfer: number, matrix: number, full: boolean): Buffer =>
  box('colr', 'nclx', u16(primaries, transfer, matrix), u8(full ? 0x80 : 0))

t.test('writes profile, constraints and level of H.264 in hex', async t => {
  t.equal(codec('avc1', avcC(0x64, 0, 0x28)), 'avc1.640028')
  t.equal(codec('avc3', avcC(0x42, 0xc0, 0x1e)), 'avc3.42c01e')
  t.equal(codec('avc1'), 'avc1', 'without its configuration')
  t.equal(codec('avc1', box('avcC', u8(1, 2))), 'avc1', 'with a truncated configuration')
})

t.test(
  'writes HEVC with profile, reversed compatibility flags, tier, level, and constraints without trailing zeros',
  async t => {
    // The examples of ISO/IEC 14496-15 Annex E.
    t.equal(codec('hev1', box('hvcC', hex('01 01 60000000 b00000000000 5d'))), 'hev1.1.6.L93.B0')
    t.equal(codec('hvc1', box('hvcC', hex('01 42 20000000 000000000000 78'))), 'hvc1.A2.4.L120')
    t.equal(codec('hvc1', box('hvcC', hex('01 22 20000000 900001000000 99'))), 'hvc1.2.4.H153.90.0.1')
    t.equal(codec('hvc1'), 'hvc1')
  },
)

t.test('writes profile, level and tier, and depth of AV1, and the rest only if unusual', async t => {
  t.equal(codec('av01', box('av1C', hex('81 04 0c 00'))), 'av01.0.04M.08')
  t.equal(codec('av01', box('av1C', hex('81 28 cc 00'))), 'av01.1.08H.10')
  t.equal(codec('av01', box('av1C', hex('81 48 60 00'))), 'av01.2.08M.12.0.000.01.01.01.0')
  t.equal(codec('av01', box('av1C', hex('81 04 1c 00'))), 'av01.0.04M.08.1.110.01.01.01.0', 'monochrome')
  t.equal(
    codec('av01', box('av1C', hex('81 04 4c 00')), nclx(9, 16, 9, false)),
    'av01.0.04M.10.0.110.09.16.09.0',
    'HDR, as in its specification',
  )
  t.equal(codec('av01', box('av1C', hex('81 04 0c 00')), nclx(1, 1, 1, false)), 'av01.0.04M.08')
  t.equal(codec('av01', box('av1C', hex('81 04 0c 00')), box('colr', 'prof')), 'av01.0.04M.08')
  t.equal(codec('av01'), 'av01')
})

t.test('writes profile, level and depth of VP9 and VP8, and the rest only if unusual', async t => {
  const vpcC = (...fields: number[]): Buffer => fullBox('vpcC', 1, 0, u8(...fields, 0, 0))
  t.equal(codec('vp09', vpcC(0, 10, 0x82, 1, 1, 1)), 'vp09.00.10.08')
  t.equal(codec('vp09', vpcC(0, 10, 0x80, 2, 2, 2)), 'vp09.00.10.08')
  t.equal(
    codec('vp09', vpcC(2, 10, 0xa3, 9, 16, 9)),
    'vp09.02.10.10.01.09.16.09.01',
    'as in its specification',
  )
  t.equal(codec('vp08', vpcC(0, 31, 0x82, 1, 1, 1)), 'vp08.00.31.08')
  t.equal(codec('vp09'), 'vp09')
})

t.test('writes the object type of MPEG-4, and the additions of its configuration', async t => {
  t.equal(codec('mp4a', esds(0x40, [0x11, 0x90])), 'mp4a.40.2')
  t.equal(codec('mp4a', esds(0x40, [0x2b, 0x11])), 'mp4a.40.5')
  t.equal(codec('mp4a', esds(0x40)), 'mp4a.40')
  t.equal(codec('mp4a', esds(0x6b)), 'mp4a.6B')
  t.equal(codec('mp4a', esds(0x69)), 'mp4a.69')
  t.equal(codec('mp4v', esds(0x20, [0, 0, 1, 0xb0, 9])), 'mp4v.20.9')
  t.equal(codec('mp4v', esds(0x20, [0, 0, 1, 0xb0, 0xf0])), 'mp4v.20.240')
  t.equal(codec('mp4v', esds(0x20, [1, 2, 3])), 'mp4v.20')
  t.equal(codec('mp4a'), 'mp4a')
})

t.test('writes Dolby Vision and MPEG-H', async t => {
  t.equal(codec('dvh1', box('dvcC', hex('01 00 0a 35'))), 'dvh1.05.06')
  t.equal(codec('dvhe', box('dvvC', hex('01 00 10 4d'))), 'dvhe.08.09')
  t.equal(codec('dvh1'), 'dvh1')
  t.equal(codec('mhm1', box('mhaC', u8(1, 0x0d))), 'mhm1.0x0D')
  t.equal(codec('mha1'), 'mha1')
})

t.test('writes only the name of a codec without parameters', async t => {
  for (const format of ['ac-3', 'ec-3', 'fLaC', 'alac', 'stpp', 'wvtt', 'tx3g'])
    t.equal(codec(format), format)
  t.equal(codec('Opus'), 'opus')
  t.equal(codec('.mp3'), 'mp3')
  t.equal(codec('raw '), 'raw')
  t.equal(codec('\r\0\0\0'), '????')
})

t.test('names a protected track by its original format', async t => {
  const sinf = box('sinf', box('frma', 'avc1'), fullBox('schm', 0, 0, 'cenc'))
  t.equal(codec('encv', avcC(0x64, 0, 0x28), sinf), 'avc1.640028')
  t.equal(codec('enca', box('sinf')), 'enca')
})

t.test('percent-encodes unsafe characters in a sample entry type', async t => {
  for (let code = 0x20; code < 0x7f; code++) {
    const character = String.fromCharCode(code)
    const named = codec(`a${character}b1`)
    t.match(named, /^[A-Za-z0-9.?_+!$*~%-]+$/, character)
    if (!/[A-Za-z0-9.?_+!$*~-]/.test(character)) t.equal(decodeURIComponent(named), `a${character}b1`)
  }
  t.equal(codec('a"b,'), 'a%22b%2C')
  t.equal(codec('\xa9nam'), '%A9nam')
})
