import { AAC, H264, audioInput, ffmpegToFile, videoInput } from './media.js'

/**
 * A recording like an iPhone's: video, audio, and spatial audio (`apac`) that no ffmpeg decodes. Index first or last.
 */
export async function iphone(index: 'first' | 'last' = 'first'): Promise<Buffer> {
  const inputs = [
    ...videoInput({ seconds: 3 }),
    ...audioInput({ seconds: 3 }),
    ...audioInput({ seconds: 3, channels: 4 }),
  ]
  const maps = [0, 1, 2].flatMap(n => ['-map', String(n)])
  const faststart = index === 'first' ? ['-movflags', '+faststart'] : []
  const bytes = Buffer.from(
    await ffmpegToFile([...inputs, ...maps, ...H264, ...AAC, ...faststart], 'iphone.mov'),
  )
  const third = [1, 2, 3].reduce(at => bytes.indexOf('stsd', at + 1), bytes.indexOf('moov'))
  bytes.write('apac', third + 16, 'latin1')
  for (const name of ['wave', 'esds', 'frma']) {
    const at = bytes.indexOf(name, third)
    if (at > 0 && at < third + 400) bytes.write('free', at, 'latin1')
  }
  return bytes
}
