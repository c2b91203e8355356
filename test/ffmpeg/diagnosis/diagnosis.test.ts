import t from 'tap'
import { Diagnosis } from '../../../lib/ffmpeg/diagnosis/diagnosis.js'
import { type FfmpegLogLevel, parseLogLine } from '../../../lib/ffmpeg/log/log.js'

const MOV = '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5640dbe]'

function diagnose(...lines: string[]): Diagnosis {
  const diagnosis = new Diagnosis()
  for (const line of lines) diagnosis.see(parseLogLine(line))
  return diagnosis
}

t.test('gives each known message its code and a remedy', async t => {
  // As ffmpeg 5.1 writes them; where 6.1 and 7 differ, their message follows.
  const messages: [string, string][] = [
    [`${MOV} [error] moov atom not found`, 'AVIO_ERR_MOOV_NOT_FOUND'],
    [`${MOV} [error] stream 1, offset 0x30: partial file`, 'AVIO_ERR_INPUT_PARTIAL'],
    [`${MOV} [warning] Packet corrupt (stream = 0, dts = 38912).`, 'AVIO_ERR_INPUT_PARTIAL'],
    ['[avi @ 0x1] [warning] Packet corrupt (stream = 1, dts = 77).', 'AVIO_ERR_INPUT_PARTIAL'],
    ['[flv @ 0x1] [warning] Packet corrupt (stream = 1, dts = NOPTS).', 'AVIO_ERR_INPUT_PARTIAL'],
    ['[matroska,webm @ 0x1] [error] File ended prematurely', 'AVIO_ERR_INPUT_PARTIAL'],
    [
      '[matroska,webm @ 0x1] [error] File ended prematurely at pos. 300000 (0x493e0)',
      'AVIO_ERR_INPUT_PARTIAL',
    ],
    ['[mp4 @ 0x1] [error] muxer does not support non seekable output', 'AVIO_ERR_OUTPUT_NOT_SEEKABLE'],
    ["[fatal] Unknown encoder 'libnope'", 'AVIO_ERR_UNKNOWN_ENCODER'],
    ["[vost#0:0 @ 0x1] [fatal] Unknown encoder 'libnope'", 'AVIO_ERR_UNKNOWN_ENCODER'],
    [
      '[error] Automatic encoder selection failed for output stream #0:1. Default encoder for format mp4 (codec aac) is probably disabled. Please choose an encoder manually.',
      'AVIO_ERR_UNKNOWN_ENCODER',
    ],
    ["[fatal] Unknown decoder 'nope'", 'AVIO_ERR_UNKNOWN_DECODER'],
    ['[error] Decoder (codec av1) not found for input stream #0:0', 'AVIO_ERR_UNKNOWN_DECODER'],
    [
      '[ist#0:0/av1 @ 0x1] [error] Decoding requested, but no decoder found for: av1',
      'AVIO_ERR_UNKNOWN_DECODER',
    ],
    ["[AVFilterGraph @ 0x1] [error] No such filter: 'nope'", 'AVIO_ERR_UNKNOWN_FILTER'],
    ["[fatal] Unknown input format: 'nope'", 'AVIO_ERR_UNKNOWN_FORMAT'],
    ['[error] Unknown input format: nope', 'AVIO_ERR_UNKNOWN_FORMAT'],
    [
      "[NULL @ 0x1] [error] Requested output format 'x' is not a suitable output format",
      'AVIO_ERR_UNKNOWN_FORMAT',
    ],
    ["[AVFormatContext @ 0x1] [error] Requested output format 'x' is not known.", 'AVIO_ERR_UNKNOWN_FORMAT'],
    [
      '[mp4 @ 0x1] [error] Could not find tag for codec h263 in stream #0, codec not currently supported in container',
      'AVIO_ERR_CODEC_NOT_IN_CONTAINER',
    ],
    [
      '[webm @ 0x1] [error] Only VP8 or VP9 or AV1 video and Vorbis or Opus audio and WebVTT subtitles are supported for WebM.',
      'AVIO_ERR_CODEC_NOT_IN_CONTAINER',
    ],
    ["[fatal] Stream map '0:7' matches no streams.", 'AVIO_ERR_NO_SUCH_STREAM'],
    ['[error] Output file #0 does not contain any stream', 'AVIO_ERR_NO_SUCH_STREAM'],
    ['[out#0/mpegts @ 0x1] [error] Output file does not contain any stream', 'AVIO_ERR_NO_SUCH_STREAM'],
    ["[http @ 0x1] [error] Protocol 'http' not on whitelist 'pipe'!", 'AVIO_ERR_PROTOCOL_REFUSED'],
    ["[error] Unrecognized option 'nope'.", 'AVIO_ERR_FFMPEG_ARGUMENT'],
    ["[fatal] Missing argument for option 'vf'.", 'AVIO_ERR_FFMPEG_ARGUMENT'],
    ['[fatal] Invalid duration specification for t: abc', 'AVIO_ERR_FFMPEG_ARGUMENT'],
    ['[scale @ 0x1] [error] Error setting option interl to value 4.', 'AVIO_ERR_FFMPEG_ARGUMENT'],
    ['[error] pipe:0: Invalid data found when processing input', 'AVIO_ERR_INPUT_INVALID'],
    ['[error] pipe:0: End of file', 'AVIO_ERR_INPUT_INVALID'],
    [
      '[matroska @ 0x1] [error] Error parsing AAC extradata, unable to determine samplerate.',
      'AVIO_ERR_OUTPUT_NOT_SEEKABLE',
    ],
    [
      '[error] http://avio-streams.invalid/0/input: Invalid data found when processing input',
      'AVIO_ERR_INPUT_INVALID',
    ],
    ["[hls @ 0x1] [error] Format not on whitelist 'mov,mp4'", 'AVIO_ERR_FORMAT_REFUSED'],
    [
      '[in#0 @ 0x1] [error] Error opening input: Invalid data found when processing input',
      'AVIO_ERR_INPUT_INVALID',
    ],
    [
      "[mp4 @ 0x1] [error] Malformed AAC bitstream detected: use the audio bitstream filter 'aac_adtstoasc' to fix it",
      'AVIO_ERR_FFMPEG_EXIT',
    ],
    ['[error] /fonts/x.ttf: No such file or directory', 'AVIO_ERR_FFMPEG_EXIT'],
    ['[error] /out/x: Permission denied', 'AVIO_ERR_FFMPEG_EXIT'],
    ['[error] av_interleaved_write_frame(): No space left on device', 'AVIO_ERR_FFMPEG_EXIT'],
    ['[error] Cannot allocate memory', 'AVIO_ERR_FFMPEG_EXIT'],
  ]
  for (const [line, code] of messages) {
    const { finding } = diagnose(line)
    t.equal(finding?.code, code, line)
    t.match(finding?.remedy, /\w.*\.$/s)
    t.equal(finding?.evenAtExit0, code === 'AVIO_ERR_INPUT_PARTIAL', line)
  }
})

t.test('chooses the most specific of several messages, in any order', async t => {
  const lines = [
    `${MOV} [error] moov atom not found`,
    '[error] pipe:0: Invalid data found when processing input',
    "[fatal] Unknown encoder 'libnope'",
  ]
  t.equal(diagnose(...lines).finding?.code, 'AVIO_ERR_MOOV_NOT_FOUND')
  t.equal(diagnose(...lines.toReversed()).finding?.code, 'AVIO_ERR_MOOV_NOT_FOUND')
  t.equal(diagnose(...lines).finding?.entry.message, 'moov atom not found')
})

t.test('ignores text from the media', async t => {
  const texts = [
    '[info]     title           : partial file',
    '[info]     title           : [error] moov atom not found',
    '[info] moov atom not found',
    '[info]   : stream 1, offset 0x30: partial file',
    `[subrip @ 0x1] [error] moov atom not found`,
    `${MOV} [error] Unknown thing stream 1, offset 0x30: partial file`,
    `${MOV} [info] stream 1, offset 0x30: partial file`,
    '[error] File ended prematurely',
    '[mpegts @ 0x1] [warning] Packet corrupt (stream = 0, dts = 574490).',
    '[wav @ 0x1] [warning] Packet corrupt (stream = 0, dts = NOPTS).',
    "[warning] Unknown encoder 'x'",
  ]
  for (const text of texts) t.equal(diagnose(text).finding, undefined, text)
  const diagnosis = new Diagnosis()
  diagnosis.see({ level: 'error', message: 'Cannot allocate memory', continued: true })
  t.equal(diagnosis.finding, undefined, 'the continuation of a line')
})

t.test('keeps the last error for unknown problems', async t => {
  const diagnosis = diagnose(
    '[error] first',
    '[fatal] second',
    '[error] ',
    '[warning] third',
    '[info] fourth',
  )
  t.equal(diagnosis.finding, undefined)
  t.equal(diagnosis.lastError, 'second')
  const levels: FfmpegLogLevel[] = ['panic', 'fatal', 'error']
  for (const level of levels) t.equal(diagnose(`[${level}] x`).lastError, 'x')
})
