import { ARGUMENT_SYMPTOMS } from './argument-symptoms.js'
import type { Pattern } from './symptom-pattern.js'

/**
 * The meaning of ffmpeg's messages, and the remedies.
 *
 * A message counts only at its real level and only in a known complete form: ffmpeg also prints titles and comments of
 * untrusted media (at level `info`), and these may say "partial file" as well.
 * The wordings are those of ffmpeg 5.1 to 9.0; `test/fixtures/ffmpeg-logs` has logs of them.
 */

const CUT_SHORT =
  'The input ends before its own index says it does: it was truncated when it was written or copied. Download or ' +
  'create it again. The output is incomplete and was not stored as complete.'

/** Most specific first: if several match, the first one here is the reason. */
export const SYMPTOMS: readonly Pattern[] = [
  {
    code: 'AVIO_ERR_MOOV_NOT_FOUND',
    // Since version 9 a demuxer has no name yet while ffmpeg opens it.
    component: /^(?:mov,|in#\d)/,
    messages: [/^moov atom not found$/],
    remedy:
      'ffmpeg cannot read an MP4 without its index (moov): the file is truncated, or its writer never finished it. ' +
      'Download or create it again.',
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
    // These demuxers call a packet corrupt for one reason only: the file ended within it. MPEG-TS has other reasons,
    // and the last packet of a WAV written to a pipe (its size unknown) looks the same in a complete file.
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
      'This muxer seeks back in its output, which a pipe does not support. For the MP4 family keep the default ' +
      '"-movflags"; else choose a format that streams.',
  },
  {
    code: 'AVIO_ERR_OUTPUT_NOT_SEEKABLE',
    component: /^(?:matroska|webm)/,
    messages: [/^Error parsing AAC extradata, unable to determine samplerate\.$/],
    remedy:
      'Matroska fills in the setup of AAC copied from MPEG-TS or raw AAC later, which a pipe does not support: ' +
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
      "The input is an animated WebP, which this ffmpeg can't decode: use a newer ffmpeg, or convert the input to " +
      'GIF or APNG.',
  },
  {
    code: 'AVIO_ERR_UNKNOWN_FILTER',
    messages: [/^No such filter: '.*'$/, /^Filter '.*' not found$/],
    remedy:
      'This build of ffmpeg lacks that filter, or the name is misspelt: "ffmpeg -filters" lists them all.',
  },
  {
    code: 'AVIO_ERR_UNKNOWN_FORMAT',
    messages: [/^Unknown input format: .*$/, /^Requested output format '.*' is not .*$/],
    remedy:
      'This build of ffmpeg lacks that format, or the name is misspelt: "ffmpeg -formats" lists them all.',
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
      'The input has no stream of the requested kind: probe() lists those it has. Map one that may be missing with a ' +
      '"?" at the end: "-map 0:a?".',
  },
  {
    code: 'AVIO_ERR_PROTOCOL_REFUSED',
    messages: [/^Protocol '.*' not on whitelist '.*'!$/, /^Unsafe file name '.*'$/],
    remedy: 'The media, or an argument, names another file or URL: ffmpeg may read only the input itself.',
  },
  {
    code: 'AVIO_ERR_FORMAT_REFUSED',
    messages: [/^Format not on whitelist '.*'$/, /^Not detecting m3u8\/hls with non standard extension\b.*$/],
    remedy:
      'The format of the input may name other files or URLs (a playlist, a script), or is not on the list: name an ' +
      'object with the media themselves. For a stage, "formatWhitelist" says which formats ffmpeg may open.',
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
    remedy: 'The disk is full: ffmpeg could not write a file that the arguments name.',
    isVague: true,
    retryable: true,
  },
  {
    code: 'AVIO_ERR_FFMPEG_EXIT',
    messages: [/(?:^|: )(?:Permission denied|Read-only file system)$/],
    remedy: 'This user may not use a file or device that the arguments name.',
    isVague: true,
  },
  {
    code: 'AVIO_ERR_FFMPEG_EXIT',
    messages: [/(?:^|: )No such file or directory$/],
    remedy: 'A file that the arguments name does not exist.',
    isVague: true,
  },
  {
    code: 'AVIO_ERR_FFMPEG_EXIT',
    messages: [/(?:^|: )Cannot allocate memory$/],
    remedy: 'ffmpeg ran out of memory: give the machine more, or request smaller frames or fewer threads.',
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
      'This ffmpeg does not recognize the format of the input, or the input is damaged. For raw media (pcm, yuv), ' +
      'name the format: "format" of the input, or -f before -i on a command line.',
    isVague: true,
  },
]
