/**
 * ffmpeg's demuxers, and those that may open an input (`-format_whitelist`), however ffmpeg reads it.
 *
 * A playlist names its segments; an untrusted playlist can name anything. The protocol lists block access to those
 * names: a pipe allows only the pipe, HTTP only the range server, which serves only the job's own sources. This list
 * prevents even the request, with every version of ffmpeg.
 *
 * - {@link SELF_CONTAINED} is the default: containers that hold all of their media themselves.
 * - {@link OPENING} open more than their input (URLs, files beside it, devices) or run its content. They open an input
 *   only if the user's own list names them.
 * - All others open an input if the user names them, as its format or in a list: containers of a single game or
 *   console, which hardly anyone uploads and each of which is one more parser; `svg_pipe`, a document that a renderer
 *   draws; `tty`, which renders text as video. The user can choose them; the media can't.
 *
 * `mov` may name external tracks as well, but opens them only with `-enable_drefs`, and absolute paths among them only
 * with `-use_absolute_path`: both are off by default.
 *
 * ffmpeg compares a list with each of a demuxer's names (`av_match_list`), so one of them suffices; names unknown to a
 * version do no harm. A test compares the lists with the installed binary.
 */

const CONTAINERS =
  'mov mp4 m4a 3gp 3g2 mj2 matroska webm avi mpegts mpegtsraw mpeg mpegvideo flv live_flv kux asf asf_o mxf mxg gxf ' +
  'ogg nut wtv rm ivf ivr dv nuv nsv pva ty lmlm4 swf film_cpk filmstrip smjpeg yuv4mpegpipe mv thp bink ' +
  'smk roq rpl rl2 r3d mlv cine dhav ifv lvf lxf vividas vivo wc3movie pmp jv ser cdg cdxl iv8 luodat nc ' +
  'msnwctcp hxvs simbiosis_imx siff pdv'

const AUDIO =
  'aac ac3 eac3 ac4 mp3 flac wav w64 aiff caf au ast amr amrnb amrwb ape wv tta tak mpc mpc8 dts dtshd truehd mlp ' +
  'loas voc oma aa aax act adx aea aptx aptx_hd apc apm ircam lc3 sbc sbg shn sln sox spdif s337m daud dss avr ' +
  'dsf iff wsd wve xwma xa vqf qcp rso sds sdx pvf paf nistsphere msf mmf hca hcom gsm g722 g723_1 g726 g726le ' +
  'g729 codec2 codec2raw bit bonk brstm bfstm ilbc epaf osq qoa rka usm dfpwm iamf laf wavarc apac ' +
  'g728 nsp libopenmpt libgme'

const ELEMENTARY =
  'h261 h263 h264 hevc vvc evc av1 obu apv avs avs2 avs3 cavsvideo dirac dnxhd m4v mjpeg mjpeg_2000 vc1 vc1test ' +
  'rawvideo v210 v210x bitpacked ingenient mpjpeg ipu'

const PCM =
  'alaw mulaw vidc s8 u8 s16le s16be s24le s24be s32le s32be ' +
  'u16le u16be u24le u24be u32le u32be f32le f32be f64le f64be'

const IMAGES =
  'gif apng jpegxl_anim webp_anim image2pipe bmp_pipe cri_pipe dds_pipe dpx_pipe exr_pipe gem_pipe gif_pipe hdr_pipe ' +
  'j2k_pipe jpeg_pipe jpegls_pipe jpegxl_pipe jpegxs_pipe pam_pipe pbm_pipe pcx_pipe pfm_pipe pgm_pipe pgmyuv_pipe ' +
  'pgx_pipe phm_pipe photocd_pipe pictor_pipe png_pipe ppm_pipe psd_pipe qdraw_pipe qoi_pipe sgi_pipe sunrast_pipe ' +
  'tiff_pipe vbn_pipe webp_pipe xbm_pipe xpm_pipe xwd_pipe ico fits flic flic anm bfi idf adf bin xbin alias_pix ' +
  'brender_pix msp'

const SUBTITLES =
  'srt ass webvtt sami stl subviewer subviewer1 microdvd mpl2 mpsub jacosub pjs realtext scc mcc sup aqtitle lrc ' +
  'tedcaptions vplayer dvbsub dvbtxt rcwt'

/** Game formats that ffmpeg also writes: it can read its own output. */
const GAMES = 'alp argo_asf argo_cvg kvag wsaud'

/** Names of the demuxers that may open an input unless the user gives a list. */
export const SELF_CONTAINED: readonly string[] = [
  ...new Set([CONTAINERS, AUDIO, ELEMENTARY, PCM, IMAGES, SUBTITLES, GAMES].join(' ').split(' ')),
]

const ADDRESSES = 'hls applehttp dash concat imf webm_dash_manifest sdp rtsp rtp sap'

/** `image2` treats the URL as a file pattern, `vobsub` keeps its images in a second file. */
const FILES = 'image2 vobsub dvdvideo'

const SCRIPTS = 'lavfi avisynth vapoursynth'

const DEVICES =
  'alsa android_camera audiotoolbox avfoundation bktr decklink dshow fbdev gdigrab iec61883 jack kmsgrab libcdio ' +
  'libdc1394 libndi_newtek openal oss pulse sndio v4l2 video4linux2 vfwcap x11grab xcbgrab'

/** Names of the demuxers that open more than their input, or run its content. */
export const OPENING: ReadonlySet<string> = new Set([ADDRESSES, FILES, SCRIPTS, DEVICES].join(' ').split(' '))

/**
 * The demuxers that may open one input.
 *
 * @param list - the user's own list; the default where it is empty
 * @param format - the demuxer that the user names for the input
 */
export function demuxersFor(list: readonly string[], format: string | undefined): readonly string[] {
  const allowed = list.length > 0 ? list : SELF_CONTAINED
  // ffmpeg looks a demuxer up by a name in any case, but compares a list case-sensitively.
  const named = format?.toLowerCase()
  const isAdded =
    named !== undefined && /^\w+$/.test(named) && !OPENING.has(named) && !allowed.includes(named)
  return isAdded ? [...allowed, named] : allowed
}
