import { HlsError } from '../../errors.js'
import type { Mp4Track } from '../../mp4/movie/track.js'
import type { Fmp4Init } from '../../mp4/checks/validation-report.js'
import type { InitSegment } from './presentation.js'

/**
 * What an initialization segment says of the tracks: which one segments are cut by.
 *
 * @param allowMixed - whether the sound may be with the picture
 * @throws {@link HlsError} `AVIO_ERR_HLS_TRACKS` unless there is one video track, one audio track, or one of each: a
 *   player of HLS plays the first of a kind, and the others would be downloaded for nothing
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
      `Rendition "${rendition}" has the tracks ${kinds}; it may have one video track, one audio track, or one of ` +
        'each. Select them with -map; another language or coding is a rendition of its own',
      { rendition },
    )
  }
  if (tracks.length > 1 && !allowMixed) {
    throw new HlsError(
      'AVIO_ERR_HLS_TRACKS',
      `Rendition "${rendition}" has sound and picture in one, which a manifest of DASH (mpd) can't list: its segments are ` +
        'of one kind each, and dash.js plays no others. Make the sound a rendition of its own (an output each, with ' +
        '-map 0:v and -map 0:a), or leave mpd out',
      { rendition },
    )
  }
  return { tracks, track }
}

/**
 * The size at which the picture of a track is shown, in pixels that are square: as wide as its own pixels make it, and
 * turned, where its matrix turns it by a quarter.
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
 * The size of the picture of a track in its own pixels, and their shape (`sar`, wide to high), turned in the same way.
 */
export function codedSize({ width, height, rotation, pixelAspect }: Mp4Track) {
  const [horizontal, vertical] = pixelAspect ?? []
  const isTurned = rotation % 180 !== 0
  const sar = pixelAspect && (isTurned ? `${vertical}:${horizontal}` : `${horizontal}:${vertical}`)
  return isTurned ? { width: height, height: width, sar } : { width, height, sar }
}
