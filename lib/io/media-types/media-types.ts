/**
 * Media types of files and of the output of ffmpeg's muxers: as registered at IANA
 * (https://www.iana.org/assignments/media-types), or otherwise as browsers and servers call them: `audio/wav`,
 * `video/webm`, `video/x-msvideo`, `video/x-flv`, `audio/x-caf`, `application/x-subrip`. A segment (`.m4s`) is
 * `video/mp4`, as HLS players expect (RFC 8216, section 3.3).
 */
const BY_ENDING = new Map(
  Object.entries({
    'video/mp4': 'mp4 m4v m4s',
    'audio/mp4': 'm4a m4b',
    'video/quicktime': 'mov qt',
    'video/matroska': 'mkv',
    'audio/matroska': 'mka',
    'video/webm': 'webm',
    'audio/webm': 'weba',
    'video/mp2t': 'ts m2ts mts',
    'video/mpeg': 'mpg mpeg',
    'video/ogg': 'ogv',
    'audio/ogg': 'ogg oga opus spx',
    'application/ogg': 'ogx',
    'video/3gpp': '3gp',
    'video/3gpp2': '3g2',
    'video/x-msvideo': 'avi',
    'video/x-flv': 'flv',
    'application/vnd.ms-asf': 'asf',
    'application/mxf': 'mxf',
    'audio/mpeg': 'mp3 mp2',
    'audio/aac': 'aac',
    'audio/flac': 'flac',
    'audio/wav': 'wav',
    'audio/ac3': 'ac3',
    'audio/eac3': 'eac3 ec3',
    'audio/vnd.dts': 'dts',
    'audio/amr': 'amr',
    'audio/x-caf': 'caf',
    'application/vnd.apple.mpegurl': 'm3u8',
    'application/dash+xml': 'mpd',
    'text/vtt': 'vtt',
    'application/x-subrip': 'srt',
    'application/ttml+xml': 'ttml',
    'image/jpeg': 'jpg jpeg',
    'image/png': 'png',
    'image/gif': 'gif',
    'image/webp': 'webp',
    'image/avif': 'avif',
    'image/apng': 'apng',
  }).flatMap(([type, endings]) => endings.split(' ').map(ending => [ending, type] as const)),
)

const MP4 = ['video/mp4', 'audio/mp4']
const MPEG = ['video/mpeg']
const ASF = ['application/vnd.ms-asf']

/** By the muxer's name, the likeliest type first. A muxer that may write anything (`image2pipe`) is not here. */
const BY_MUXER = new Map<string, readonly string[]>(
  Object.entries({
    mp4: MP4,
    ipod: MP4,
    psp: MP4,
    f4v: MP4,
    ismv: MP4,
    mov: ['video/quicktime'],
    '3gp': ['video/3gpp', 'audio/3gpp'],
    '3g2': ['video/3gpp2', 'audio/3gpp2'],
    matroska: ['video/matroska', 'audio/matroska'],
    webm: ['video/webm', 'audio/webm'],
    mpegts: ['video/mp2t'],
    mpeg: MPEG,
    vcd: MPEG,
    svcd: MPEG,
    vob: MPEG,
    dvd: MPEG,
    mpeg1video: MPEG,
    mpeg2video: MPEG,
    ogg: ['application/ogg', 'audio/ogg', 'video/ogg'],
    oga: ['audio/ogg'],
    opus: ['audio/ogg'],
    spx: ['audio/ogg'],
    ogv: ['video/ogg'],
    avi: ['video/x-msvideo'],
    flv: ['video/x-flv'],
    asf: ASF,
    asf_stream: ASF,
    mxf: ['application/mxf'],
    mp3: ['audio/mpeg'],
    mp2: ['audio/mpeg'],
    adts: ['audio/aac'],
    flac: ['audio/flac'],
    wav: ['audio/wav'],
    ac3: ['audio/ac3'],
    eac3: ['audio/eac3'],
    dts: ['audio/vnd.dts'],
    amr: ['audio/amr'],
    caf: ['audio/x-caf'],
    gif: ['image/gif'],
    webp: ['image/webp'],
    webvtt: ['text/vtt'],
    srt: ['application/x-subrip'],
    ttml: ['application/ttml+xml'],
  }),
)

/** The media type of a file by the ending of its name, in any case; `undefined` for an unknown ending. */
export function mediaTypeOfName(name: string): string | undefined {
  const ending = /\.([^./]+)$/.exec(name)?.[1]
  return ending === undefined ? undefined : BY_ENDING.get(ending.toLowerCase())
}

/** The media types of the output of an ffmpeg muxer, the likeliest first; `undefined` if its name leaves them open. */
export function mediaTypesOfMuxer(muxer: string): readonly string[] | undefined {
  return BY_MUXER.get(muxer)
}

/**
 * The media type of an object.
 *
 * @param name - its key. The ending chooses among the types of its container (`.m4a` for an MP4), and decides alone
 * if the content is unknown
 * @param types - the possible types of the content, from the previous stage, the likeliest first
 */
export function mediaTypeFor(name: string, types: readonly string[] = []): string | undefined {
  const named = mediaTypeOfName(name)
  return named !== undefined && types.includes(named) ? named : (types[0] ?? named)
}
