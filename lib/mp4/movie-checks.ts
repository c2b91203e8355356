import type { Mp4Error } from '../errors.js'
import type { Box } from './boxes.js'
import { type Movie, sampleCount, sampleTable } from './movie.js'
import type { Mp4Track } from './track.js'
import type { ValidationWarning } from './validation.js'

/** What keeps a `moov` from being the start of a fragmented stream. */
export function* movieProblems(moov: Box, movie: Movie): Generator<Mp4Error> {
  if (!movie.fragmented) {
    yield moov.error(
      'AVIO_ERR_MP4_NOT_FRAGMENTED',
      'it has no mvex, so this is an ordinary MP4, not a fragmented one. With ffmpeg, write it with -movflags ' +
        '+frag_keyframe+delay_moov+default_base_moof',
    )
    return
  }
  const traks = moov.children.filter(child => child.type === 'trak')
  for (const [n, track] of movie.tracks.entries()) {
    const trak = traks[n]!
    if (track.defaults === undefined) {
      const message = 'mvex has no trex for it, so that its fragments can not be read'
      yield trak.error('AVIO_ERR_MP4_TREX_MISSING', message, track.id)
    }
    const stbl = sampleTable(trak)
    const samples = sampleCount(stbl)
    if (samples > 0) {
      yield stbl.error(
        'AVIO_ERR_MP4_SAMPLES_OUTSIDE_FRAGMENT',
        `it lists ${samples} samples, whose data lies outside of fragments: players of fragments skip them. With ` +
          'ffmpeg, add +delay_moov (or +empty_moov) to -movflags, beside +frag_keyframe',
        track.id,
      )
    }
  }
}

/** What of a `moov` is legal, and breaks players all the same. */
export function* movieWarnings(moov: Box, movie: Movie): Generator<ValidationWarning> {
  const traks = moov.children.filter(child => child.type === 'trak')
  for (const [n, track] of movie.tracks.entries()) {
    const { offset: byteOffset, path: boxPath } = traks[n]!
    const place = { byteOffset, boxPath, trackId: track.id }
    const wanted = PARAMETER_SETS_OUT_OF_BAND[track.sampleEntry]
    if (wanted !== undefined) {
      const message =
        `Track ${track.id} is "${track.sampleEntry}": Apple's players want "${wanted}" and show no picture. With ` +
        `ffmpeg, add -tag:v ${wanted}`
      yield { code: 'AVIO_WARN_MP4_HEV1', message, ...place }
    }
    if (track.codec.startsWith('mp4a.40') && track.edits.length === 0) {
      const message =
        `Track ${track.id} is AAC without an edit list: what the encoder puts before the first sound (its priming, ` +
        'mostly 1,024 or 2,112 samples) is played as silence, and sound comes late. With ffmpeg, use +delay_moov ' +
        'instead of +empty_moov or +cmaf'
      yield { code: 'AVIO_WARN_MP4_NO_EDIT_LIST', message, ...place }
    }
  }
}

/**
 * Sample entries that allow parameter sets within the samples, and the ones that don't, which Apple requires
 * (https://developer.apple.com/documentation/http-live-streaming/hls-authoring-specification-for-apple-devices, 1.10).
 */
const PARAMETER_SETS_OUT_OF_BAND: Partial<Record<string, string>> = { hev1: 'hvc1', dvhe: 'dvh1' }

/** The warning of a picture whose first frame is shown late, for want of an edit list that says otherwise. */
export function lateStart(track: Mp4Track, delayTicks: number, box: Box): ValidationWarning {
  const delay = ((delayTicks / track.timescale) * 1000).toFixed(1)
  return {
    code: 'AVIO_WARN_MP4_NO_EDIT_LIST',
    message:
      `Track ${track.id} has B-frames but no edit list: its first picture is shown ${delay} ms after its sound. ` +
      'With ffmpeg, use +delay_moov instead of +empty_moov',
    byteOffset: box.offset,
    boxPath: box.path,
    trackId: track.id,
  }
}
