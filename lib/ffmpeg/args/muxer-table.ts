/**
 * What becomes of each muxer's output on a pipe, where ffmpeg can't go back to fill in what it knows only at the end.
 *
 * Each row was tried against real binaries; a test tries it again. Some muxers refuse a pipe by themselves. Others
 * exit 0 over bytes that nothing reads (AIFF, W64, WTV …): those are the reason for this table.
 */

/** Muxers whose output is the same, byte for byte or in all but a serial number, as a file's. */
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

/** Muxers whose output plays, and lacks what stands in a header that is filled in at the end. */
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
  webp: '`-loop`, and two stray bytes follow an animation; single pictures are whole',
} as const

/** Muxers that stream by arguments that we add: the MP4 family. */
const FRAGMENTED = ['mp4', 'mov', 'ipod', 'psp', '3gp', '3g2', 'f4v', 'ismv'] as const

const FILES = 'it writes files of its own beside its output'
const DEVICE = 'it plays on a device of this machine'
const NETWORK = 'it sends over the network'
const PATCHES = 'it goes back in its output to fill in sizes, and without that nothing can read it'

/** Muxers that can't stream: why, and what to use instead. */
const IMPOSSIBLE: Readonly<Record<string, readonly [why: string, instead: string]>> = {
  aiff: [PATCHES, '"caf", "wav" or "flac"'],
  w64: [PATCHES, '"wav", "caf" or "flac"'],
  wtv: [PATCHES, '"mpegts"'],
  film_cpk: ['it reads its own output back, and on a pipe waits for ever', '"matroska"'],
  mxf_opatom: [PATCHES, '"mxf"'],
  gxf: [PATCHES, '"mxf"'],
  apng: ['it counts its frames in the header, and browsers refuse the count of a stream', '"gif" or "webp"'],
  avif: [PATCHES, '"image2pipe" with -c:v libwebp, or "ivf"'],
  ico: [PATCHES, '"image2pipe" with -c:v png'],
  rso: [PATCHES, '"wav"'],
  kvag: [PATCHES, '"wav"'],
  apm: [PATCHES, '"wav"'],
  argo_asf: [PATCHES, '"wav"'],
  argo_cvg: [PATCHES, '"wav"'],
  wsaud: [PATCHES, '"wav"'],
  hls: [FILES, '"mp4", whose fragments are what HLS segments are made of'],
  dash: [FILES, '"mp4", whose fragments are what DASH segments are made of'],
  hds: [FILES, '"mp4"'],
  smoothstreaming: [FILES, '"ismv"'],
  segment: [FILES, 'the format of its segments, cut downstream'],
  stream_segment: [FILES, 'the format of its segments, cut downstream'],
  ssegment: [FILES, 'the format of its segments, cut downstream'],
  webm_chunk: [FILES, '"webm"'],
  webm_dash_manifest: [FILES, '"webm"'],
  image2: [FILES, '"image2pipe", which writes the pictures one after the other'],
  tee: ['it opens outputs of its own by name', 'one stage for each output'],
  fifo: ["it wraps another muxer, whose needs can't be seen", 'that muxer'],
  fifo_test: ['it tests ffmpeg itself', '"null"'],
  uncodedframecrc: ['it takes no encoded packets', '"framecrc"'],
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
