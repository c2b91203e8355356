import { z } from 'zod'

/**
 * Encodings from closed lists: an alternative to ffmpeg arguments, and the only choice of a job from a stranger.
 * Bit rates are in bits per second.
 */

/** Heights of the usual ladders, in pixels. */
export const HEIGHTS = [144, 240, 270, 360, 432, 480, 540, 720, 1080, 1440, 2160, 4320] as const
/** Frame rates of film, television and games. */
const FRAME_RATES = [
  ...['24000/1001', '24', '25', '30000/1001', '30', '48', '50', '60000/1001', '60'],
  ...['100', '120000/1001', '120'],
] as const
/** Presets, from the fastest to the best for its size; for VP9 and AV1 the nearest of their own scale. */
export const PRESETS = [
  ...['ultrafast', 'superfast', 'veryfast', 'faster', 'fast'],
  ...['medium', 'slow', 'slower', 'veryslow'],
] as const
/** Sample rates of audio, in hertz. */
export const SAMPLE_RATES = [8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000] as const
/** Channels: mono, stereo, 5.1, 7.1. */
export const CHANNELS = [1, 2, 6, 8] as const
/** Bit rates of audio, in bits per second. */
export const AUDIO_BITRATES = [
  ...[16, 24, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640],
].map(kilobits => kilobits * 1000)

const numbers = <const T extends readonly number[]>(list: T) =>
  z.literal(list as unknown as readonly [T[number], ...T[number][]])

const bitrate = z.int().min(10_000).max(500_000_000)

/** A video encoding. */
export const videoEncoding = z
  .strictObject({
    codec: z
      .enum(['h264', 'hevc', 'vp9', 'av1'])
      .describe('The encoders are libx264, libx265, libvpx-vp9 and libsvtav1.'),
    height: numbers(HEIGHTS)
      .optional()
      .describe('In pixels; the aspect ratio is kept. By default that of the input.'),
    frameRate: z.enum(FRAME_RATES).optional().describe('Frames per second. By default those of the input.'),
    preset: z.enum(PRESETS).optional().describe('Slower presets compress better. By default `medium`.'),
    crf: z
      .int()
      .min(0)
      .max(63)
      .optional()
      .describe('Constant quality: lower is better. H.264 and HEVC: 0 to 51. By default the encoder’s own.'),
    maxBitrate: bitrate
      .optional()
      .describe('The maximum, in bits per second, with a buffer of two seconds. By default unlimited.'),
    gopSeconds: z
      .number()
      .min(0.1)
      .max(60)
      .optional()
      .describe('Seconds between key frames. By default the encoder’s choice; 2 in a package.'),
  })
  .meta({ id: 'video', description: 'A video encoding.' })

/** An audio encoding. */
export const audioEncoding = z
  .strictObject({
    codec: z
      .enum(['aac', 'opus', 'mp3', 'flac', 'ac3', 'eac3'])
      .describe('The encoder of `opus` is libopus, that of `mp3` libmp3lame.'),
    bitrate: numbers(AUDIO_BITRATES).optional().describe('Bits per second. By default the encoder’s own.'),
    channels: numbers(CHANNELS).optional().describe('By default those of the input.'),
    sampleRate: numbers(SAMPLE_RATES).optional().describe('In hertz. By default that of the input.'),
  })
  .meta({ id: 'audio', description: 'An audio encoding.' })

const ways = ['copy', 'none'] as const

/** The video of an output: encoded, copied, or omitted. */
export const video = z
  .union([videoEncoding, z.enum(ways)])
  .describe('The encoding of the video. `copy` copies it, `none` omits it.')

/** The audio of an output: encoded, copied, or omitted. */
export const audio = z
  .union([audioEncoding, z.enum(ways)])
  .describe('The encoding of the audio. `copy` copies it, `none` omits it.')

/** A video encoding. */
export type VideoEncoding = z.infer<typeof videoEncoding>
/** An audio encoding. */
export type AudioEncoding = z.infer<typeof audioEncoding>
