import { ARGUMENT_SYMPTOMS } from './argument-symptoms.js'
import type { Pattern } from './symptom-pattern.js'

/**
 * What ffmpeg's messages mean, and what to do about them.
 *
 * Only messages at the level they really come at are looked at, and only whole known shapes of them: titles and
 * comments of a stranger's media are printed too (at level `info`), and may say "partial file" as well.
 * The wordings are those of ffmpeg 5.1 to 9.0; `test/fixtures/ffmpeg-logs` has logs of them.
 */

const CUT_SHORT =
  'The input ends before its own index says it does: it was cut when it was written or copied. Fetch or write it ' +
  'anew; what ffmpeg made of it is incomplete and was not passed off as whole.'

/** From the most to the least telling: of several that are found, the first here is the reason. */
export const SYMPTOMS: readonly Pattern[] = [
  {
    code: 'AVIO_ERR_MOOV_NOT_FOUND',
    // Since version 9 the demuxer that is being opened has no name yet.
    component: /^(?:mov,|in#\d)/,
    messages: [/^moov atom not found$/],
    remedy:
      'An MP4 without its index (moov) cannot be read: it was cut short, or its writer never finished it. Fetch or ' +
      'write it anew.',
  },
  {
    code: 'AVIO_ERR_INPUT_PARTIAL',
    component: /^mov,/,
    messages: [/^stream \d+, offset 0x[0-9a-f]+: partial file$/],
    remedy: CUT_SHORT,
    evenAtExit0: true,
  },
  {
    code: 'AVIO_ERR_INPUT_PARTIAL',
    component: /^matroska/,
    messages: [/^File ended prematurely(?: at pos\. \d+ \(0x[0-9a-f]+\))?$/],
    remedy: CUT_SHORT,
    evenAtExit0: true,
  },
  {
    // These demuxers call a packet corrupt for one reason only: the file ended within it. MPEG-TS has others, and
    // the last packet of a WAV that was written to a pipe (its size unknown) looks the same when all is there.
    code: 'AVIO_ERR_INPUT_PARTIAL',
    component: /^(?:mov,.*|avi|flv)$/,
    messages: [/^Packet corrupt \(stream = \d+, dts = (?:-?\d+|NOPTS)\)\.?$/],
    level: 'warning',
    remedy: CUT_SHORT,
    evenAtExit0: true,
  },
  {
    code: 'AVIO_ERR_OUTPUT_NOT_SEEKABLE',
    messages: [/^muxer does not support non[- ]seekable output$/],
    remedy:
      'This muxer goes back in its output, which a pipe does not allow. For the MP4 family leave the default ' +
      '"-movflags" in place; else choose a format that streams.',
  },
  {
    code: 'AVIO_ERR_OUTPUT_NOT_SEEKABLE',
    component: /^(?:matroska|webm)/,
    messages: [/^Error parsing AAC extradata, unable to determine samplerate\.$/],
    remedy:
      'Matroska fills in the setup of AAC that is copied from MPEG-TS or raw AAC later, which a pipe does not allow: ' +
      'encode it ("-c:a aac"), or write "mp4" or "nut".',
  },
  {
    code: 'AVIO_ERR_UNKNOWN_ENCODER',
    messages: [
      /^Unknown encoder '.*'$/,
      /^Encoder \(codec .*\) not found for output stream #\S+$/,
      /^(?:Automatic encoder selection failed|Default encoder for format) .*$/,
    ],
    remedy:
      'This build of ffmpeg lacks that encoder: choose one that "ffmpeg -encoders" lists, or another build.',
  },
  {
    code: 'AVIO_ERR_UNKNOWN_DECODER',
    messages: [
      /^Unknown decoder '.*'$/,
      /^Decoder \(codec .*\) not found for input stream #\S+$/,
      /^Decoding requested, but no decoder found for: .*$/,
    ],
    remedy:
      'This build of ffmpeg lacks that decoder: choose one that "ffmpeg -decoders" lists, or another build.',
  },
  {
    code: 'AVIO_ERR_UNKNOWN_DECODER',
    component: /^webp$/,
    messages: [/^skipping unsupported chunk: ANIM$/],
    level: 'warning',
    remedy:
      'The input is a WebP that moves, of which this ffmpeg can decode nothing: use a newer one, or make a GIF or an ' +
      'APNG of it.',
  },
  {
    code: 'AVIO_ERR_UNKNOWN_FILTER',
    messages: [/^No such filter: '.*'$/, /^Filter '.*' not found$/],
    remedy:
      'This build of ffmpeg lacks that filter, or the name is misspelt: "ffmpeg -filters" lists what there is.',
  },
  {
    code: 'AVIO_ERR_UNKNOWN_FORMAT',
    messages: [/^Unknown input format: .*$/, /^Requested output format '.*' is not .*$/],
    remedy:
      'This build of ffmpeg lacks that format, or the name is misspelt: "ffmpeg -formats" lists what there is.',
  },
  {
    code: 'AVIO_ERR_CODEC_NOT_IN_CONTAINER',
    messages: [
      /^Could not find tag for codec \S+ in stream #\d+, codec not currently supported in container$/,
      /^Only .* are supported for WebM\.$/,
      /^Unsupported codec id in stream \d+$/,
      /^Tag \S+ incompatible with output codec id '\d+' \(.*\)$/,
      /^Only \S+ streams can be muxed by the .* muxer$/,
      /^\S+ muxer supports only codec \S+ for type \w+$/,
      /^(?:Video|Audio|Subtitle) codec '?\S+ not compatible with \w+$/,
    ],
    remedy:
      'The container cannot hold that codec: encode the stream ("-c:v", "-c:a"), or choose another container.',
  },
  {
    code: 'AVIO_ERR_NO_SUCH_STREAM',
    messages: [
      /^Stream map '.*' matches no streams\.$/,
      /^Output file (?:#\d+ )?does not contain any stream$/,
      /^Stream specifier '.*' in filtergraph description .* matches no streams\.$/,
      /^Invalid input file index: \d+\.$/,
      /^Output with label '.*' does not exist in any defined filter graph, or was already used elsewhere\.$/,
    ],
    remedy:
      'The input has no stream of the kind asked for. An optional one is mapped with a "?" at the end: "-map 0:a?".',
  },
  {
    code: 'AVIO_ERR_PROTOCOL_REFUSED',
    messages: [/^Protocol '.*' not on whitelist '.*'!$/, /^Unsafe file name '.*'$/],
    remedy: 'The media, or an argument, names another file or address: only the input itself may be read.',
  },
  {
    code: 'AVIO_ERR_FORMAT_REFUSED',
    messages: [/^Format not on whitelist '.*'$/, /^Not detecting m3u8\/hls with non standard extension\b.*$/],
    remedy:
      'The input is of a format that may name other files or addresses (a playlist, a script), or one that is not on ' +
      'the list: "formatWhitelist" says which may be opened.',
  },
  ...ARGUMENT_SYMPTOMS,
  {
    code: 'AVIO_ERR_FFMPEG_EXIT',
    messages: [/^Malformed AAC bitstream detected: .*$/],
    remedy:
      "An AAC track with ADTS headers was copied into MP4: add '-bsf:a:N', 'aac_adtstoasc' for that track.",
  },
  {
    code: 'AVIO_ERR_FFMPEG_EXIT',
    messages: [/(?:^|: )No space left on device$/],
    remedy: 'A file that the arguments name could not be written: the disk is full.',
    isVague: true,
    retryable: true,
  },
  {
    code: 'AVIO_ERR_FFMPEG_EXIT',
    messages: [/(?:^|: )(?:Permission denied|Read-only file system)$/],
    remedy: 'A file or device that the arguments name may not be used by this user.',
    isVague: true,
  },
  {
    code: 'AVIO_ERR_FFMPEG_EXIT',
    messages: [/(?:^|: )No such file or directory$/],
    remedy: 'A file that the arguments name is not there.',
    isVague: true,
  },
  {
    code: 'AVIO_ERR_FFMPEG_EXIT',
    messages: [/(?:^|: )Cannot allocate memory$/],
    remedy:
      'ffmpeg had too little memory: give the machine more, or ask for a smaller picture or fewer threads.',
    isVague: true,
    retryable: true,
  },
  {
    code: 'AVIO_ERR_INPUT_INVALID',
    messages: [
      /^(?:pipe:\d*|http:\S+): (?:Invalid data found when processing input|End of file)$/,
      /^Error opening input(?: file \S+)?: (?:Invalid data found when processing input|End of file)$/,
    ],
    remedy:
      'The input is of no format that this ffmpeg recognises, or it is damaged. Where it is raw (pcm, yuv), name its ' +
      'format in "input.format".',
    isVague: true,
  },
]
