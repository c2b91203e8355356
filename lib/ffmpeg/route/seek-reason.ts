/** Why ffmpeg reads an input by seeking, and not from a pipe. */
export type SeekReason =
  /** The option `input.seek` is `always`. */
  | 'option'
  /** The input's arguments: `-ss`, `-sseof`, `-to`, `-stream_loop`. */
  | 'arguments'
  /** An MP4 whose media come before its index. */
  | 'index-last'
  /** An MP4 whose tracks lie far apart. */
  | 'far-apart'
  /** A track begins long after the others, or never: the input is read again, without waiting for it. */
  | 'late-track'
  /** Tags, chapters or attachments follow the media, too late for ffmpeg on a pipe. */
  | 'behind-media'
  /**
   * A container, or a form of one, that is not known to read the same from a pipe: GIF, MXF, CAF, an MP4 with timecode.
   */
  | 'container'

/** The input is read by seeking. */
export interface FfmpegSeek {
  /** The reason. */
  readonly reason: SeekReason
  /** Bytes piped in so far; they are not fetched again. A small source has been piped in completely. */
  readonly bytesSniffed: number
  /**
   * Whether the source has stopped: it was asked to, or was small and is at its end. `false`: it has other readers too,
   * and its further data is discarded.
   */
  readonly stopped: boolean
}
