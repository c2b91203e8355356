import type { Mp4Error } from '../../errors.js'
import type { Box } from '../boxes/box.js'
import type { Mp4Edit } from '../boxes/leaf-boxes.js'
import { type Movie, sampleCount, sampleTable } from '../movie/movie.js'
import { sampleEntryProblems } from './sample-entry-checks.js'
import type { Mp4Track, TrackKind } from '../movie/track.js'
import type { ValidationWarning } from './validation-report.js'

/** Problems that keep a `moov` from starting a fragmented stream. */
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
      const message = 'mvex has no trex for it, so its fragments can not be read'
      yield trak.error('AVIO_ERR_MP4_TREX_MISSING', message, track.id)
    }
    const stbl = sampleTable(trak)
    yield* sampleEntryProblems(stbl.needChild('stsd'), track)
    const samples = sampleCount(stbl)
    if (samples > 0) {
      yield stbl.error(
        'AVIO_ERR_MP4_SAMPLES_OUTSIDE_FRAGMENT',
        `it lists ${samples} samples, with data outside of fragments: players of fragmented MP4 skip them. With ` +
          'ffmpeg, add +delay_moov (or +empty_moov) to -movflags, beside +frag_keyframe',
        track.id,
      )
    }
  }
}

/** The number of sample entries of each track, and the default entry for its fragments. */
export function sampleDescriptions(moov: Box, movie: Movie): Map<number, { count: number; index: number }> {
  const found = new Map<number, { count: number; index: number }>()
  const traks = moov.children.filter(child => child.type === 'trak')
  for (const [n, track] of movie.tracks.entries()) {
    const count = sampleTable(traks[n]!).needChild('stsd').childrenFrom(8).length
    found.set(track.id, { count, index: 1 })
  }
  for (const trex of moov.child('mvex')?.children ?? []) {
    const track = trex.type === 'trex' ? found.get(trex.u32(4)) : undefined
    if (track) track.index = trex.u32(8)
  }
  return found
}

/** A track announced by the `moov`. */
export interface AnnouncedTrack {
  /** Position of its `trak`, without the bytes. */
  readonly trak: { readonly path: string; readonly offset: number }
  readonly trackId: number
  readonly kind: TrackKind
}

/** The announced tracks; keeps no reference to the bytes of the `moov`. */
export function announcedTracks(moov: Box, movie: Movie): AnnouncedTrack[] {
  const traks = moov.children.filter(child => child.type === 'trak')
  return movie.tracks.map(({ id, kind }, n) => {
    const { offset, path } = traks[n]!
    return { trak: { offset, path }, trackId: id, kind }
  })
}

/** Legal properties of a `moov` that still break players. */
export function* movieWarnings(moov: Box, movie: Movie): Generator<ValidationWarning> {
  const traks = moov.children.filter(child => child.type === 'trak')
  for (const [n, track] of movie.tracks.entries()) {
    const { offset: byteOffset, path: boxPath } = traks[n]!
    const place = { byteOffset, boxPath, trackId: track.id }
    const wanted = PARAMETER_SETS_OUT_OF_BAND[track.sampleEntry]
    if (wanted !== undefined) {
      const message =
        `Track ${track.id} is "${track.sampleEntry}": Apple's players show no video unless it is "${wanted}". With ` +
        `ffmpeg, add -tag:v ${wanted}`
      yield { code: 'AVIO_WARN_MP4_HEV1', message, ...place }
    }
    if (track.codec.startsWith('mp4a.40') && track.edits.length === 0) {
      const message =
        `Track ${track.id} is AAC without an edit list: the encoder's priming before the first sound (usually 1,024 ` +
        'or 2,112 samples) is played as silence, and audio is late. With ffmpeg, use +delay_moov ' +
        'instead of +empty_moov or +cmaf'
      yield { code: 'AVIO_WARN_MP4_NO_EDIT_LIST', message, ...place }
    }
    const ignored = ignoredEdits(track.edits)
    if (ignored !== undefined) {
      const message =
        `The edit list of track ${track.id} has ${ignored}: browsers ignore it in fragments, and CMAF allows ` +
        'only one edit, at normal speed, that sets the start in the media. CmafPackager writes delays into the ' +
        'decode times; so does ffmpeg with +frag_discont in -movflags'
      yield { code: 'AVIO_WARN_MP4_EDIT_IGNORED', message, ...place }
    }
  }
}

/** The edit ignored by players that handle fragments like Media Source Extensions. */
function ignoredEdits(edits: readonly Mp4Edit[]): string | undefined {
  const media = edits.filter(({ mediaTime }) => mediaTime >= 0)
  const isEmpty = edits.some(edit => edit.mediaTime < 0 && edit.segmentDuration > 0)
  if (isEmpty) return 'an empty edit, which delays it'
  if (media.length > 1) return `${media.length} edits of media`
  return media.some(({ mediaRate }) => mediaRate !== 1) ? 'an edit at another speed' : undefined
}

/**
 * Sample entries that allow parameter sets within the samples, and the ones without, which Apple requires
 * (https://developer.apple.com/documentation/http-live-streaming/hls-authoring-specification-for-apple-devices, 1.10).
 */
const PARAMETER_SETS_OUT_OF_BAND: Partial<Record<string, string>> = { hev1: 'hvc1', dvhe: 'dvh1' }

/** The warning of a video whose first frame is presented late for lack of an edit list. */
export function lateStart(track: Mp4Track, delayTicks: number, box: Box): ValidationWarning {
  const delay = ((delayTicks / track.timescale) * 1000).toFixed(1)
  return {
    code: 'AVIO_WARN_MP4_NO_EDIT_LIST',
    message:
      `Track ${track.id} has B-frames but no edit list: its first frame is shown ${delay} ms after its audio. ` +
      'With ffmpeg, use +delay_moov instead of +empty_moov',
    byteOffset: box.offset,
    boxPath: box.path,
    trackId: track.id,
  }
}
