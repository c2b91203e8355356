import type { MediaInfo, MediaStreamInfo } from '../../ffmpeg/report/media-info.js'
import { frameRateFraction } from '../../hls/presentation/frame-rate.js'
import { UnsplitReason } from '../encoding/unsplit.js'
import { type FrameRate, parseRate } from '../grid/rational.js'
import type { VideoEnds } from './video-ends.js'

/**
 * The video track of the source that is split.
 *
 * @param videoMap - the arguments' `-map`, if any
 * @throws {@link UnsplitReason}
 */
export function sourceVideo({ streams }: MediaInfo, videoMap: string | undefined): MediaStreamInfo {
  const videos = streams.filter(
    ({ type, disposition }) => type === 'video' && !disposition.includes('attached_pic'),
  )
  const [first] = videos
  if (first === undefined) throw new UnsplitReason('source', 'The source has no video.')
  if (videos.length > 1 && videoMap?.endsWith(':0') !== true)
    throw new UnsplitReason(
      'source',
      'The source has several video tracks. Choose the first one with "-map 0:v:0".',
    )
  return first
}

/** The relative tolerance between two measurements of one rate. */
const CLOSE = 0.005
/** The tolerance for the interval between frames, in microseconds: some containers round to milliseconds. */
const ROUNDED = 1500

/**
 * The source's constant frame rate: the two rates in its index agree, or the times of its last frames confirm one of
 * them. The average rate is off by a few tenths of a percent if the first or the last frame has another duration, and
 * that of a fragmented MP4 by several percent. So it only confirms the other one.
 *
 * @throws {@link UnsplitReason} for a variable one
 */
export function sourceRate(
  { frameRate, realFrameRate }: MediaStreamInfo,
  { spacing, isFieldCoded }: Pick<VideoEnds, 'spacing' | 'isFieldCoded'>,
): FrameRate {
  // For interlaced video the other rate is the field rate. If packets are fields, the average may be, too.
  const stated = realFrameRate === undefined ? [] : [realFrameRate, realFrameRate / 2]
  const isAverage = (rate: number) =>
    frameRate !== undefined && Math.abs(rate - frameRate) < CLOSE * frameRate
  const isSeen = (rate: number) =>
    spacing !== undefined &&
    [spacing.least, spacing.most].every(step => Math.abs(step - 1e6 / rate) < ROUNDED)
  const agreed = isFieldCoded ? undefined : stated.find(isAverage)
  const found = realFrameRate === undefined && !isFieldCoded ? frameRate : (agreed ?? stated.find(isSeen))
  const rate = found === undefined ? undefined : parseRate(frameRateFraction(found).join('/'))
  if (rate !== undefined) return rate
  throw new UnsplitReason(
    'frame-rate',
    'The source has a variable frame rate, whose frames have no common grid to cut on. Give the output a constant ' +
      'one (-r) to split it.',
  )
}
