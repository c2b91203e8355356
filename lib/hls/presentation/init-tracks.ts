import { HlsError } from '../../errors.js'
import type { Mp4Track } from '../../mp4/movie/track.js'
import type { Fmp4Init } from '../../mp4/checks/validation-report.js'
import type { InitSegment } from './presentation.js'

/**
 * The tracks of an initialization segment, and which of them determines the cuts.
 *
 * @param allowMixed - whether audio and video may be in one rendition
 * @throws {@link HlsError} `AVIO_ERR_HLS_TRACKS` unless there is one video track, one audio track, or one of
 * each: an HLS player plays the first of a kind, and would download the others for nothing
 */
export function initTracks(
  { tracks }: Pick<Fmp4Init, 'tracks'>,
  rendition: string,
  allowMixed: boolean,
): Pick<InitSegment, 'tracks' | 'track'> {
  const video = tracks.filter(({ kind }) => kind === 'video')
  const audio = tracks.filter(({ kind }) => kind === 'audio')
  const track = video[0] ?? audio[0]
  if (track === undefined || video.length > 1 || audio.length > 1 || tracks.length > 2) {
    const kinds = tracks.map(({ kind, codec }) => `${kind} (${codec})`).join(', ')
    throw new HlsError(
      'AVIO_ERR_HLS_TRACKS',
      `Rendition "${rendition}" has the tracks ${kinds}; it must have one video track, one audio track, or one of ` +
        'each. Select them with -map; put another language or encoding into a separate rendition',
      { rendition },
    )
  }
  if (tracks.length > 1 && !allowMixed) {
    throw new HlsError(
      'AVIO_ERR_HLS_TRACKS',
      `Rendition "${rendition}" has audio and video together, which a DASH manifest (mpd) can't list: its segments ` +
        'have one media type each, and dash.js plays no others. Make the audio a separate rendition ' +
        '(one output each, with -map 0:v and -map 0:a), or leave mpd out',
      { rendition },
    )
  }
  return { tracks, track }
}

/**
 * The display size of a track in square pixels: its width follows from the pixel aspect ratio, and its sides
 * are swapped if its matrix rotates it by 90 degrees.
 */
export function shownSize({
  width,
  height,
  rotation,
  pixelAspect,
}: Mp4Track): Pick<Mp4Track, 'width' | 'height'> {
  const [horizontal, vertical] = pixelAspect ?? [1, 1]
  const shown = width === undefined ? undefined : Math.max(1, Math.round((width * horizontal) / vertical))
  return rotation % 180 === 0 ? { width: shown, height } : { width: height, height: shown }
}

/**
 * The size of a track in its own pixels, and their aspect ratio (`sar`, width to height), rotated in the same
 * way.
 */
export function codedSize({ width, height, rotation, pixelAspect }: Mp4Track) {
  const [horizontal, vertical] = pixelAspect ?? []
  const isTurned = rotation % 180 !== 0
  const sar = pixelAspect && (isTurned ? `${vertical}:${horizontal}` : `${horizontal}:${vertical}`)
  return isTurned ? { width: height, height: width, sar } : { width, height, sar }
}
