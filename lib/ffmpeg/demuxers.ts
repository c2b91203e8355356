/**
 * ffmpeg's demuxers of containers that hold all of their media themselves.
 *
 * Of an input that is read by address, ffmpeg may open more addresses: a playlist names its segments. Uploaded by a
 * stranger, it would name what it likes. The range server answers nothing but the job's own sources; this list sees to
 * it that nobody even asks. Not on it are, for that reason, `hls`, `dash`, `concat`, `imf`, `webm_dash_manifest`, `sdp`,
 * `rtsp`, `rtp`, `sap` (they name addresses), `image2`, `vobsub` (files beside), `lavfi`, `avisynth`, `vapoursynth`
 * (scripts), `svg_pipe` (a document with links) and every device.
 *
 * `mov` may name external tracks as well, but opens them only under `-enable_drefs`, and absolute paths among them only
 * under `-use_absolute_path`: both are off by default.
 *
 * Containers of a single game or console are not on it either: hardly anyone uploads them, and each is one more parser.
 *
 * ffmpeg compares a list with each of a demuxer's names (`av_match_list`), so one of them is enough; names that a
 * version does not know do no harm.
 */

const CONTAINERS =
  'mov mp4 m4a 3gp 3g2 mj2 matroska webm avi mpegts mpegtsraw mpeg mpegvideo flv live_flv kux asf asf_o mxf mxg gxf ' +
  'ogg nut wtv rm ivf ivr dv nuv nsv pva ty lmlm4 swf film_cpk filmstrip smjpeg yuv4mpegpipe mv thp bink ' +
  'smk roq rpl rl2 r3d mlv cine dhav ifv lvf lxf vividas vivo wc3movie pmp jv ser cdg cdxl'

const AUDIO =
  'aac ac3 eac3 ac4 mp3 flac wav w64 aiff caf au ast amr amrnb amrwb ape wv tta tak mpc mpc8 dts dtshd truehd mlp ' +
  'loas voc oma aa aax act adx aea aptx aptx_hd apc apm ircam lc3 sbc sbg shn sln sox spdif s337m daud dss avr dsf iff ' +
  'wsd wve xwma xa vqf qcp rso sds sdx pvf paf nistsphere msf mmf hca hcom gsm g722 g723_1 g726 g726le g729 codec2 ' +
  'codec2raw bit bonk brstm bfstm ilbc epaf osq qoa rka usm dfpwm'

const ELEMENTARY =
  'h261 h263 h264 hevc vvc evc av1 obu apv avs avs2 avs3 cavsvideo dirac dnxhd m4v mjpeg mjpeg_2000 vc1 vc1test ' +
  'rawvideo v210 v210x bitpacked ingenient mpjpeg ipu'

const PCM =
  'alaw mulaw vidc s8 u8 s16le s16be s24le s24be s32le s32be u16le u16be u24le u24be u32le u32be f32le f32be f64le f64be'

const IMAGES =
  'gif apng jpegxl_anim webp_anim image2pipe bmp_pipe cri_pipe dds_pipe dpx_pipe exr_pipe gem_pipe gif_pipe hdr_pipe ' +
  'j2k_pipe jpeg_pipe jpegls_pipe jpegxl_pipe jpegxs_pipe pam_pipe pbm_pipe pcx_pipe pfm_pipe pgm_pipe pgmyuv_pipe ' +
  'pgx_pipe phm_pipe photocd_pipe pictor_pipe png_pipe ppm_pipe psd_pipe qdraw_pipe qoi_pipe sgi_pipe sunrast_pipe ' +
  'tiff_pipe vbn_pipe webp_pipe xbm_pipe xpm_pipe xwd_pipe ico fits flic flic anm bfi idf'

const SUBTITLES =
  'srt ass webvtt sami stl subviewer subviewer1 microdvd mpl2 mpsub jacosub pjs realtext scc mcc sup aqtitle lrc ' +
  'tedcaptions vplayer dvbsub dvbtxt'

/** Names of the demuxers that may open an input that is read by address, where the user gives no list. */
export const SELF_CONTAINED: readonly string[] = [
  ...new Set([CONTAINERS, AUDIO, ELEMENTARY, PCM, IMAGES, SUBTITLES].join(' ').split(' ')),
]
