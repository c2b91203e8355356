import { AAC, H264_B_FRAMES, bothInputs, ffmpegToFile, videoInput } from './media.js'

/** Recordings of a screen on which nothing moves: what is shown at a time seldom begins there. */

/** Encoder arguments: H.264 with B-frames, and one key frame in all that tests make. */
export const LONG_GOP = [...H264_B_FRAMES, '-g', '250']

/** Encoder arguments: VP8 with as few key frames. */
export const VP8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-g', '250']

/** A screen that stands still from 2 s to 6 s, and is recorded until 8 s. */
export function stillScreen(
  name: string,
  args: readonly string[],
  sound: readonly string[],
): Promise<Buffer> {
  const options = { seconds: 8 }
  const input = sound.length > 0 ? bothInputs(options) : videoInput(options)
  const still = ['-vf', "select='lt(t,2)+gte(t,6)'", '-fps_mode', 'passthrough']
  return ffmpegToFile([...input, ...still, ...args, ...sound], name)
}

/** One for each container that is promised to be exact: name, and arguments for the picture and for the sound. */
export const STILL_SCREENS = [
  ['still.mp4', LONG_GOP, AAC],
  ['still.mov', LONG_GOP, AAC],
  ['still.mkv', LONG_GOP, AAC],
  ['still.webm', VP8, ['-c:a', 'libopus']],
  ['still.ts', LONG_GOP, AAC],
  ['still.gif', [], []],
] as const
