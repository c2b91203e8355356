import { ffmpegToPipe } from '../support/media.js'

/**
 * Media that state their own time. Frame n of the source has n drawn in it; a beep of a tenth of a second begins at
 * each whole second, and its pitch identifies the second.
 */

export const FRAME_RATE = 25

export const SAMPLE_RATE = 48_000

/** How long a beep is, in seconds. */
export const BEEP = 0.1

/** The pitch of the beep at second n is this and n times the step, in hertz. */
export const PITCH = { first: 500, step: 100 }

/** A stretch of the source: its start and duration, in seconds. */
export interface Span {
  readonly from?: number
  readonly seconds: number
}

/**
 * Input arguments for the video: ten blocks in a row are the bits of the frame number, with the inverted bits below.
 */
export function pictureInput({ from = 0, seconds }: Span, size = '160x90'): string[] {
  const bit = `mod(floor((N+${Math.round(from * FRAME_RATE)})/pow(2\\,X))\\,2)`
  const drawn = `format=gray,geq=lum='255*abs(Y-${bit})'`
  const scaled = `scale=${size.replace('x', ':')}:flags=neighbor,format=yuv420p`
  return ['-f', 'lavfi', '-i', `color=black:s=10x2:r=${FRAME_RATE}:d=${seconds},${drawn},${scaled}`]
}

/** Input arguments for the audio. A faint rising tone under the beeps makes every fragment different. */
export function soundInput({ from = 0, seconds }: Span, volume = 0.5): string[] {
  const { first, step } = PITCH
  const beep = `${volume}*sin(2*PI*(${first}+${step}*floor(t+${from}))*t)*lt(mod(t\\,1)\\,${BEEP})`
  const tone = `${beep}+0.02*sin(2*PI*(150+7*(t+${from}))*t)`
  return ['-f', 'lavfi', '-i', `aevalsrc='${tone}':s=${SAMPLE_RATE}:d=${seconds}`]
}

/** Encoder arguments: B-frames, a key frame every two seconds. */
export const H264 = [
  ...['-c:v', 'libx264', '-preset', 'superfast', '-threads', '1', '-bf', '2', '-sc_threshold', '0'],
  ...['-force_key_frames', 'expr:gte(t,n_forced*2)', '-flags:v', '+bitexact'],
]

export const AAC = ['-c:a', 'aac', '-b:a', '96k', '-flags:a', '+bitexact']

/** Fragments as the library has ffmpeg write them; for audio every 200 ms. */
export const FRAGMENTED = ['-movflags', '+frag_keyframe+delay_moov+default_base_moof', '-f', 'mp4']

export const SHORT = ['-frag_duration', '200000']

/** How to make a stream. */
interface Making {
  readonly codec?: readonly string[]
  /** Arguments before the input. */
  readonly before?: readonly string[]
  /** Arguments after those of the codec. */
  readonly more?: readonly string[]
}

/** Fragmented video only. */
export function picture(span: Span, making: Making & { size?: string } = {}): Promise<Buffer> {
  const { codec = H264, before = [], more = [], size } = making
  return ffmpegToPipe([...before, ...pictureInput(span, size), ...codec, ...more, ...FRAGMENTED])
}

/** Fragmented audio only. */
export function sound(span: Span, making: Making & { volume?: number } = {}): Promise<Buffer> {
  const { codec = AAC, before = [], more = [], volume } = making
  return ffmpegToPipe([...before, ...soundInput(span, volume), ...codec, ...SHORT, ...more, ...FRAGMENTED])
}
