import { HlsError } from '../errors.js'
import { presentation } from '../mp4/presentation.js'
import type { Mp4Track } from '../mp4/track.js'
import type { Fmp4Init } from '../mp4/validation.js'
import type { InitSegment } from './presentation.js'

/**
 * What an initialization segment says of the tracks: which one segments are cut by, and how its decode times become
 * times of presentation.
 *
 * @throws {@link HlsError} `AVIO_ERR_HLS_TRACKS` unless there is one video track, one audio track, or one of each: a
 *   player of HLS plays the first of a kind, and the others would be downloaded for nothing
 */
export function initTracks(
  { timescale, tracks }: Fmp4Init,
  rendition: string,
): Pick<InitSegment, 'tracks' | 'track' | 'shiftTicks'> {
  const video = tracks.filter(({ kind }) => kind === 'video')
  const audio = tracks.filter(({ kind }) => kind === 'audio')
  const track = video[0] ?? audio[0]
  if (track === undefined || video.length > 1 || audio.length > 1 || tracks.length > 2) {
    const kinds = tracks.map(({ kind, codec }) => `${kind} (${codec})`).join(', ')
    throw new HlsError(
      'AVIO_ERR_HLS_TRACKS',
      `Rendition "${rendition}" has the tracks ${kinds}; it may have one video track, one audio track, or one of ` +
        'each. Select them with -map; another language or coding is a rendition of its own',
      { rendition },
    )
  }
  const { at, from } = presentation(track, timescale)[0]!
  // An edit of video skips the composition offset of the first picture, which is not known here: together that is 0.
  return { tracks, track, shiftTicks: track.kind === 'video' ? at : at - from }
}

/** The size at which the picture of a track is shown, in pixels: turned, where its matrix turns it by a quarter. */
export function shownSize({ width, height, rotation }: Mp4Track): Pick<Mp4Track, 'width' | 'height'> {
  return rotation % 180 === 0 ? { width, height } : { width: height, height: width }
}
