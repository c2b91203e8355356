import t from 'tap'
import {
  aacConfig,
  ac3Shape,
  decoderConfig,
  eac3Shape,
  flacShape,
  opusShape,
} from '../../../lib/mp4/movie/audio-config.js'
import { esds, u8 } from '../../support/fmp4.js'

const bits = (text: string): Uint8Array => {
  const digits = text.replaceAll(' ', '')
  const bytes = digits.padEnd(Math.ceil(digits.length / 8) * 8, '0').match(/.{8}/g)!
  return Uint8Array.from(bytes, byte => parseInt(byte, 2))
}

t.test('finds the configuration within its descriptors, with or without optional fields', async t => {
  const plain = esds(0x40, [0x11, 0x90]).subarray(8)
  t.same(decoderConfig(plain), { objectTypeIndication: 0x40, specificInfo: u8(0x11, 0x90) })
  // Stream dependence, a URL of three characters, and an OCR stream, with lengths of one byte.
  const config = [4, 17, 0x6b, 0x15, ...Array<number>(11).fill(0), 5, 2, 9, 9]
  const es = [0, 1, 0xe0, 0, 2, 3, 0x61, 0x62, 0x63, 0, 3, ...config]
  const full = u8(0, 0, 0, 0, 3, es.length, ...es)
  t.same(decoderConfig(full), { objectTypeIndication: 0x6b, specificInfo: u8(9, 9) })
})

t.test('reads an esds cut anywhere as far as it goes, and never throws', async t => {
  const whole = esds(0x40, [0x11, 0x90]).subarray(8)
  for (let length = 0; length < whole.length; length++) {
    const config = decoderConfig(whole.subarray(0, length))
    t.ok(config === undefined || config.objectTypeIndication === 0x40, `${length} bytes`)
  }
  t.equal(
    decoderConfig(u8(0, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff, 0x7f)),
    undefined,
    'a length without an end',
  )
})

t.test('reads object type, rate and channels of AAC', async t => {
  t.same(aacConfig(bits('00010 0011 0010 000')), { objectType: 2, sampleRate: 48_000, channels: 2 })
  t.same(aacConfig(bits('00010 0100 0111 000')), { objectType: 2, sampleRate: 44_100, channels: 8 })
  t.same(
    aacConfig(bits('00010 1111 000000001011101110000000 0001')),
    { objectType: 2, sampleRate: 48_000, channels: 1 },
    'a rate outside the list',
  )
  t.same(
    aacConfig(bits('00101 0110 0010 0011')),
    { objectType: 5, sampleRate: 48_000, channels: 2 },
    'HE-AAC has twice the rate of its core',
  )
  t.same(
    aacConfig(bits('11101 0110 0001 0011')),
    { objectType: 29, sampleRate: 48_000, channels: 2 },
    'HE-AAC v2 decodes one channel to stereo',
  )
  t.equal(aacConfig(bits('11111 001010 0011 0010'))?.objectType, 42, 'xHE-AAC')
  t.equal(aacConfig(u8(0x11)), undefined, 'too short')
})

t.test('reads channels of AC-3 and E-AC-3 with the LFE, and those of a dependent substream', async t => {
  t.same(ac3Shape(bits('00 01000 000 111 1 00000 00000')), { sampleRate: 48_000, channels: 6 })
  t.same(ac3Shape(bits('01 01000 000 010 0 00000 00000')), { sampleRate: 44_100, channels: 2 })
  const independent = '0000000000000 000 00 10000 0 0 000 111 1 000'
  t.same(eac3Shape(bits(`${independent} 0000 0`)), { sampleRate: 48_000, channels: 6 })
  t.same(
    eac3Shape(bits(`${independent} 0001 000000010`)),
    { sampleRate: 48_000, channels: 8 },
    'with Lrs/Rrs',
  )
})

t.test('reads Opus and FLAC', async t => {
  t.same(opusShape(u8(0, 6, 1, 56)), { sampleRate: 48_000, channels: 6 })
  const block = `${'0'.repeat(10 * 8)} 00010111011100000000 001 01111`
  t.same(flacShape(Buffer.concat([Buffer.alloc(8), bits(block)])), { sampleRate: 96_000, channels: 2 })
  t.same(flacShape(u8(0)), { sampleRate: undefined, channels: undefined })
})
