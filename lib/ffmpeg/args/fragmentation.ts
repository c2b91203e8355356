/**
 * How the MP4 family is made to stream.
 *
 * ffmpeg writes a box with its size left open and goes back to fill the size in. On a pipe it can go back only as
 * far as its own buffer of 32 KiB reaches, and silently does not beyond: the box keeps size 0, ffmpeg exits 0, and
 * nothing can read the result (all of ffmpeg 4 to 9; found at exactly 32,768 bytes). So every `moof` has to stay
 * below that. It holds up to 16 bytes a sample (ISO/IEC 14496-12, 8.8.8: duration, size, flags, composition
 * offset) and some 100 a track, so a fragment may hold about 2,000 samples, of all tracks together. A key frame
 * alone does not bound that: there may be none for minutes, and audio has none. A duration does: in 2 s, 1,000
 * samples a second fit, which is video of 240 frames a second beside eight tracks of AAC at 96 kHz.
 */

/** A `moov` or `moof` above this many bytes loses its size on a pipe. */
export const LARGEST_HEADER = 32_768

/** `-frag_duration`, in microseconds. */
export const FRAGMENT_DURATION = 2_000_000

/**
 * `-movflags` by default.
 * `frag_keyframe` lets fragments start on key frames; `delay_moov` writes the `moov` when the first fragment is cut,
 * when edit lists (AAC's priming, the delay of B-frames) and AC-3's parameters are known, which `empty_moov` loses
 * or refuses; `default_base_moof` makes a fragment's offsets its own, as MSE and CMAF require.
 */
export const DEFAULT_MOVFLAGS = ['frag_keyframe', 'delay_moov', 'default_base_moof'] as const
