import type { Pattern } from './symptom-pattern.js'

const ARGUMENT = 'An argument is misspelt, misplaced, or not known to this version of ffmpeg.'
const PRESETS =
  'x264 and x265 have the presets ultrafast, superfast, veryfast, faster, fast, medium, slow, slower, veryslow and ' +
  'placebo; "ffmpeg -h encoder=libx264" lists the rest.'

const PROFILES =
  'libx264 has the profiles baseline, main, high, high10, high422 and high444, and libx265 main, main10 and others: ' +
  '"ffmpeg -h encoder=libx264".'

/** Messages that blame an argument, most specific first. */
export const ARGUMENT_SYMPTOMS: readonly Pattern[] = [
  {
    code: 'AVIO_ERR_FFMPEG_ARGUMENT',
    messages: [/^(?:width|height) not divisible by 2 \(\d+x\d+\)$/],
    remedy:
      'This pixel format needs an even width and height: scale with "-2" for one of them, "scale=-2:720".',
  },
  {
    code: 'AVIO_ERR_FFMPEG_ARGUMENT',
    messages: [/^\w+ profile doesn't support .*$/],
    remedy:
      'Choose a pixel format that the profile supports ("-pix_fmt yuv420p" suits every profile), or omit "-profile:v".',
  },
  {
    code: 'AVIO_ERR_FFMPEG_ARGUMENT',
    messages: [/^invalid (?:preset|tune)\b.*$/i],
    remedy: PRESETS,
  },
  {
    code: 'AVIO_ERR_FFMPEG_ARGUMENT',
    messages: [/^invalid profile\b.*$/i],
    remedy: PROFILES,
  },
  {
    code: 'AVIO_ERR_FFMPEG_ARGUMENT',
    messages: [/^Error setting preset\/tune .*$/],
    remedy: PRESETS,
  },
  {
    code: 'AVIO_ERR_FFMPEG_ARGUMENT',
    messages: [/^Error setting profile .*$/],
    remedy: PROFILES,
  },
  {
    code: 'AVIO_ERR_FFMPEG_ARGUMENT',
    messages: [
      /^Unrecognized option '.*'\.$/,
      /^Option .* not found\.?$/,
      /^Option .* cannot be applied to .*$/,
      /^Missing argument for option '.*'\.$/,
      /^Invalid (?:duration specification for|duration for option|stream specifier:) .*$/,
      /^Error setting option .* to value .*$/,
      /^Error applying option '.*' to filter '.*': .*$/,
      /^Error parsing bitstream filter sequence '.*': .*$/,
    ],
    remedy: ARGUMENT,
  },
  {
    code: 'AVIO_ERR_FFMPEG_ARGUMENT',
    messages: [
      /^Unable to parse .*option value ".*".*$/,
      /^(?:Invalid framerate value|Unknown pixel format requested): .*$/,
      /^Invalid (?:sample|pixel) format '.*'$/,
      /^Specified (?:sample rate|sample format|pixel format|channel layout) .* not supported\b.*$/,
      /^Invalid too big or non positive size .*$/,
      /^Cannot parse expression for \w+: '.*'$/,
    ],
    remedy: ARGUMENT,
  },
  {
    code: 'AVIO_ERR_FFMPEG_ARGUMENT',
    component: /^SWR$/,
    messages: [/^\w+ channel layout ".*" is invalid or unsupported\.$/],
    level: 'warning',
    remedy: ARGUMENT,
  },
  {
    code: 'AVIO_ERR_FFMPEG_ARGUMENT',
    messages: [
      /^Failed to set value '.*' for option '.*': .*$/,
      /^Error (?:parsing|setting) option .*$/,
      /^Error parsing filterchain '.*' around:.*$/,
    ],
    remedy: `${ARGUMENT} Check the filter and its options.`,
  },
  {
    code: 'AVIO_ERR_FFMPEG_ARGUMENT',
    messages: [/^Error parsing options for (?:input|output) file .*$/],
    remedy: ARGUMENT,
    isVague: true,
  },
]
