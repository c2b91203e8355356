/** What {@link probe} tells of a source. What neither the container nor the tool knows is not there. */
export interface MediaInfo {
  /** Which tool was asked: `ffmpeg`'s own report has fewer fields. */
  readonly by: 'ffprobe' | 'ffmpeg'
  readonly format: MediaFormat
  readonly streams: readonly MediaStreamInfo[]
  readonly chapters: readonly MediaChapter[]
  /** Bytes of the source that were fetched for it. */
  readonly bytesFetched: number
}

/** The container. */
export interface MediaFormat {
  /** ffmpeg's names of the demuxer: `['mov', 'mp4', 'm4a', …]`. */
  readonly names: readonly string[]
  /** Its name for people: `QuickTime / MOV`. */
  readonly longName?: string
  /** Length in seconds. */
  readonly duration?: number
  /** Time of the first packet, in seconds. */
  readonly startTime?: number
  /** Length of the source in bytes, where it has random access. */
  readonly size?: number
  /** Mean bit rate of everything, in bits a second. */
  readonly bitRate?: number
  /** Title, encoder and the like, by the names that ffmpeg gives them. */
  readonly tags: Readonly<Record<string, string>>
}

/** What a stream carries. */
export type MediaStreamType = 'video' | 'audio' | 'subtitle' | 'data' | 'attachment' | 'unknown'

/** One stream. Fields of pictures and of sound are there for those kinds only. */
export interface MediaStreamInfo {
  /** Its place, from 0: `0:N` for `-map`. */
  readonly index: number
  readonly type: MediaStreamType
  /** The container's own number of the stream: the track of an MP4, the PID of an MPEG-TS. */
  readonly id?: number
  /** ffmpeg's name of the codec: `h264`, `aac`; `unknown` where it knows none. */
  readonly codec: string
  /** Its name for people. */
  readonly codecLongName?: string
  /** `High`, `LC` … */
  readonly profile?: string
  /** The codec's own number for its level: 40 is 4.0 for H.264, 120 for HEVC. */
  readonly level?: number
  /** The container's word for the codec: `avc1`. */
  readonly codecTag?: string
  /** In bits a second. */
  readonly bitRate?: number
  /** In seconds. */
  readonly duration?: number
  /** Time of its first packet, in seconds. */
  readonly startTime?: number
  /** The unit of the container's own times, in seconds: `1/12800`. */
  readonly timeBase?: string
  /** How many frames the container says there are. */
  readonly frames?: number
  /** ISO 639-2, as the container has it; not there where it says `und`. */
  readonly language?: string
  /** What it is meant for: `default`, `forced`, `attached_pic`, `hearing_impaired` … */
  readonly disposition: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  /** Size of the coded picture, in pixels, before rotation. */
  readonly width?: number
  /** See `width`. */
  readonly height?: number
  /** Shape of a pixel, `width:height`. */
  readonly sampleAspect?: string
  /** Shape of the picture, `width:height`. */
  readonly displayAspect?: string
  /** `yuv420p` and the like. */
  readonly pixelFormat?: string
  /** Mean frames a second. */
  readonly frameRate?: number
  /** The lowest rate that all times of frames fit, a second: of interlaced pictures often that of fields. */
  readonly realFrameRate?: number
  /** `progressive`, or `tt`, `bb`, `tb`, `bt`: which field is coded first, and which is shown first. */
  readonly fieldOrder?: string
  /** How many frames the decoder may have to hold back for their order; 0 where there are no B-frames. */
  readonly bFrames?: number
  /** How far a player has to turn the picture clockwise: 0, 90, 180 or 270 degrees. */
  readonly rotation?: number
  /** How the numbers mean colors, by ffmpeg's names. */
  readonly color?: MediaColor
  /** High dynamic range, where the stream has it. */
  readonly hdr?: MediaHdr
  /** Samples a second. */
  readonly sampleRate?: number
  readonly channels?: number
  /** `stereo`, `5.1(side)` … */
  readonly channelLayout?: string
  /** Bits of one sample, where each has the same: 16 or 24 of PCM. */
  readonly bitsPerSample?: number
}

/** How the numbers of a picture mean colors: ITU-T H.273, by ffmpeg's names. */
export interface MediaColor {
  /** `tv` (limited) or `pc` (full). */
  readonly range?: string
  /** The matrix: `bt709`, `bt2020nc` … */
  readonly space?: string
  readonly transfer?: string
  readonly primaries?: string
}

/** High dynamic range. */
export interface MediaHdr {
  /** By transfer function, and by what comes with it. */
  readonly type: 'hdr10' | 'pq' | 'hlg' | 'dolby-vision'
  /** Brightest content light level of a pixel, in cd/m². */
  readonly maxContent?: number
  /** Brightest mean of a frame, in cd/m². */
  readonly maxAverage?: number
  /** Luminance of the mastering display, in cd/m². */
  readonly masteringLuminance?: { readonly min: number; readonly max: number }
  /** Its primaries and white, as `[x, y]` of CIE 1931. */
  readonly masteringPrimaries?: Readonly<
    Record<'red' | 'green' | 'blue' | 'white', readonly [number, number]>
  >
}

/** One chapter. */
export interface MediaChapter {
  /** In seconds. */
  readonly start: number
  /** In seconds. */
  readonly end: number
  readonly title?: string
  /** Its title and the like, by the names that ffmpeg gives them. */
  readonly tags: Readonly<Record<string, string>>
}
