import type { Mp4Error } from '../../errors.js'
import type { BoxFields } from '../boxes/box-fields.js'
import type { Box } from '../boxes/box.js'
import { type Movie, sampleTable } from '../movie/movie.js'
import type { TrackFragment } from '../fragments/fragment.js'
import { formatName } from '../movie/sample-entry.js'

const ENCRYPTED = new Set('encv enca enct encs encf encm encu'.split(' '))

/** Tracks of a `moov` that an ordinary file can't contain, each as an error that names it. */
export function* refusedTracks(moov: Box, movie: Movie): Generator<Mp4Error> {
  const traks = moov.children.filter(child => child.type === 'trak')
  for (const [n, { id }] of movie.tracks.entries()) {
    const stsd = sampleTable(traks[n]!).needChild('stsd')
    for (const entry of stsd.childrenFrom(8)) {
      if (entry.type === 'tx3g') {
        const message =
          'its subtitles are tx3g, and ffmpeg omits their end times in fragments, so an ordinary MP4 would show ' +
          'each until the next. Leave them out (-sn), or write them to a separate file (-f webvtt)'
        yield entry.error('AVIO_ERR_MP4_TRACK_UNSUPPORTED', message, id)
      } else if (ENCRYPTED.has(entry.type)) yield encrypted(entry, id)
    }
  }
}

/** The error of samples with encryption data. */
export function refusedFragment({ traf, trackId }: TrackFragment): Mp4Error {
  return encrypted(traf, trackId)
}

function encrypted(box: BoxFields, trackId: number): Mp4Error {
  const what = box.type === 'traf' ? 'it has encryption data (saio)' : formatName(box.type)
  const message =
    `the track is encrypted (${what}). The data to decrypt its samples is in the fragments, ` +
    'which an ordinary MP4 does not have. Leave the output fragmented, or encrypt the ordinary one'
  return box.error('AVIO_ERR_MP4_TRACK_UNSUPPORTED', message, trackId)
}
