/** What is known of a muxer. */
export interface Muxer {
  /** ffmpeg's name for it. */
  readonly name: string
  /** Arguments added by default so that it streams. */
  readonly defaults: readonly string[]
}

const MP4 = ['mp4', 'mov', 'ipod', '3gp', '3g2', 'psp', 'f4v', 'ismv']

/** The muxer of that name. */
export function muxerOf(name: string): Muxer {
  const flags = ['-movflags', 'frag_keyframe+delay_moov+default_base_moof', '-frag_duration', '2000000']
  return { name, defaults: MP4.includes(name) ? flags : [] }
}
