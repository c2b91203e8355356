import t from 'tap'
import { CONTAINER_BYTES, type Container, containerOf } from '../../../lib/ffmpeg/input/container-sniffer.js'

const BEGINNINGS: Record<Exclude<Container, 'other'>, Buffer> = {
  mp4: Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0', 'latin1'),
  matroska: Buffer.from([
    0x1a, 0x45, 0xdf, 0xa3, 0x93, 0x42, 0x82, 0x88, 0x6d, 0x61, 0x74, 0x72, 0x6f, 0x73, 0x6b, 0x61,
  ]),
  flac: Buffer.from('fLaC\0\0\0\x22\x10\0\x10\0\0\0\0\0', 'latin1'),
  ogg: Buffer.from('OggS\0\x02\0\0\0\0\0\0\0\0\x01\0', 'latin1'),
  id3: Buffer.from('ID3\x04\0\0\0\0\0\x10TIT2\0\0', 'latin1'),
  asf: Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex'),
  flv: Buffer.from('FLV\x01\x05\0\0\0\x09\0\0\0\0\x12\0\0', 'latin1'),
  wave: Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1'),
}

t.test('recognizes each container by its first bytes', async t => {
  for (const [container, bytes] of Object.entries(BEGINNINGS)) {
    t.equal(containerOf(bytes.subarray(0, CONTAINER_BYTES)), container)
  }
})

t.test('recognizes nothing in fewer bytes or unknown data', async t => {
  for (const bytes of Object.values(BEGINNINGS)) t.equal(containerOf(bytes.subarray(0, 2)), 'other')
  t.equal(containerOf(Buffer.from('<!DOCTYPE html>')), 'other')
  t.equal(containerOf(Buffer.alloc(0)), 'other')
})
