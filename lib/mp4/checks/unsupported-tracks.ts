import type { Mp4Error } from '../../errors.js'
import type { Box } from '../boxes/box.js'
import { type Movie, sampleTable } from '../movie/movie.js'
import type { TrackFragment } from '../fragments/fragment.js'
import { formatName } from '../movie/sample-entry.js'

const ENCRYPTED = new Set('encv enca enct encs encf encm encu'.split(' '))

/** Tracks of a `moov` that no ordinary file can be made of, each an error that names it. */
export function* refusedTracks(moov: Box, movie: Movie): Generator<Mp4Error> {
  const traks = moov.children.filter(child => child.type === 'trak')
  for (const [n, { id }] of movie.tracks.entries()) {
    const stsd = sampleTable(traks[n]!).needChild('stsd')
    for (const entry of stsd.childrenFrom(8)) {
      if (entry.type === 'tx3g') {
        const message =
          'its subtitles are tx3g, whose ends ffmpeg leaves out of fragments, so that an ordinary MP4 would show ' +
          'each until the next. Leave them out (-sn), or write them to a file of their own (-f webvtt)'
        yield entry.error('AVIO_ERR_MP4_TRACK_UNSUPPORTED', message, id)
      } else if (ENCRYPTED.has(entry.type)) yield encrypted(entry, id)
    }
  }
}

/** The error of samples that come with encryption data. */
export function refusedFragment({ box, trackId }: TrackFragment): Mp4Error {
  return encrypted(box, trackId)
}

function encrypted(box: Box, trackId: number): Mp4Error {
  const what = box.type === 'traf' ? 'it says where its encryption data is (saio)' : formatName(box.type)
  const message =
    `the track is encrypted (${what}). What decrypts its samples lies in the fragments, which an ordinary MP4 does ` +
    'not have. Leave the output fragmented, or encrypt the ordinary one'
  return box.error('AVIO_ERR_MP4_TRACK_UNSUPPORTED', message, trackId)
}
