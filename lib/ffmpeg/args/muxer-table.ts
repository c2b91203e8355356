/**
 * How each muxer's output fares on a pipe, where ffmpeg can't seek back to fill in values known only at the end.
 *
 * Each row was tested with real binaries; a test repeats that. Some muxers reject a pipe themselves. Others exit 0 with
 * unreadable bytes (AIFF, W64, WTV …): these are the reason for this table.
 */

/** Muxers whose stream equals the file, byte for byte or in all but a serial number. */
const COMPLETE = [
  ...['mpegts', 'mpeg', 'vcd', 'svcd', 'vob', 'dvd', 'dv', 'nut', 'ogg', 'oga', 'ogv', 'opus', 'spx', 'gif'],
  ...['mjpeg', 'mpjpeg', 'image2pipe', 'yuv4mpegpipe', 'rawvideo', 'h264', 'hevc', 'h261', 'h263', 'm4v'],
  ...['mpeg1video', 'mpeg2video', 'dirac', 'dnxhd', 'obu', 'fits', 'a64'],
  ...[
    'adts',
    'latm',
    'ac3',
    'eac3',
    'dts',
    'mlp',
    'truehd',
    'mp2',
    'amr',
    'gsm',
    'g722',
    'g723_1',
    'g726',
    'g726le',
  ],
  ...[
    'sbc',
    'aptx',
    'aptx_hd',
    'spdif',
    'codec2',
    'codec2raw',
    'tta',
    'dfpwm',
    'voc',
    'alaw',
    'mulaw',
    'vidc',
  ],
  ...['s8', 's16le', 's16be', 's24le', 's24be', 's32le', 's32be', 'f32le', 'f32be', 'f64le', 'f64be'],
  ...['u8', 'u16le', 'u16be', 'u24le', 'u24be', 'u32le', 'u32be'],
  ...['srt', 'webvtt', 'ass', 'lrc', 'ttml', 'ffmetadata'],
  ...[
    'crc',
    'md5',
    'hash',
    'streamhash',
    'framecrc',
    'framemd5',
    'framehash',
    'chromaprint',
    'mkvtimestamp_v2',
  ],
] as const

/** Muxers whose output plays without the header values that a file gets at its end. */
const LOSSES = {
  matroska: 'duration, and cues: players seek by guessing',
  webm: 'duration, and cues: players seek by guessing',
  flv: 'duration and file size: `onMetaData` has neither',
  mp3: 'the Xing/Info frame: exact duration, seek table, gapless playback; with cover art or over 32 KiB, all tags',
  wav: 'the sizes in the header, which say 4 GiB − 1 (most readers go by the end of the data); `fact`',
  au: 'the size of the data, which says "unknown"',
  caf: 'the size of the data, which says "unknown"',
  flac: 'in STREAMINFO: number of samples, frame sizes, MD5 of the audio',
  wv: 'the number of samples',
  sox: 'the number of samples',
  ircam: 'nothing that a reader needs',
  ast: 'the size and length in the header',
  adx: 'the number of samples',
  mmf: 'the sizes in the header',
  avi: 'the index (no seeking), and the duration: players show a wrong one',
  asf: 'the index and the duration',
  asf_stream: 'the index and the duration',
  mxf: 'the index and the duration; the header partition stays open',
  rm: 'the index, and the duration: players show one hour',
  swf: 'the number of frames',
  avm2: 'the number of frames',
  smjpeg: 'the duration',
  ivf: 'the number of frames, so the duration',
  webp: '`-loop`, and two stray bytes follow an animation; single images are complete',
} as const

/** Muxers that stream with arguments that we add: the MP4 family. */
const FRAGMENTED = ['mp4', 'mov', 'ipod', 'psp', '3gp', '3g2', 'f4v', 'ismv'] as const

const FILES = 'it writes its own files beside its output'
const DEVICE = 'it plays on a local device'
const NETWORK = 'it sends over the network'
const PATCHES = 'it seeks back in its output to fill in sizes; otherwise nothing can read it'

/** Muxers that can't stream: why, and what to use instead. */
const IMPOSSIBLE: Readonly<Record<string, readonly [why: string, instead: string]>> = {
  aiff: [PATCHES, '"caf", "wav" or "flac"'],
  w64: [PATCHES, '"wav", "caf" or "flac"'],
  wtv: [PATCHES, '"mpegts"'],
  film_cpk: ['it reads its own output back, and hangs on a pipe', '"matroska"'],
  mxf_opatom: [PATCHES, '"mxf"'],
  gxf: [PATCHES, '"mxf"'],
  apng: ['it counts its frames in the header, and browsers reject the count of a stream', '"gif" or "webp"'],
  avif: [PATCHES, '"image2pipe" with -c:v libwebp, or "ivf"'],
  ico: [PATCHES, '"image2pipe" with -c:v png'],
  rso: [PATCHES, '"wav"'],
  kvag: [PATCHES, '"wav"'],
  apm: [PATCHES, '"wav"'],
  argo_asf: [PATCHES, '"wav"'],
  argo_cvg: [PATCHES, '"wav"'],
  wsaud: [PATCHES, '"wav"'],
  hls: [FILES, '"mp4"; HLS segments consist of its fragments'],
  dash: [FILES, '"mp4"; DASH segments consist of its fragments'],
  hds: [FILES, '"mp4"'],
  smoothstreaming: [FILES, '"ismv"'],
  segment: [FILES, 'the format of its segments, split downstream'],
  stream_segment: [FILES, 'the format of its segments, split downstream'],
  ssegment: [FILES, 'the format of its segments, split downstream'],
  webm_chunk: [FILES, '"webm"'],
  webm_dash_manifest: [FILES, '"webm"'],
  image2: [FILES, '"image2pipe", which writes the images one after another'],
  tee: ['it opens its own outputs by name', 'one stage per output'],
  fifo: ['it wraps another muxer and hides its needs', 'that muxer'],
  fifo_test: ['it tests ffmpeg itself', '"null"'],
  uncodedframecrc: ['it accepts no encoded packets', '"framecrc"'],
  rtp: [NETWORK, '"mpegts"'],
  rtp_mpegts: [NETWORK, '"mpegts"'],
  rtsp: [NETWORK, '"mpegts"'],
  sap: [NETWORK, '"mpegts"'],
  whip: [NETWORK, '"mpegts"'],
  alsa: [DEVICE, '"wav"'],
  audiotoolbox: [DEVICE, '"wav"'],
  caca: [DEVICE, '"rawvideo"'],
  decklink: [DEVICE, '"nut"'],
  fbdev: [DEVICE, '"rawvideo"'],
  opengl: [DEVICE, '"rawvideo"'],
  oss: [DEVICE, '"wav"'],
  pulse: [DEVICE, '"wav"'],
  sdl: [DEVICE, '"rawvideo"'],
  sdl2: [DEVICE, '"rawvideo"'],
  sndio: [DEVICE, '"wav"'],
  v4l2: [DEVICE, '"rawvideo"'],
  video4linux2: [DEVICE, '"rawvideo"'],
  xv: [DEVICE, '"rawvideo"'],
}

export { COMPLETE, FRAGMENTED, IMPOSSIBLE, LOSSES }
