import type {
  MediaChapter,
  MediaColor,
  MediaFormat,
  MediaHdr,
  MediaInfo,
  MediaStreamInfo,
  MediaStreamType,
} from './media-info.js'

/**
 * Reads ffprobe's `-of json` output into our own types. Its numbers are sometimes strings, differ by version, and come
 * from untrusted media: each is used only if it is valid. https://ffmpeg.org/ffprobe.html, doc/ffprobe.xsd
 */

type Fields = Readonly<Record<string, unknown>>

/** Reads the report; throws a `SyntaxError` if it is not JSON. */
export function readFfprobeReport(json: string): Omit<MediaInfo, 'by' | 'bytesFetched'> {
  const report = fields(JSON.parse(json))
  return {
    format: format(fields(report['format'])),
    streams: list(report['streams']).map(stream),
    chapters: list(report['chapters']).map(chapter),
  }
}

/**
 * Adds the data of its first frame to a stream. An encoder may write the mastering display only into the frames (x265
 * does), so that the container only says that the stream is PQ.
 *
 * @param json - the output of `-show_frames`; throws a `SyntaxError` if it is not JSON
 */
export function withFirstFrame(stream: MediaStreamInfo, json: string): MediaStreamInfo {
  const [frame] = list(fields(JSON.parse(json))['frames'])
  const hdr = frame && hdrOf(stream.color?.transfer, list(frame['side_data_list']))
  return hdr === undefined ? stream : { ...stream, hdr }
}

function format(of: Fields): MediaFormat {
  return known({
    names: (text(of['format_name']) ?? '').split(',').filter(name => name !== ''),
    longName: text(of['format_long_name']),
    duration: number(of['duration']),
    startTime: number(of['start_time']),
    size: number(of['size']),
    bitRate: number(of['bit_rate']),
    tags: tags(of['tags']),
  })
}

const TYPES: ReadonlySet<string> = new Set(['video', 'audio', 'subtitle', 'data', 'attachment'])

function stream(of: Fields, position: number): MediaStreamInfo {
  const own = tags(of['tags'])
  const type = text(of['codec_type']) ?? ''
  const tag = text(of['codec_tag_string'])
  const shared = {
    index: number(of['index']) ?? position,
    type: (TYPES.has(type) ? type : 'unknown') as MediaStreamType,
    id: number(of['id']),
    codec: text(of['codec_name']) ?? 'unknown',
    codecLongName: text(of['codec_long_name']),
    profile: text(of['profile']),
    level: positive(of['level']),
    codecTag: tag?.startsWith('[') === true ? undefined : tag,
    bitRate: number(of['bit_rate']),
    duration: number(of['duration']),
    startTime: number(of['start_time']),
    timeBase: text(of['time_base']),
    frames: number(of['nb_frames']),
    language: own['language'] === 'und' ? undefined : own['language'],
    disposition: Object.entries(fields(of['disposition']))
      .filter(([, value]) => value === 1)
      .map(([name]) => name),
    tags: own,
  }
  if (type === 'video') return known({ ...shared, ...picture(of) })
  if (type !== 'audio') return known(shared)
  return known({
    ...shared,
    sampleRate: number(of['sample_rate']),
    channels: number(of['channels']),
    channelLayout: text(of['channel_layout']),
    bitsPerSample: positive(of['bits_per_sample']),
  })
}

function picture(of: Fields) {
  const sideData = list(of['side_data_list'])
  const rotation = sideData.map(data => number(data['rotation'])).find(angle => angle !== undefined)
  const color: MediaColor = known({
    range: text(of['color_range']),
    space: text(of['color_space']),
    transfer: text(of['color_transfer']),
    primaries: text(of['color_primaries']),
  })
  return {
    width: positive(of['width']),
    height: positive(of['height']),
    sampleAspect: text(of['sample_aspect_ratio']),
    displayAspect: text(of['display_aspect_ratio']),
    pixelFormat: text(of['pix_fmt']),
    frameRate: ratio(of['avg_frame_rate']) ?? ratio(of['r_frame_rate']),
    realFrameRate: ratio(of['r_frame_rate']),
    fieldOrder: text(of['field_order']),
    bFrames: number(of['has_b_frames']),
    // ffprobe's angle is counter-clockwise.
    rotation: (((Math.round((rotation ?? 0) / -90) % 4) + 4) % 4) * 90,
    color: Object.keys(color).length > 0 ? color : undefined,
    hdr: hdrOf(color.transfer, sideData),
  }
}

function hdrOf(transfer: string | undefined, sideData: readonly Fields[]): MediaHdr | undefined {
  const named = (name: RegExp) => sideData.find(data => name.test(text(data['side_data_type']) ?? ''))
  const mastering = named(/^Mastering display/)
  const light = named(/^Content light/)
  const min = fraction(mastering?.['min_luminance'])
  const max = fraction(mastering?.['max_luminance'])
  const type = named(/^DOVI/)
    ? 'dolby-vision'
    : transfer === 'arib-std-b67'
      ? 'hlg'
      : transfer !== 'smpte2084'
        ? undefined
        : mastering || light
          ? 'hdr10'
          : 'pq'
  if (type === undefined) return undefined
  return known({
    type,
    maxContent: number(light?.['max_content']),
    maxAverage: number(light?.['max_average']),
    masteringLuminance: min === undefined || max === undefined ? undefined : { min, max },
    masteringPrimaries: mastering && primaries(mastering),
  })
}

function primaries(of: Fields): MediaHdr['masteringPrimaries'] {
  const point = (name: string) => [fraction(of[`${name}_x`]), fraction(of[`${name}_y`])]
  const points = {
    red: point('red'),
    green: point('green'),
    blue: point('blue'),
    white: point('white_point'),
  }
  const isWhole = Object.values(points)
    .flat()
    .every(value => value !== undefined)
  return isWhole ? (points as unknown as MediaHdr['masteringPrimaries']) : undefined
}

function chapter(of: Fields): MediaChapter {
  const own = tags(of['tags'])
  const [start, end] = [number(of['start_time']) ?? 0, number(of['end_time']) ?? 0]
  return known({ start, end, title: own['title'], tags: own })
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fields) : []
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value !== 'unknown' && value !== 'N/A'
    ? value
    : undefined
}

function number(value: unknown): number | undefined {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : undefined
}

function positive(value: unknown): number | undefined {
  const parsed = number(value)
  return parsed !== undefined && parsed > 0 ? parsed : undefined
}

/** `25/1`, `30000/1001`; 0/0 is undefined. */
function fraction(value: unknown): number | undefined {
  const [, top, bottom] = /^(\d+)[/:](\d+)$/.exec(text(value) ?? '') ?? []
  return number(Number(top) / Number(bottom))
}

/** A rate: 0 is undefined too. */
function ratio(value: unknown): number | undefined {
  return positive(fraction(value))
}

function tags(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields(value)).flatMap(([k, v]) => (typeof v === 'string' ? [[k, v]] : [])),
  )
}

/** Only the fields that have a value. */
function known<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never
}
