/** Why an input is read by address, so that ffmpeg can jump, and not by pipe. */
export type SeekReason =
  /** The option `input.seek` says `always`. */
  | 'option'
  /** The input's arguments: `-ss`, `-sseof`, `-to`, `-stream_loop`. */
  | 'arguments'
  /** An MP4 whose media come before its index. */
  | 'index-last'
  /** An MP4 whose tracks lie far apart. */
  | 'far-apart'
  /** A track begins long after the others, or never: it is read again, without waiting for that. */
  | 'late-track'
  /** Tags, chapters or attachments lie behind the media, where ffmpeg does not get in time on a pipe. */
  | 'behind-media'
  /**
   * A container, or a form of one, that is not known to be read the same from a pipe: GIF, MXF, CAF, an MP4 with
   * timecode.
   */
  | 'container'

/** The input is read by address. */
export interface FfmpegSeek {
  /** Why. */
  readonly reason: SeekReason
  /** Bytes that had been piped in by then; they are not fetched again. A small source has come whole. */
  readonly bytesSniffed: number
  /**
   * No more comes of the source: it was asked to stop, or was small and is at its end. `false`: it feeds others too,
   * and what it still delivers is thrown away.
   */
  readonly stopped: boolean
}
