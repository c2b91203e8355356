import { Mp4Error } from '../../errors.js'
import { mp4Error } from '../boxes/box-header.js'
import type { AnnouncedTrack } from './movie-checks.js'
import type { BoxHeader } from '../boxes/box-reader.js'

/** Errors of boxes that are valid on their own, but in the wrong place. Each says what to do. */

/** The first box is of a type that can't start an MP4. */
export function notMp4(header: BoxHeader): Mp4Error {
  const message = `This is not an MP4: its first box would be a "${header.type}" of ${header.size} bytes`
  return new Mp4Error('AVIO_ERR_MP4_NOT_MP4', message, { byteOffset: 0 })
}

/** The first box is an MP4 box, but not one to start with. */
export function ftypMissing(header: BoxHeader): Mp4Error {
  const message = 'the stream does not begin with ftyp (or styp), which identifies the kind of MP4'
  return mp4Error('AVIO_ERR_MP4_FTYP_MISSING', header, message)
}

/** A box other than `mdat` whose size means "to the end of the file". */
export function sizeZero(header: BoxHeader): Mp4Error {
  if (header.type !== 'moof' && header.type !== 'moov') {
    const message = 'its size is 0, "to the end of the file", which is only allowed for the last mdat'
    return mp4Error('AVIO_ERR_MP4_BOX_SIZE', header, message)
  }
  const message =
    'its size is 0. ffmpeg fills the size in when the box is written, but on a pipe it can not seek back past its ' +
    'buffer of about 32 KiB: make the box smaller, with shorter fragments (-frag_duration 2000000) ' +
    'and no large cover art'
  return mp4Error('AVIO_ERR_MP4_SIZE_ZERO', header, message)
}

/** A duplicate or late box. */
export function misplaced(header: BoxHeader, reason: string): Mp4Error {
  const message = `${reason}. Two concatenated files are not one file: join them with a muxer`
  return mp4Error('AVIO_ERR_MP4_BOX_MISPLACED', header, message)
}

/** A fragment before any `moov`. */
export function moovMissing(header: BoxHeader): Mp4Error {
  const message = 'a fragment before any moov: the initialization segment must come first'
  return mp4Error('AVIO_ERR_MP4_MOOV_MISSING', header, message)
}

/** Something after the end. */
export function trailing(header: BoxHeader, where: string): Mp4Error {
  return mp4Error('AVIO_ERR_MP4_TRAILING_DATA', header, `${header.size} bytes ${where}`)
}

/** Media data that no `moof` announced. */
export function orphan(mdat: BoxHeader, hasMoov: boolean): Mp4Error {
  const message = hasMoov
    ? 'media data outside of any fragment. With ffmpeg, add +delay_moov to -movflags, beside +frag_keyframe'
    : 'media data before the moov: this is an ordinary MP4 with its index last, not a fragmented one. With ffmpeg, ' +
      'write it with -movflags +frag_keyframe+delay_moov+default_base_moof'
  return mp4Error('AVIO_ERR_MP4_SAMPLES_OUTSIDE_FRAGMENT', mdat, message)
}

/** An empty stream. */
export function emptyStream(): Mp4Error {
  const message = 'The stream is empty: its writer stopped before the first byte'
  return new Mp4Error('AVIO_ERR_MP4_EMPTY', message, { byteOffset: 0 })
}

/** The stream ended, after `length` bytes, before any `moov`. */
export function endWithoutMoov(length: number): Mp4Error {
  const message = 'The stream ended without a moov, which describes its fragments'
  return new Mp4Error('AVIO_ERR_MP4_MOOV_MISSING', message, { byteOffset: length })
}

/** The stream ended, after `length` bytes, before any fragment. */
export function endWithoutFragment(length: number): Mp4Error {
  const message =
    'The stream ended after its moov, without a fragment: it contains no media. Find out why none was ' +
    'written, such as a start past the end of the input'
  return new Mp4Error('AVIO_ERR_MP4_NO_FRAGMENT', message, { byteOffset: length })
}

/** The stream ended without a sample of an announced track, though others have some. */
export function trackWithoutSamples({ trak, trackId, kind }: AnnouncedTrack): Mp4Error {
  const message =
    `the stream ended without a sample of this ${kind} track: players wait for it, or show nothing. ` +
    'If the source has none in this range, leave the track out (ffmpeg: -map, -an, -vn)'
  return mp4Error('AVIO_ERR_MP4_NO_FRAGMENT', trak, message, trackId)
}
