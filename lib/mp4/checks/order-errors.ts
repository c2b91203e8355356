import { Mp4Error } from '../../errors.js'
import { mp4Error } from '../boxes/box-header.js'
import type { AnnouncedTrack } from './movie-checks.js'
import type { BoxHeader } from '../boxes/box-reader.js'

/** The errors of boxes that are well by themselves, and stand where they must not. Each says what to do. */

/** The first box is of a type that no MP4 begins with. */
export function notMp4(header: BoxHeader): Mp4Error {
  const message = `This is no MP4: its first box would be a "${header.type}" of ${header.size} bytes`
  return new Mp4Error('AVIO_ERR_MP4_NOT_MP4', message, { byteOffset: 0 })
}

/** The first box is one of an MP4, but not the first of one. */
export function ftypMissing(header: BoxHeader): Mp4Error {
  const message = 'the stream does not begin with ftyp (or styp), which says that it is MP4 and of what kind'
  return mp4Error('AVIO_ERR_MP4_FTYP_MISSING', header, message)
}

/** A box other than `mdat` that says it goes on to the end of the file. */
export function sizeZero(header: BoxHeader): Mp4Error {
  if (header.type !== 'moof' && header.type !== 'moov') {
    const message = 'its size is 0, "to the end of the file", which only the last mdat may say'
    return mp4Error('AVIO_ERR_MP4_BOX_SIZE', header, message)
  }
  const message =
    'its size is 0. ffmpeg fills the size in when the box is written, and can not go back on a pipe past its buffer ' +
    'of about 32 KiB: make it smaller, with shorter fragments (-frag_duration 2000000) and without large cover art'
  return mp4Error('AVIO_ERR_MP4_SIZE_ZERO', header, message)
}

/** A box that comes twice, or too late. */
export function misplaced(header: BoxHeader, reason: string): Mp4Error {
  const message = `${reason}. Two files one after the other are not one file: join them with a muxer`
  return mp4Error('AVIO_ERR_MP4_BOX_MISPLACED', header, message)
}

/** A fragment before any `moov`. */
export function moovMissing(header: BoxHeader): Mp4Error {
  const message = 'a fragment before any moov: the initialization segment has to come first'
  return mp4Error('AVIO_ERR_MP4_MOOV_MISSING', header, message)
}

/** Something after the end. */
export function trailing(header: BoxHeader, where: string): Mp4Error {
  return mp4Error('AVIO_ERR_MP4_TRAILING_DATA', header, `${header.size} bytes ${where}`)
}

/** Media data that no `moof` announced. */
export function orphan(mdat: BoxHeader, hasMoov: boolean): Mp4Error {
  const message = hasMoov
    ? 'media data that belongs to no fragment. With ffmpeg, add +delay_moov to -movflags, beside +frag_keyframe'
    : 'media data before the moov: this is an ordinary MP4 with its index last, not a fragmented one. With ffmpeg, ' +
      'write it with -movflags +frag_keyframe+delay_moov+default_base_moof'
  return mp4Error('AVIO_ERR_MP4_SAMPLES_OUTSIDE_FRAGMENT', mdat, message)
}

/** Not one byte. */
export function emptyStream(): Mp4Error {
  const message = 'The stream is empty: whoever wrote it gave up before the first byte'
  return new Mp4Error('AVIO_ERR_MP4_EMPTY', message, { byteOffset: 0 })
}

/** The end, `length` bytes in, before any `moov`. */
export function endWithoutMoov(length: number): Mp4Error {
  const message = 'The stream ended without a moov, which says what its fragments hold'
  return new Mp4Error('AVIO_ERR_MP4_MOOV_MISSING', message, { byteOffset: length })
}

/** The end, `length` bytes in, before any fragment. */
export function endWithoutFragment(length: number): Mp4Error {
  const message =
    'The stream ended after its moov, without a fragment: there is no media in it. Look for the reason why none was ' +
    'written, such as a start past the end of the input'
  return new Mp4Error('AVIO_ERR_MP4_NO_FRAGMENT', message, { byteOffset: length })
}

/** The end, and not one sample of a track that was announced, where others have some. */
export function trackWithoutSamples({ trak, trackId, kind }: AnnouncedTrack): Mp4Error {
  const message =
    `the stream ended without a sample of this ${kind} track: players wait for it, or show nothing. Where the source has ` +
    'none in this range, leave the track out (ffmpeg: -map, -an, -vn)'
  return mp4Error('AVIO_ERR_MP4_NO_FRAGMENT', trak, message, trackId)
}
