import * as media from './media.js'

/** Fragmented MP4s as ffmpeg writes them: a few small encodings, each remuxed in every way. */

const size = { seconds: 3, size: '64x48' }
const both = media.bothInputs(size)

/** The encodings, each made once. Not every ffmpeg has every encoder. */
const ENCODINGS: Record<string, readonly string[]> = {
  'H.264 and AAC': [...both, ...media.H264, ...media.AAC],
  'B-frames and AAC': [...both, ...media.H264_B_FRAMES, ...media.AAC],
  'HEVC and AC-3': [
    ...[...both, '-c:v', 'libx265', '-x265-params', 'log-level=none', '-preset', 'ultrafast', '-g', '25'],
    ...['-c:a', 'ac3'],
  ],
  'VP9 and Opus': [
    ...[...both, '-c:v', 'libvpx-vp9', '-cpu-used', '8', '-deadline', 'realtime', '-g', '25'],
    ...['-c:a', 'libopus'],
  ],
  'AV1 and FLAC': [...both, '-c:v', 'libsvtav1', '-preset', '12', '-g', '25', '-c:a', 'flac'],
  'MPEG-4 and MP3': [...both, '-c:v', 'mpeg4', '-g', '25', '-c:a', 'libmp3lame'],
  'video only': [...media.videoInput(size), ...media.H264_B_FRAMES],
  'audio only': [...media.audioInput(size), '-c:a', 'eac3'],
}

const flags = (movflags: string, ...more: string[]) => ['-movflags', movflags, ...more]

/** The ways of muxing. The first three are tried with every encoding. */
const MODES: Record<string, readonly string[]> = {
  default: flags('+frag_keyframe+delay_moov+default_base_moof'),
  CMAF: flags('+cmaf+frag_keyframe'),
  'stated bases': flags('+frag_keyframe+delay_moov'),
  'empty moov': flags('+frag_keyframe+empty_moov+default_base_moof'),
  'no bases': flags('+frag_keyframe+empty_moov+omit_tfhd_offset'),
  DASH: flags('+dash+frag_keyframe+delay_moov'),
  'DASH without sidx': flags('+dash+skip_sidx+frag_keyframe+delay_moov+default_base_moof'),
  'a fragment per frame': flags('+frag_every_frame+delay_moov+default_base_moof'),
  'a moof per track': flags('+separate_moof+frag_keyframe+delay_moov+default_base_moof'),
  'negative offsets': flags('+frag_keyframe+empty_moov+negative_cts_offsets+default_base_moof'),
  'no mfra': flags('+frag_keyframe+delay_moov+default_base_moof+skip_trailer'),
  'fragments by duration': flags('+delay_moov+default_base_moof', '-frag_duration', '300000'),
  'fragments by size': flags('+delay_moov+default_base_moof', '-frag_size', '2000'),
  clocks: flags('+frag_keyframe+delay_moov+default_base_moof', '-write_prft', 'wallclock'),
  'sequence numbers from 1000': flags(
    '+frag_keyframe+delay_moov+default_base_moof',
    '-fragment_index',
    '1000',
  ),
}

/** How many run at a time: each is a process. */
const AT_ONCE = 3

/** All files, by "encoding, mode". */
export async function writtenByFfmpeg(): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>()
  for (const [encoding, args] of Object.entries(ENCODINGS)) {
    const source = await media.ffmpegToPipe([...args, '-f', 'matroska']).catch(() => undefined)
    if (source === undefined) continue
    const isFull = encoding.endsWith('AAC')
    const modes = Object.entries(MODES).slice(0, isFull ? undefined : 3)
    for (let n = 0; n < modes.length; n += AT_ONCE) {
      const written = modes.slice(n, n + AT_ONCE).map(async ([mode, how]) => {
        const remux = ['-i', 'pipe:0', '-c', 'copy', '-strict', '-2', ...how, '-f', 'mp4']
        // For example, `empty_moov` does not support AC-3.
        const bytes = await media.ffmpegThroughPipes(remux, source).catch(() => undefined)
        return [`${encoding}, ${mode}`, bytes] as const
      })
      for (const [name, bytes] of await Promise.all(written)) if (bytes) files.set(name, bytes)
    }
  }
  return files
}
