import t from 'tap'
import { SIGNATURES, type Signature, isFirstMp4Box } from '../../../lib/containers/extents/signature.js'

/** The first bytes of a file of each container. */
const HEADS: Record<keyof typeof SIGNATURES, string> = {
  mp4: '\0\0\0\x20ftypisom',
  matroska: '\x1a\x45\xdf\xa3\x9fB',
  avi: 'RIFF0000AVI LIST',
  wave: 'RIFF0000WAVEfmt ',
  longWave: 'RF640000WAVEds64',
  w64: 'riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0',
  aiff: 'FORM0000AIFCFVER',
  caf: 'caff\0\x01\0\0desc',
  au: '.snd\0\0\0\x18',
  asf: '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c',
  flv: 'FLV\x01\x05\0\0\0\x09',
  flac: 'fLaC\0\0\0\x22',
  tta: 'TTA1\x01\0',
  ogg: 'OggS\0\x02',
  wavpack: 'wvpk\x80\0\0\0',
  mpegPs: '\0\0\x01\xba\x44',
  mxf: '\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02\x04\0',
  nut: 'nut/multimedia container\0',
  ivf: 'DKIF\0\0\x20\0VP80',
  y4m: 'YUV4MPEG2 W320',
  webvtt: 'WEBVTT\n\n00:00',
  ass: '[Script Info]\n;',
  id3: 'ID3\x04\0\0\0\0\0\x10',
}
const NAMES = Object.keys(SIGNATURES) as (keyof typeof SIGNATURES)[]
const headOf = (name: keyof typeof SIGNATURES) => Buffer.from(HEADS[name].padEnd(16, '\0'), 'latin1')
const signatureOf = (name: keyof typeof SIGNATURES): Signature => SIGNATURES[name]

t.test('distinguishes all containers by their first 16 bytes', async t => {
  for (const name of NAMES) {
    const head = headOf(name).subarray(0, 16)
    t.same(
      NAMES.filter(other => signatureOf(other)(head)),
      [name],
    )
  }
})

t.test('matches nothing with too few bytes, or with those of another format', async t => {
  for (const name of NAMES) {
    for (const length of [0, 1, 2]) t.equal(signatureOf(name)(headOf(name).subarray(0, length)), false)
  }
  for (const other of ['RIFF0000WEBPVP8 ', 'RIFX0000WAVEfmt ', 'FORM0000ILBMBMHD', 'FLV\x09', 'FLV']) {
    const head = Buffer.from(other, 'latin1')
    t.same(
      NAMES.filter(name => signatureOf(name)(head)),
      [],
      other,
    )
  }
})

t.test('accepts an MP4 that begins with any box found before the media in real files', async t => {
  for (const type of ['ftyp', 'styp', 'moov', 'moof', 'mdat', 'free', 'uuid', 'sidx', 'emsg'])
    t.ok(isFirstMp4Box(type))
  for (const type of ['trak', 'WAVE', 'AVI ', '\0\0\0\0']) t.notOk(isFirstMp4Box(type))
})
