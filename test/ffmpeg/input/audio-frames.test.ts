import t from 'tap'
import { FRAME_HEADER, AUDIO_FRAMES } from '../../../lib/ffmpeg/input/audio-frames.js'
import * as media from '../../support/media.js'

const mp3 = (rate: string, bits: string) => {
  const encoder = ['-ar', rate, '-c:a', 'libmp3lame', '-b:a', bits]
  return [...encoder, '-write_xing', '0', '-id3v2_version', '0', '-f', 'mp3']
}

const STREAMS: readonly [name: string, codec: string, args: readonly string[]][] = [
  ['ADTS', 'adts', [...media.AAC, '-f', 'adts']],
  ['MP3', 'mpeg', mp3('44100', '128k')],
  ['MP3 of MPEG-2', 'mpeg', mp3('22050', '64k')],
  ['MP3 of MPEG-2.5', 'mpeg', mp3('8000', '16k')],
  ['MP2', 'mpeg', ['-c:a', 'mp2', '-f', 'mp2']],
  ['MP2 of MPEG-2', 'mpeg', ['-ar', '24000', '-c:a', 'mp2', '-b:a', '64k', '-f', 'mp2']],
  ['AC-3', 'ac3', ['-c:a', 'ac3', '-f', 'ac3']],
  ['AC-3 of 44.1 kHz', 'ac3', ['-ar', '44100', '-c:a', 'ac3', '-f', 'ac3']],
  ['AC-3 of 32 kHz', 'ac3', ['-ar', '32000', '-c:a', 'ac3', '-f', 'ac3']],
  ['E-AC-3', 'ac3', ['-c:a', 'eac3', '-f', 'eac3']],
  ['LATM', 'loas', [...media.AAC, '-f', 'latm']],
  ['DTS', 'dts', ['-c:a', 'dca', '-strict', '-2', '-f', 'dts']],
]

t.test('follows each frame to the next one, from the first to the end of the stream', async t => {
  for (const [name, codec, args] of STREAMS) {
    const bytes = await media.ffmpegToPipe([...media.audioInput(), ...args])
    const padded = Buffer.concat([bytes, Buffer.alloc(FRAME_HEADER)])
    let [at, frames] = [0, 0]
    while (at < bytes.length) {
      const found = AUDIO_FRAMES.filter(({ lengthAt }) => lengthAt(padded, at) > 0)
      if (found.length !== 1 || found[0]!.codec !== codec) break
      at += found[0]!.lengthAt(padded, at)
      frames++
    }
    t.equal(at, bytes.length, name)
    t.ok(frames > 10, `${name}: ${frames} frames`)
  }
})

t.test('finds no frame in other data', t => {
  for (const byte of [0, 0x47, 0x5a, 0xff]) {
    const bytes = Buffer.alloc(FRAME_HEADER, byte)
    t.ok(
      AUDIO_FRAMES.every(({ lengthAt }) => lengthAt(bytes, 0) === 0),
      byte.toString(16),
    )
  }
  t.end()
})
