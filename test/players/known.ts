import type { Check } from './checks.js'

/**
 * What is known not to hold, and why. A run fails where something else does not hold, and where one of these does: a
 * line whose fault was mended has to go.
 */
export interface Known {
  readonly kinds: readonly string[]
  /** Judges by the beginning of their names; all players where none is named. */
  readonly judges?: readonly string[]
  readonly checks: readonly Check[]
  /** Checks that follow from those and do not hold in every run. */
  readonly besides?: readonly Check[]
  /** Whose fault it is: ours to mend, or a limit of the player. */
  readonly of: 'library' | 'player'
  readonly why: string
}

export const KNOWN: readonly Known[] = [
  {
    ...{ kinds: ['late-sound', 'late-picture', 'from-10', 'copied-mkv', 'copied-ts'], of: 'player' },
    ...{ judges: ['shaka-player HLS'], checks: ['sync'], besides: ['seeks', 'end'] },
    why:
      'Shaka Player places each segment of HLS where those before it end by `EXTINF`, not by the times in it: tracks that ' +
      'do not begin together are moved together. By the manifest of DASH it plays them right',
  },
  {
    kinds: ['vod', 'byterange', 'event', 'live', 'discontinuity', 'short-rest', 'languages', 'images'],
    ...{ judges: ['shaka-player HLS'], checks: ['sync'], of: 'player' },
    why:
      'Shaka Player takes the decode time of a segment for when it is presented, and passes over the edit list that takes ' +
      'the priming of AAC off: the sound is 20 ms early. By the manifest of DASH it is not',
  },
  {
    ...{ kinds: ['late-sound'], judges: ['shaka-player DASH', 'dash.js', 'video.js'], of: 'player' },
    ...{ checks: [], besides: ['start', 'whole', 'seeks'] },
    why:
      'browsers play nothing where a track has no data, and each player gets over that by a jump of its own; ' +
      '`-af aresample=async=1:first_pts=0` fills the sound with silence',
  },
  {
    ...{
      kinds: ['discontinuity'],
      judges: ['video.js'],
      checks: [],
      besides: ['seeks', 'whole'],
      of: 'player',
    },
    why: 'video.js may load the programme behind the one that it seeks back into, and then shows its first picture',
  },
  {
    ...{ kinds: ['live'], judges: ['dash.js'], checks: [], besides: ['end'], of: 'player' },
    why:
      'dash.js may miss that the manifest of a window has become `static`: it shows what there is and tells of no `ended`, ' +
      'or jumps to the end',
  },
]
