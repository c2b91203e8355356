import t from 'tap'
import { samplesIn, waveFormat } from '../../../lib/ffmpeg/headers/wave-format.js'

/** The body of a `fmt ` chunk. */
function format(tag: number, { blockSize = 4, extra = 0, subFormat = 0 } = {}): Buffer {
  const body = Buffer.alloc(40)
  body.writeUInt16LE(tag, 0)
  body.writeUInt16LE(blockSize, 12)
  body.writeUInt16LE(extra, 18)
  body.writeUInt16LE(subFormat, 24)
  return body
}

t.test('counts samples in blocks of one sample, or of the number that ADPCM states', async t => {
  for (const tag of [1, 3, 6, 7]) t.equal(samplesIn(waveFormat(format(tag)), 43), 10)
  for (const tag of [2, 0x11]) t.equal(samplesIn(waveFormat(format(tag, { extra: 505 })), 12), 3 * 505)
  t.equal(samplesIn(waveFormat(format(0xfffe, { subFormat: 3 })), 8), 2)
})

t.test('returns no number if the size does not determine it', async t => {
  t.equal(samplesIn(waveFormat(format(0x55)), 100), undefined, 'MP3')
  t.equal(samplesIn(waveFormat(format(1, { blockSize: 0 })), 100), undefined)
  t.equal(samplesIn(waveFormat(Buffer.alloc(3)), 100), undefined)
})

t.test('treats only integer PCM as plain, extensible or not', async t => {
  t.equal(waveFormat(format(1)).isPlain, true)
  t.equal(waveFormat(format(0xfffe, { subFormat: 1 })).isPlain, true)
  t.equal(waveFormat(format(0xfffe, { subFormat: 3 })).isPlain, false)
  t.equal(waveFormat(format(6)).isPlain, false)
})
