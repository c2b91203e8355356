import type { Check } from './checks.js'

/**
 * Known faults and their reasons. A run fails on any other fault, and on a known fault that no longer occurs: remove
 * its entry.
 */
export interface Known {
  readonly kinds: readonly string[]
  /** Prefixes of judges' names; all players if omitted. */
  readonly judges?: readonly string[]
  readonly checks: readonly Check[]
  /** Checks that may fail as a consequence, but not in every run. */
  readonly besides?: readonly Check[]
  /** Whether the library is at fault, or the player. */
  readonly of: 'library' | 'player'
  readonly why: string
}

export const KNOWN: readonly Known[] = [
  {
    ...{ kinds: ['late-audio', 'late-video', 'from-10', 'copied-mkv', 'copied-ts'], of: 'player' },
    ...{ judges: ['shaka-player HLS'], checks: ['sync'], besides: ['seeks', 'end'] },
    why:
      'With HLS, Shaka Player places segments by the sum of `EXTINF`, not by their own times, so tracks that start at ' +
      'different times are shifted together. With DASH it plays them right',
  },
  {
    kinds: ['vod', 'byterange', 'event', 'live', 'discontinuity', 'short-last', 'languages', 'images'],
    ...{ judges: ['shaka-player HLS'], checks: ['sync'], of: 'player' },
    why:
      'With HLS, Shaka Player presents segments at their decode time and ignores the edit list that removes AAC priming, ' +
      'so audio is 20 ms early. With DASH it is in sync',
  },
  {
    ...{ kinds: ['late-audio'], judges: ['shaka-player DASH', 'dash.js', 'video.js'], of: 'player' },
    ...{ checks: [], besides: ['start', 'whole', 'seeks'] },
    why:
      'Browsers stop where a track has no data, and each player skips the gap in its own way; ' +
      '`-af aresample=async=1:first_pts=0` fills the audio with silence',
  },
  {
    ...{
      kinds: ['discontinuity'],
      judges: ['video.js'],
      checks: [],
      besides: ['seeks', 'whole'],
      of: 'player',
    },
    why: 'After a seek back, video.js may load the next programme and show its first frame',
  },
  {
    ...{ kinds: ['live'], judges: ['dash.js'], checks: [], besides: ['end'], of: 'player' },
    why:
      'dash.js may miss that the manifest of a live window has become `static`: it plays to the end without `ended`, ' +
      'or jumps to the end',
  },
]
