/**
 * How an MP4-family output streams.
 *
 * ffmpeg writes a box with its size left open and seeks back to fill the size in. On a pipe it can go back only within
 * its own buffer of 32 KiB, and silently fails beyond that: the box keeps size 0, ffmpeg exits 0, and nothing can read
 * the result (every ffmpeg from 4 to 9; found at exactly 32,768 bytes). So every `moof` has to stay below that size.
 * It holds up to 16 bytes per sample (ISO/IEC 14496-12, 8.8.8: duration, size, flags, composition offset) and some 100
 * per track, so a fragment may hold about 2,000 samples over all tracks. Key frames alone do not bound that: there may
 * be none for minutes, and audio has none. A duration does: 2 s hold 1,000 samples per second, which is video of 240
 * frames per second beside eight tracks of AAC at 96 kHz.
 */

/** A `moov` or `moof` above this many bytes loses its size on a pipe. */
export const LARGEST_HEADER = 32_768

/** `-frag_duration`, in microseconds. */
export const FRAGMENT_DURATION = 2_000_000

/**
 * The default `-movflags`.
 * `frag_keyframe` starts fragments on key frames; `delay_moov` writes the `moov` together with the first fragment, once
 * ffmpeg knows the edit lists (AAC's priming, the delay of B-frames) and AC-3's parameters, which `empty_moov` loses
 * or rejects; `default_base_moof` makes offsets relative to the fragment, as MSE and CMAF require.
 */
export const DEFAULT_MOVFLAGS = ['frag_keyframe', 'delay_moov', 'default_base_moof'] as const
