import type { MediaInfo } from '../../ffmpeg/report/media-info.js'
import type { JobPackage, JobRendition } from '../../job/schema/job.js'
import type { VideoEncoding } from '../../job/schema/encoding.js'

/** The renditions of a package: a ladder of heights, with a capped constant quality, and the sound apart. */

/** Codecs, each with its usual quality and the share of H.264's bits that it needs. */
const CODECS = {
  h264: { crf: 23, share: 1 },
  hevc: { crf: 26, share: 0.65 },
  vp9: { crf: 33, share: 0.65 },
  av1: { crf: 35, share: 0.5 },
} as const

/** The most bits per second at each height, for H.264. */
const CAPS: Readonly<Record<number, number>> = {
  ...{
    144: 200_000,
    240: 400_000,
    270: 500_000,
    360: 900_000,
    432: 1_200_000,
    480: 1_500_000,
    540: 2_200_000,
  },
  ...{ 720: 3_500_000, 1080: 6_000_000, 1440: 10_000_000, 2160: 18_000_000, 4320: 45_000_000 },
}

/** What a ladder is made with. */
export interface LadderSettings {
  readonly heights: readonly NonNullable<VideoEncoding['height']>[]
  readonly codec: VideoEncoding['codec']
  readonly crf?: number | undefined
  readonly preset?: VideoEncoding['preset']
  readonly audioBitrate: number
}

/** The renditions for an input, and the heights that are left out since it is smaller. */
export interface Ladder {
  readonly renditions: JobPackage['renditions']
  readonly leftOut: readonly number[]
}

/**
 * The renditions for an input.
 *
 * @param info - what the input has: nothing is enlarged, and there is no sound without an audio track
 */
export function ladderOf(info: MediaInfo, settings: LadderSettings): Ladder {
  const video = info.streams.find(
    ({ type, disposition }) => type === 'video' && !disposition.includes('attached_pic'),
  )
  const height = video?.height ?? 0
  const heights = settings.heights.filter(rung => rung <= height)
  const rungs: (typeof heights)[number][] | [undefined] = heights.length > 0 ? heights : [undefined]
  const audio: JobRendition = {
    name: 'audio',
    video: 'none',
    audio: { codec: 'aac', bitrate: settings.audioBitrate, channels: 2 },
  }
  const renditions = video === undefined ? [] : rungs.map(rung => renditionOf(rung, height, settings))
  if (info.streams.some(({ type }) => type === 'audio')) renditions.push(audio)
  return {
    renditions,
    leftOut: video === undefined ? [] : settings.heights.filter(rung => rung > height),
  }
}

function renditionOf(
  rung: VideoEncoding['height'],
  height: number,
  { codec, crf, preset }: LadderSettings,
): JobRendition {
  const cap = CAPS[rung ?? nearestRung(height)]!
  return {
    name: `${rung ?? height}p`,
    audio: 'none',
    video: {
      codec,
      ...(rung !== undefined && { height: rung }),
      crf: crf ?? CODECS[codec].crf,
      maxBitrate: Math.round(cap * CODECS[codec].share),
      ...(preset !== undefined && { preset }),
    },
  }
}

/** The smallest height of the table that is no less. */
function nearestRung(height: number): number {
  const rungs = Object.keys(CAPS).map(Number)
  return rungs.find(rung => rung >= height) ?? rungs.at(-1)!
}
