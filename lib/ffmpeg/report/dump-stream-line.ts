import type { MediaColor, MediaHdr, MediaStreamInfo, MediaStreamType } from './media-info.js'

/**
 * One line about a stream in ffmpeg's dump (`dump_stream_format` in libavformat/dump.c, `avcodec_string` in
 * libavcodec/avcodec.c). The indentation is 4 in ffmpeg 4 and 2 since.
 */

const STREAM = /^ {2,4}Stream #(\d+):(\d+)(?:\[0x([\da-f]+)\])?(?:\(([^)]*)\))?: (\w+): (.*)$/s
/** ffmpeg's names for the kinds of streams. */
const TYPES: Readonly<Record<string, MediaStreamType>> = {
  Video: 'video',
  Audio: 'audio',
  Subtitle: 'subtitle',
  Data: 'data',
  Attachment: 'attachment',
}
const CHANNELS: Readonly<Record<string, number>> = {
  mono: 1,
  stereo: 2,
  quad: 4,
  downmix: 2,
  hexagonal: 6,
  octagonal: 8,
}
const FIELD_ORDERS: Readonly<Record<string, string>> = {
  progressive: 'progressive',
  'top first': 'tt',
  'bottom first': 'bb',
  'top coded first (swapped)': 'tb',
  'bottom coded first (swapped)': 'bt',
}

type Open<T> = { -readonly [K in keyof T]: T[K] }

/** A stream to which later lines may add fields. */
export type DumpedStream = Open<MediaStreamInfo> & { tags: Record<string, string> }

/** Reads the line, for the input with that number; `undefined` for any other line. */
export function readStreamLine(line: string, input = 0): DumpedStream | undefined {
  const match = STREAM.exec(line)
  if (match === null || Number(match[1]) !== input) return undefined
  const [, , index, id, language, kind, rest] = match
  const parts = splitTop(rest!)
  const type = TYPES[kind!] ?? 'unknown'
  const [codec = 'unknown', ...groups] = parts[0]!.split(/ (?=\()/)
  const names = groups.map(group => group.slice(1, -1))
  const tag = names.find(name => / \/ 0x[\da-fA-F]+$/.test(name))?.split(' / ')[0]
  const profile = names.find(name => !name.includes(' / 0x') && !isDisposition(name))
  const rate = parts.map(part => /^(\d+) kb\/s/.exec(part)?.[1]).find(Boolean)
  const stream: DumpedStream = {
    index: Number(index),
    type,
    codec: codec === 'none' ? 'unknown' : codec,
    disposition: [...rest!.matchAll(/ \(([a-z ]+)\)/g)]
      .map(([, name]) => name!.replace(/ /g, '_'))
      .filter(isDisposition),
    tags: {},
  }
  if (id !== undefined) stream.id = parseInt(id, 16)
  if (profile !== undefined) stream.profile = profile
  if (tag !== undefined && !tag.startsWith('[')) stream.codecTag = tag
  if (rate !== undefined) stream.bitRate = Number(rate) * 1000
  if (language !== undefined && language !== 'und') stream.language = language
  if (type === 'video') readPicture(parts, stream)
  if (type === 'audio') readSound(parts, stream)
  return stream
}

function readPicture(parts: readonly string[], stream: DumpedStream): void {
  const [, pixels, details] = /^([a-z][a-z\d_]*)(?:\((.*)\))?$/.exec(parts[1] ?? '') ?? []
  if (pixels !== undefined && pixels !== 'none') stream.pixelFormat = pixels
  if (details !== undefined) readPixels(splitTop(details), stream)
  stream.rotation = 0
  for (const part of parts) {
    const size = /^(\d+)x(\d+)(?: \[SAR (\d+:\d+) DAR (\d+:\d+)\])?/.exec(part)
    if (size) {
      Object.assign(stream, { width: Number(size[1]), height: Number(size[2]) })
      if (size[3] !== undefined) Object.assign(stream, { sampleAspect: size[3], displayAspect: size[4] })
    }
    // If the container's pixel shape differs from the codec's, it comes later and takes precedence.
    const shape = /^SAR (\d+:\d+) DAR (\d+:\d+)$/.exec(part)
    if (shape) Object.assign(stream, { sampleAspect: shape[1], displayAspect: shape[2] })
    const rate = /^([\d.]+)(k?) (fps|tbr)$/.exec(part)
    if (rate) {
      const value = Number(rate[1]) * (rate[2] === 'k' ? 1000 : 1)
      stream[rate[3] === 'fps' ? 'frameRate' : 'realFrameRate'] = value
    }
  }
}

/** The details in brackets after the pixel format: `tv, bt2020nc/bt2020/smpte2084, progressive`. */
function readPixels(details: readonly string[], stream: DumpedStream): void {
  const color: Open<MediaColor> = {}
  for (const detail of details) {
    if (detail === 'tv' || detail === 'pc') color.range = detail
    else if (Object.hasOwn(FIELD_ORDERS, detail)) stream.fieldOrder = FIELD_ORDERS[detail]!
    else if (/^[a-z][a-z\d-]*(?:\/[a-z][a-z\d-]*){0,2}$/.test(detail)) {
      const [space, primaries = space, transfer = space] = detail.split('/')
      for (const [name, value] of Object.entries({ space, primaries, transfer })) {
        if (value !== 'unknown') color[name as 'space'] = value!
      }
    }
  }
  if (Object.keys(color).length > 0) stream.color = color
  const type = HDR_TRANSFERS[color.transfer ?? '']
  if (type) stream.hdr = { type }
}

const HDR_TRANSFERS: Readonly<Record<string, MediaHdr['type']>> = { smpte2084: 'pq', 'arib-std-b67': 'hlg' }

function readSound(parts: readonly string[], stream: DumpedStream): void {
  const at = parts.findIndex(part => /^\d+ Hz$/.test(part))
  if (at < 0) return
  stream.sampleRate = parseInt(parts[at]!, 10)
  const layout = parts[at + 1] ?? ''
  const channels = channelsOf(layout)
  if (channels === undefined) return
  stream.channels = channels
  if (!/^\d+ channels/.test(layout)) stream.channelLayout = layout
}

/** `stereo`, `5.1(side)`, `3 channels`. */
function channelsOf(layout: string): number | undefined {
  const counted = /^(\d+) channels/.exec(layout)
  if (counted) return Number(counted[1])
  const digits = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\(|$)/.exec(layout)
  if (digits) return digits.slice(1).reduce((sum, digit: string | undefined) => sum + Number(digit ?? 0), 0)
  return CHANNELS[layout]
}

const DISPOSITIONS = new Set(
  (
    'default dub original comment lyrics karaoke forced hearing_impaired visual_impaired clean_effects attached_pic ' +
    'timed_thumbnails captions descriptions metadata dependent still_image non_diegetic'
  ).split(' '),
)

function isDisposition(name: string): boolean {
  return DISPOSITIONS.has(name.replace(/ /g, '_'))
}

/** Splits at commas outside brackets. */
function splitTop(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '(' || character === '[') depth++
    else if (character === ')' || character === ']') depth--
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, at).trim())
      start = at + 1
    }
  }
  return [...parts, text.slice(start).trim()]
}
