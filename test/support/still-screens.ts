import { AAC, H264_B_FRAMES, bothInputs, ffmpegToFile, videoInput } from './media.js'

/** Screen recordings without motion: at a given time, the frame shown has usually begun earlier. */

/** Encoder arguments: H.264 with B-frames and a single key frame. */
export const LONG_GOP = [...H264_B_FRAMES, '-g', '250']

/** Encoder arguments: VP8 with a single key frame. */
export const VP8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-g', '250']

/** A screen that is still from 2 s to 6 s; the recording ends at 8 s. */
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

/** One for each container with guaranteed exactness: name, and arguments for video and audio. */
export const STILL_SCREENS = [
  ['still.mp4', LONG_GOP, AAC],
  ['still.mov', LONG_GOP, AAC],
  ['still.mkv', LONG_GOP, AAC],
  ['still.webm', VP8, ['-c:a', 'libopus']],
  ['still.ts', LONG_GOP, AAC],
  ['still.gif', [], []],
] as const
