import {
  type Surgery,
  backwardsEdits,
  behindId3,
  withApeTag,
  withAttachmentsBehind,
  withChaptersBehind,
  withId3v1,
  withListBehind,
  withTagsBehind,
} from './surgery.js'

/**
 * One file of each common container, made by ffmpeg from its own test sources, a few of them edited afterwards.
 *
 * Each is larger than ffmpeg's buffer for a pipe (64 KiB) if the format allows it: ffmpeg can seek back within the
 * buffer without random access.
 */
export interface Sample {
  /** The file's name; its extension selects the muxer unless the arguments do. */
  readonly file: string
  /** ffmpeg's arguments before the output. */
  readonly args: readonly string[]
  /** The demuxer to set, if the bytes do not identify it. */
  readonly format?: string
  /** Further input arguments, for raw formats. */
  readonly input?: readonly string[]
  /** Packet boundaries depend on how the bytes are read, even by name: compare one checksum of the decoded media. */
  readonly isLoose?: boolean
  /** Edits the bytes after the muxer. */
  readonly surgery?: Surgery
}

const words = (text: string) => text.split(' ').filter(word => word !== '')

const picture = (seconds: number, size = '320x180', rate = 25) =>
  words(`-f lavfi -i testsrc2=size=${size}:rate=${rate}:duration=${seconds}`)
const sound = (seconds: number, rate = 48_000) =>
  words(`-f lavfi -i sine=frequency=440:duration=${seconds}:sample_rate=${rate}`)
const V = picture(3)
const A = sound(3)
const BOTH = [...V, ...A]
const X = words('-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p')
const H264 = [...X, ...words('-c:a aac')]
const TAGS = ['-metadata', 'title=A title', '-metadata', 'artist=An artist', '-metadata', 'comment=A comment']

const sample = (file: string, ...args: (string | readonly string[])[]): Sample => ({
  file,
  args: args.flat(),
})

const ATTACHED = [
  ...BOTH,
  ...H264,
  ...['-attach', 'SUBTITLES', '-metadata:s:2', 'mimetype=text/plain', '-metadata:s:2', 'filename=notes.txt'],
]
const CHAPTERED = [
  ...BOTH,
  ...['-f', 'ffmetadata', '-i', 'CHAPTERS'],
  ...H264,
  ...words('-map 0 -map 1 -map_chapters 2'),
]

const MP4: readonly Sample[] = [
  sample('index-first.mp4', BOTH, H264, TAGS, words('-movflags +faststart')),
  sample('index-last.mp4', BOTH, H264, TAGS),
  sample('b-frames.mp4', BOTH, words('-c:v libx264 -preset fast -bf 3 -g 25 -c:a aac -movflags +faststart')),
  sample('fragmented.mp4', BOTH, H264, words('-movflags +frag_keyframe+empty_moov+default_base_moof')),
  sample('cmaf.mp4', BOTH, H264, words('-movflags +cmaf+dash+global_sidx -frag_duration 1000000')),
  sample('index-first.mov', BOTH, H264, words('-movflags +faststart')),
  sample('timecode.mov', BOTH, H264, words('-timecode 10:00:00:00 -movflags +faststart')),
  sample('prores.mov', BOTH, words('-c:v prores_ks -c:a pcm_s16le -movflags +faststart')),
  {
    ...sample('edits.mp4', picture(8), sound(8), H264, words('-movflags +faststart')),
    surgery: backwardsEdits,
  },
  sample(
    'phone.3gp',
    picture(3, '176x144'),
    sound(3, 8000),
    words('-c:v h263 -c:a aac -ar 8000 -ac 1 -movflags +faststart'),
  ),
  sample('sound.m4a', sound(8), TAGS, words('-c:a aac -movflags +faststart')),
  sample('lossless.m4a', A, words('-c:a alac -movflags +faststart')),
  sample('chapters.mp4', CHAPTERED, words('-movflags +faststart')),
  sample('silverlight.ismv', BOTH, H264),
  sample(
    'subtitles.mp4',
    BOTH,
    ['-f', 'srt', '-i', 'SUBTITLES'],
    H264,
    words('-c:s mov_text -map 0 -map 1 -map 2 -movflags +faststart'),
  ),
]

const MATROSKA: readonly Sample[] = [
  sample('film.mkv', BOTH, H264, TAGS),
  sample('vp8.webm', BOTH, words('-c:v libvpx -deadline realtime -cpu-used 8 -b:v 600k -c:a libvorbis')),
  sample('vp9.webm', BOTH, words('-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 600k -c:a libopus')),
  sample('sound.mka', A, words('-c:a flac')),
  sample('live.mkv', BOTH, H264, words('-live 1 -f matroska')),
  sample('attachment.mkv', ATTACHED),
  sample(
    'subtitles.mkv',
    BOTH,
    ['-f', 'srt', '-i', 'SUBTITLES'],
    H264,
    words('-c:s srt -map 0 -map 1 -map 2 -disposition:s:0 forced'),
  ),
  sample('chapters.mkv', CHAPTERED),
  { ...sample('tags-behind.mkv', BOTH, H264, TAGS), surgery: withTagsBehind },
  { ...sample('attachment-behind.mkv', ATTACHED), surgery: withAttachmentsBehind },
  { ...sample('chapters-behind.mkv', CHAPTERED), surgery: withChaptersBehind },
]

const BROADCAST: readonly Sample[] = [
  sample('broadcast.ts', BOTH, H264, words('-metadata service_name=Service')),
  sample('camera.m2ts', BOTH, H264, words('-mpegts_m2ts_mode 1')),
  sample('mpeg2.ts', BOTH, words('-c:v mpeg2video -b:v 1M -bf 2 -c:a mp2')),
  sample('programme.mpg', BOTH, words('-c:v mpeg1video -b:v 1M -c:a mp2 -f mpeg')),
  sample('disc.vob', BOTH, words('-c:v mpeg2video -b:v 1M -bf 2 -c:a ac3 -f vob')),
  sample('xdcam.mxf', picture(3, '720x576'), A, words('-c:v mpeg2video -bf 2 -g 12 -b:v 5M -c:a pcm_s16le')),
  sample('intra.mxf', picture(3, '720x576'), A, words('-c:v mpeg2video -g 1 -b:v 5M -c:a pcm_s16le')),
  sample('server.gxf', picture(2, '720x576'), sound(2), words('-c:v mpeg2video -b:v 5M -c:a pcm_s16le')),
  sample(
    'tape.dv',
    picture(1, '720x576'),
    sound(1),
    words('-c:v dvvideo -pix_fmt yuv420p -c:a pcm_s16le -ac 2 -f dv'),
  ),
  sample('recorder.wtv', BOTH, words('-c:v mpeg2video -b:v 1M -c:a mp2')),
]

const DESKTOP: readonly Sample[] = [
  sample('film.avi', BOTH, words('-c:v mpeg4 -b:v 600k -c:a libmp3lame'), TAGS),
  sample('pictures.avi', BOTH, words('-c:v mjpeg -q:v 8 -c:a pcm_s16le')),
  sample('h264.avi', BOTH, words('-c:v libx264 -preset fast -bf 2 -c:a ac3')),
  sample('b-frames.avi', BOTH, words('-c:v mpeg4 -bf 2 -b:v 600k -c:a libmp3lame')),
  sample('lossless.avi', picture(1), sound(1), words('-c:v ffv1 -c:a pcm_s16le')),
  sample('film.wmv', BOTH, words('-c:v wmv2 -b:v 600k -c:a wmav2'), TAGS),
  sample('sound.wma', sound(8), words('-c:a wmav2 -b:a 128k')),
  sample('film.flv', BOTH, words('-c:v flv -b:v 600k -c:a libmp3lame -ar 44100')),
  sample('h264.flv', BOTH, H264),
  sample('film.swf', V, sound(3, 44_100), words('-c:v flv -b:v 600k -c:a libmp3lame')),
  sample('film.rm', V, A, words('-c:v rv20 -b:v 600k -c:a ac3')),
  sample('film.nut', BOTH, H264, TAGS),
  sample('film.ogv', BOTH, words('-c:v libtheora -b:v 600k -c:a libvorbis'), TAGS),
  sample('frames.ivf', V, words('-c:v libvpx -deadline realtime -cpu-used 8 -b:v 600k')),
  sample('frames.y4m', picture(1), words('-f yuv4mpegpipe -pix_fmt yuv420p')),
  sample('game.roq', picture(1, '256x256', 30), sound(1, 22_050), words('-c:v roqvideo -c:a roq_dpcm -ac 1')),
  sample('film.smjpeg', V, A, words('-c:v mjpeg -c:a pcm_s16le -ac 1 -f smjpeg')),
  sample(
    'player.amv',
    picture(2, '160x128', 15),
    sound(2, 22_050),
    words('-c:v amv -pix_fmt yuvj420p -c:a adpcm_ima_amv -ac 1 -block_size 1470'),
  ),
  // Its encoder takes seconds for a larger frame.
  sample('handheld.cpk', picture(2, '112x84'), words('-c:v cinepak -f film_cpk')),
  sample('sky.fits', picture(0.2), words('-pix_fmt gray -c:v fits -f fits')),
]

const AUDIO: readonly Sample[] = [
  sample('sound.mp3', sound(8), words('-c:a libmp3lame'), TAGS),
  { ...sample('id3v1.mp3', sound(8), words('-c:a libmp3lame -id3v2_version 0')), surgery: withId3v1 },
  { ...sample('ape.mp3', sound(8), words('-c:a libmp3lame -id3v2_version 0')), surgery: withApeTag },
  { ...sample('both-tags.mp3', sound(8), words('-c:a libmp3lame'), TAGS), surgery: withId3v1 },
  { ...sample('ape.aac', sound(8), words('-c:a aac -f adts')), surgery: withApeTag },
  { ...sample('id3v1.aac', sound(8), words('-c:a aac -f adts')), surgery: withId3v1 },
  {
    ...sample('both-tags.aac', sound(8), words('-c:a aac -f adts')),
    surgery: bytes => withApeTag(behindId3(bytes)),
  },
  sample('sound.mp2', sound(8), words('-c:a mp2 -b:a 192k')),
  sample('sound.aac', sound(8), words('-c:a aac -f adts')),
  sample('sound.latm', sound(8), words('-c:a aac -f latm')),
  sample('sound.ac3', sound(8), words('-c:a ac3 -b:a 192k')),
  sample('sound.eac3', sound(8), words('-c:a eac3 -b:a 192k')),
  sample('sound.dts', sound(8), words('-c:a dca -strict -2 -b:a 768k')),
  sample('sound.thd', sound(3), words('-c:a truehd -strict -2 -ac 2 -f truehd')),
  sample('sound.mlp', sound(3), words('-c:a mlp -strict -2 -f mlp')),
  sample('sound.flac', sound(8), words('-c:a flac'), TAGS),
  sample('sound.wav', sound(3), TAGS),
  { ...sample('list-behind.wav', sound(3)), surgery: withListBehind },
  sample('large.wav', sound(3), words('-rf64 always')),
  sample('sound.w64', sound(3)),
  sample('sound.aiff', sound(3), words('-write_id3v2 1'), TAGS),
  sample('sound.caf', sound(3), words('-c:a pcm_s16be'), TAGS),
  sample('alac.caf', sound(8), words('-c:a alac')),
  sample('sound.au', sound(3), words('-c:a pcm_s16be'), TAGS),
  sample('sound.opus', sound(8), words('-c:a libopus'), TAGS),
  sample('sound.ogg', sound(8), words('-c:a libvorbis'), TAGS),
  sample('speech.spx', sound(8, 16_000), words('-c:a libspeex')),
  sample('flac.oga', sound(8), words('-c:a flac')),
  sample('sound.tta', sound(3), words('-c:a tta'), TAGS),
  sample('sound.wv', sound(3), words('-c:a wavpack'), TAGS),
  sample('sound.voc', sound(3), words('-c:a pcm_s16le')),
  sample('sound.sox', sound(3)),
  sample('sound.ast', sound(3), words('-c:a pcm_s16be_planar -ac 2')),
  sample('sound.sf', sound(3), words('-c:a pcm_s16le -f ircam')),
  { ...sample('sound.rso', sound(3), words('-c:a pcm_u8 -ac 1')), format: 'rso' },
  sample('sound.adx', sound(3), words('-c:a adpcm_adx')),
  { ...sample('sound.sbc', sound(8), words('-c:a sbc')), format: 'sbc' },
  sample('sound.gsm', sound(8, 8000), words('-c:a libgsm -ac 1')),
  sample('sound.kvag', sound(8, 22_050), words('-c:a adpcm_ima_ssi -f kvag')),
  sample('sound.apm', sound(8, 22_050), words('-c:a adpcm_ima_apm')),
  { ...sample('tagged.aac', sound(8), words('-c:a aac -f adts')), surgery: behindId3 },
]

const ELEMENTARY: readonly Sample[] = [
  sample('video.h264', V, X, words('-f h264')),
  sample('video.hevc', V, words('-c:v libx265 -preset ultrafast -x265-params log-level=none -f hevc')),
  sample('video.obu', picture(1), words('-c:v libaom-av1 -cpu-used 8 -usage realtime -f obu')),
  sample('video.m2v', V, words('-c:v mpeg2video -b:v 1M -f mpeg2video')),
  sample('video.m1v', V, words('-c:v mpeg1video -b:v 1M -f mpeg1video')),
  sample('video.m4v', V, words('-c:v mpeg4 -b:v 1M -f m4v')),
  sample('video.h263', picture(3, '176x144'), words('-c:v h263 -f h263')),
  sample('video.h261', picture(3, '176x144'), words('-c:v h261 -f h261')),
  sample('video.mjpeg', V, words('-c:v mjpeg -q:v 8 -f mjpeg')),
  { ...sample('video.drc', picture(1), words('-c:v vc2 -f dirac')), isLoose: true },
  sample('video.dnxhd', picture(0.4, '1280x720'), words('-c:v dnxhd -b:v 60M -pix_fmt yuv422p -f dnxhd')),
  ...words(
    'alaw mulaw vidc s8 u8 s16le s16be s24le s24be s32le s32be u16le u16be u24le u24be u32le u32be f32le f32be f64le f64be',
  ).map(format => ({
    ...sample(`sound.${format}`, sound(2), ['-f', format]),
    ...{ format, input: words('-ar 48000') },
  })),
  { ...sample('sound.g722', sound(8, 16_000), words('-c:a g722 -f g722')), format: 'g722', isLoose: true },
  {
    ...sample('video.yuv', picture(1), words('-pix_fmt yuv420p -f rawvideo')),
    format: 'rawvideo',
    input: words('-video_size 320x180 -pixel_format yuv420p'),
  },
]

const IMAGES: readonly Sample[] = [
  sample('still.avif', picture(0.04), words('-frames:v 1 -c:v libaom-av1 -cpu-used 8 -f avif')),
  sample(
    'large.avif',
    words('-f lavfi -i testsrc2=size=320x240:rate=25:duration=0.04,noise=alls=100:allf=t'),
    words('-frames:v 1 -c:v libaom-av1 -cpu-used 8 -crf 2 -f avif'),
  ),
  sample('small.gif', picture(0.2)),
  sample('large.gif', V),
  sample('looping.apng', picture(1), words('-plays 0')),
  sample('once.apng', picture(1), words('-plays 1')),
  sample('moving.webp', picture(1), words('-c:v libwebp_anim')),
  ...words('png jpg bmp tiff webp ppm pgm pfm dpx exr pcx sgi xwd sun j2k jxl jls qoi xbm').map(ending =>
    sample(`picture.${ending}`, picture(0.04, '640x360'), words('-frames:v 1 -f image2 -update 1')),
  ),
  sample('pictures.jpg', picture(0.4), words('-c:v mjpeg -f image2pipe')),
  sample('pictures.png', picture(0.4), words('-c:v png -f image2pipe')),
  sample('icon.ico', picture(0.04, '128x128'), words('-frames:v 1 -pix_fmt rgba -c:v png -f ico')),
]

const SUBTITLES: readonly Sample[] = words('srt ass vtt lrc').map(ending =>
  sample(`lines.${ending}`, ['-f', 'srt', '-i', 'SUBTITLES']),
)

const UNNAMED: readonly Sample[] = [
  ...MP4,
  ...MATROSKA,
  ...BROADCAST,
  ...DESKTOP,
  ...AUDIO,
  ...ELEMENTARY,
  ...IMAGES,
  ...SUBTITLES,
]

/** Some of them again, with their demuxer set: then they are piped unless their bytes require random access. */
const NAMED: readonly Sample[] = Object.entries({
  h264: 'video.h264',
  hevc: 'video.hevc',
  obu: 'video.obu',
  mpegvideo: 'video.m2v',
  m4v: 'video.m4v',
  h263: 'video.h263',
  h261: 'video.h261',
  mjpeg: 'video.mjpeg',
  dnxhd: 'video.dnxhd',
  truehd: 'sound.thd',
  mlp: 'sound.mlp',
  gsm: 'sound.gsm',
  srt: 'lines.srt',
  image2pipe: 'pictures.png',
}).map(([format, file]) => ({ ...UNNAMED.find(sample => sample.file === file)!, format }))

/** All samples. */
export const CORPUS: readonly Sample[] = [...UNNAMED, ...NAMED]
