import { type AudioEncoding, PRESETS, type VideoEncoding } from '../schema/encoding.js'

/** The encodings of an output. */
export interface StatedEncoding {
  readonly video?: VideoEncoding | 'copy' | 'none' | undefined
  readonly audio?: AudioEncoding | 'copy' | 'none' | undefined
  readonly args?: readonly string[] | undefined
}

type Preset = (typeof PRESETS)[number]

/** A video codec: its encoder, and the presets of x264 on that encoder's own scale. */
interface Codec {
  readonly encoder: string
  readonly preset: (name: Preset) => readonly string[]
  readonly always?: readonly string[]
  /** The codec tag in containers of the MP4 family. */
  readonly tag?: string
}

/** The value at a preset's position on another scale. */
const scaled = (name: Preset, scale: readonly number[]) => String(scale[PRESETS.indexOf(name)])

const CODECS: Readonly<Record<VideoEncoding['codec'], Codec>> = {
  h264: {
    encoder: 'libx264',
    preset: name => ['-preset', name],
    // Players decode 8-bit 4:2:0; a 10-bit source would give "High 10".
    always: ['-pix_fmt', 'yuv420p'],
  },
  hevc: { encoder: 'libx265', preset: name => ['-preset', name], tag: 'hvc1' },
  vp9: {
    encoder: 'libvpx-vp9',
    // https://ffmpeg.org/ffmpeg-codecs.html#libvpx: from 0, the slowest, to 8.
    preset: name => ['-deadline', 'good', '-cpu-used', scaled(name, [8, 7, 6, 5, 4, 2, 1, 1, 0])],
    always: ['-row-mt', '1'],
  },
  av1: {
    encoder: 'libsvtav1',
    // https://gitlab.com/AOMediaCodec/SVT-AV1/-/blob/master/Docs/CommonQuestions.md: from 0, the slowest, to 12.
    preset: name => ['-preset', scaled(name, [12, 12, 11, 10, 9, 8, 6, 4, 3])],
  },
}

/** The muxers with the codec tag that Apple's players expect. */
const MP4_FAMILY = new Set(['mp4', 'mov', 'ipod', 'ismv'])

/** Quality for a codec without a default quality: without it VP9 targets 200 kbit/s. */
const VP9_CRF = 32

const AUDIO_ENCODERS: Readonly<Record<AudioEncoding['codec'], string>> = {
  aac: 'aac',
  opus: 'libopus',
  mp3: 'libmp3lame',
  flac: 'flac',
  ac3: 'ac3',
  eac3: 'eac3',
}

/**
 * The ffmpeg arguments for an output of a job: those for `video`, those for `audio`, and its own.
 *
 * @param format - the muxer
 * @param keySeconds - seconds between key frames, unless the output specifies them: packages are cut at key frames
 */
export function encodingArguments(stated: StatedEncoding, format: string, keySeconds?: number): string[] {
  return [
    ...videoArguments(stated.video, format, keySeconds),
    ...audioArguments(stated.audio),
    ...(stated.args ?? []),
  ]
}

function videoArguments(
  video: StatedEncoding['video'],
  format: string,
  keySeconds: number | undefined,
): readonly string[] {
  if (video === undefined) return []
  if (video === 'none') return ['-vn']
  if (video === 'copy') return ['-c:v', 'copy']
  const { encoder, preset, always = [], tag } = CODECS[video.codec]
  const filters = [
    ...(video.frameRate === undefined ? [] : [`fps=${video.frameRate}`]),
    ...(video.height === undefined ? [] : [`scale=-2:${video.height}`]),
  ]
  return [
    ...(filters.length > 0 ? ['-vf', filters.join(',')] : []),
    ...['-c:v', encoder, ...preset(video.preset ?? 'medium')],
    ...always,
    ...(tag !== undefined && MP4_FAMILY.has(format) ? ['-tag:v', tag] : []),
    ...rateArguments(video),
    ...keyArguments(encoder, video.gopSeconds ?? keySeconds, video.frameRate),
  ]
}

function rateArguments({ codec, crf, maxBitrate }: VideoEncoding): readonly string[] {
  const quality = crf ?? (codec === 'vp9' ? VP9_CRF : undefined)
  const constant = quality === undefined ? [] : ['-crf', String(quality)]
  // For VP9 with a quality, the bit rate is a maximum, and 0 means none
  // (https://trac.ffmpeg.org/wiki/Encode/VP9).
  if (codec === 'vp9') return [...constant, '-b:v', String(maxBitrate ?? 0)]
  if (maxBitrate === undefined) return constant
  return [...constant, '-maxrate', String(maxBitrate), '-bufsize', String(2 * maxBitrate)]
}

/** Key frames only at fixed times, independent of the frame rate, so that all renditions are cut at the same times. */
function keyArguments(
  encoder: string,
  seconds: number | undefined,
  frameRate: string | undefined,
): readonly string[] {
  if (seconds === undefined) return []
  if (encoder === 'libsvtav1') return svtKeyArguments(seconds, frameRate)
  const forced = ['-force_key_frames', `expr:gte(t,n_forced*${seconds})`]
  if (encoder === 'libx264') return [...forced, '-forced-idr', '1', '-sc_threshold', '0']
  if (encoder === 'libx265') return [...forced, '-forced-idr', '1', '-x265-params', 'scenecut=0:open-gop=0']
  return forced
}

/**
 * SVT-AV1 ignores forced key frames, and its interval in seconds is one frame too long. So if the frame rate is known,
 * the interval is given in frames.
 */
function svtKeyArguments(seconds: number, frameRate: string | undefined): readonly string[] {
  if (frameRate === undefined) return ['-svtav1-params', `keyint=${seconds}s:scd=0:irefresh-type=2`]
  const [numerator = 1, denominator = 1] = frameRate.split('/').map(Number)
  const frames = Math.max(1, Math.round((seconds * numerator) / denominator))
  return ['-g', String(frames), '-svtav1-params', 'scd=0:irefresh-type=2']
}

function audioArguments(audio: StatedEncoding['audio']): readonly string[] {
  if (audio === undefined) return []
  if (audio === 'none') return ['-an']
  if (audio === 'copy') return ['-c:a', 'copy']
  const { codec, bitrate, channels, sampleRate } = audio
  return [
    ...['-c:a', AUDIO_ENCODERS[codec]],
    ...(bitrate === undefined ? [] : ['-b:a', String(bitrate)]),
    ...(channels === undefined ? [] : ['-ac', String(channels)]),
    ...(sampleRate === undefined ? [] : ['-ar', String(sampleRate)]),
  ]
}
