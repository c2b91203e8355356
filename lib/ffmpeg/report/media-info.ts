/** The report of {@link probe} about a source. Fields unknown to container and tool are absent. */
export interface MediaInfo {
  /** The tool that was used: `ffmpeg`'s own report has fewer fields. */
  readonly by: 'ffprobe' | 'ffmpeg'
  /** The container. */
  readonly format: MediaFormat
  /** In ffmpeg's order. */
  readonly streams: readonly MediaStreamInfo[]
  /** As the container lists them; empty if there are none. */
  readonly chapters: readonly MediaChapter[]
  /** Bytes of the source fetched for the report. */
  readonly bytesFetched: number
}

/** The container. */
export interface MediaFormat {
  /** ffmpeg's names of the demuxer: `['mov', 'mp4', 'm4a', …]`. */
  readonly names: readonly string[]
  /** Its descriptive name: `QuickTime / MOV`. */
  readonly longName?: string
  /** Duration in seconds. */
  readonly duration?: number
  /** Time of the first packet, in seconds. */
  readonly startTime?: number
  /** Size of the source in bytes, if it has random access. */
  readonly size?: number
  /** Average bit rate of all streams, in bits per second. */
  readonly bitRate?: number
  /** Title, encoder and other tags, with ffmpeg's names. */
  readonly tags: Readonly<Record<string, string>>
}

/** What a stream carries. */
export type MediaStreamType = 'video' | 'audio' | 'subtitle' | 'data' | 'attachment' | 'unknown'

/** One stream. Fields for video or audio are present only for that kind. */
export interface MediaStreamInfo {
  /** Its index, from 0: `0:N` for `-map`. */
  readonly index: number
  /** What it carries. */
  readonly type: MediaStreamType
  /** The container's own ID of the stream: the track ID of an MP4, the PID of an MPEG-TS. */
  readonly id?: number
  /** ffmpeg's name of the codec: `h264`, `aac`; `unknown` if it knows none. */
  readonly codec: string
  /** Its descriptive name. */
  readonly codecLongName?: string
  /** `High`, `LC` … */
  readonly profile?: string
  /** The codec's own number for its level: 40 is 4.0 for H.264, 120 for HEVC. */
  readonly level?: number
  /** The container's tag for the codec: `avc1`. */
  readonly codecTag?: string
  /** In bits per second. */
  readonly bitRate?: number
  /** In seconds. */
  readonly duration?: number
  /** Time of its first packet, in seconds. */
  readonly startTime?: number
  /** The unit of the container's timestamps, in seconds: `1/12800`. */
  readonly timeBase?: string
  /** Number of frames, as the container states it. */
  readonly frames?: number
  /** ISO 639-2, as in the container; absent for `und`. */
  readonly language?: string
  /** Its purpose: `default`, `forced`, `attached_pic`, `hearing_impaired` … */
  readonly disposition: readonly string[]
  /** Its tags, with ffmpeg's names. */
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
  /** Average frames per second. */
  readonly frameRate?: number
  /** The lowest rate that fits the times of all frames, per second: for interlaced video often the field rate. */
  readonly realFrameRate?: number
  /** `progressive`, or `tt`, `bb`, `tb`, `bt`: the field coded first, then the field shown first. */
  readonly fieldOrder?: string
  /** Number of frames the decoder may have to hold back for reordering; 0 without B-frames. */
  readonly bFrames?: number
  /** Clockwise rotation that a player applies: 0, 90, 180 or 270 degrees. */
  readonly rotation?: number
  /** Color properties, with ffmpeg's names. */
  readonly color?: MediaColor
  /** High dynamic range, if the stream has it. */
  readonly hdr?: MediaHdr
  /** Samples per second. */
  readonly sampleRate?: number
  /** Number of audio channels. */
  readonly channels?: number
  /** `stereo`, `5.1(side)` … */
  readonly channelLayout?: string
  /** Bits per sample, if constant: 16 or 24 for PCM. */
  readonly bitsPerSample?: number
}

/** Color properties of a picture: ITU-T H.273, with ffmpeg's names. */
export interface MediaColor {
  /** `tv` (limited) or `pc` (full). */
  readonly range?: string
  /** The matrix: `bt709`, `bt2020nc` … */
  readonly space?: string
  /** The transfer function: `bt709`, `smpte2084` (PQ), `arib-std-b67` (HLG) … */
  readonly transfer?: string
  /** The primaries: `bt709`, `bt2020` … */
  readonly primaries?: string
}

/** High dynamic range. */
export interface MediaHdr {
  /** By transfer function and metadata. */
  readonly type: 'hdr10' | 'pq' | 'hlg' | 'dolby-vision'
  /** Maximum content light level of a pixel (MaxCLL), in cd/m². */
  readonly maxContent?: number
  /** Maximum frame-average light level (MaxFALL), in cd/m². */
  readonly maxAverage?: number
  /** Luminance of the mastering display, in cd/m². */
  readonly masteringLuminance?: { readonly min: number; readonly max: number }
  /** Its primaries and white point, as `[x, y]` in CIE 1931. */
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
  /** Its title, the tag `title`. */
  readonly title?: string
  /** Title and other tags, with ffmpeg's names. */
  readonly tags: Readonly<Record<string, string>>
}
