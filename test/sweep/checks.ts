import type { MediaInfo } from '../../lib/ffmpeg/report/media-info.js'
import type { Sample } from './corpus.js'

/** The comparisons with plain ffmpeg on the local file. */
export const CHECKS = {
  route:
    'a copy of all streams, by the library’s own choice of route and by range: every packet and its times',
  probe: 'streams, codecs, sizes, rates, durations, dispositions, tags and chapters, against ffprobe',
  clip: 'a second from the middle: every packet, its time and its duration; copied if MP4 allows the codecs, else encoded',
  thumbnails: 'a thumbnail from the middle, at the key frame and exact: the same pixels',
} as const

/** A comparison, by its column in the table. */
export type Check = keyof typeof CHECKS

/** Why there is nothing to compare, by the word in the table. */
export const REASONS = {
  'no media': 'the file has neither video nor audio',
  'no video': 'the file has no video',
  named: 'the bytes don’t identify the demuxer, and `clip` and `thumbnails` have no option to name it',
  error: 'plain ffmpeg fails, and so does the library',
} as const

/** The result of a check: the word for the table, or the difference. */
export type Finding = { readonly cell: string } | { readonly problem: string }

/** The results of all checks of a file. */
export interface Swept {
  readonly sample: Sample
  /** The demuxer, by ffmpeg's names. */
  readonly demuxer: string
  readonly findings: Readonly<Record<Check, Finding>>
}

/** A unique name of a sample: the same file may appear twice, the second time with its demuxer set. */
export const nameOf = ({ file, format }: Sample): string =>
  format === undefined ? file : `${file} as ${format}`

/** Describes the difference between two values; empty if they are equal. */
function difference(what: string, ours: unknown, plain: unknown): string[] {
  const [one, other] = [JSON.stringify(ours), JSON.stringify(plain)]
  return one === other ? [] : [`${what} ${one} for ${other}`]
}

/** The part of ffprobe's report that is compared with `probe`. */
export interface ProbeReport {
  readonly format: {
    readonly format_name: string
    readonly duration?: string
    readonly start_time?: string
    readonly tags?: Record<string, string>
  }
  readonly streams: readonly {
    readonly codec_type: string
    readonly codec_name?: string
    readonly width?: number
    readonly height?: number
    readonly pix_fmt?: string
    readonly sample_rate?: string
    readonly channels?: number
    readonly time_base?: string
    readonly start_time?: string
    readonly duration?: string
    readonly disposition?: Record<string, number>
    readonly tags?: Record<string, string>
  }[]
  readonly chapters: readonly {
    readonly start_time: string
    readonly end_time: string
    readonly tags?: Record<string, string>
  }[]
}

const number = (text: string | undefined) => (text === undefined ? undefined : Number(text))

/** The differences between `probe` and ffprobe. */
export function probeDifferences(ours: MediaInfo, plain: ProbeReport): string[] {
  const { format, streams, chapters } = ours
  const found = [
    ...difference('demuxer', format.names.join(), plain.format.format_name),
    ...difference('duration', format.duration, number(plain.format.duration)),
    ...difference('start', format.startTime, number(plain.format.start_time)),
    ...difference('tags', format.tags, plain.format.tags ?? {}),
    ...difference('streams', streams.length, plain.streams.length),
    ...difference(
      'chapters',
      chapters.map(({ start, end, tags }) => [start, end, tags]),
      plain.chapters.map(({ start_time, end_time, tags }) => [
        Number(start_time),
        Number(end_time),
        tags ?? {},
      ]),
    ),
  ]
  for (const [n, stream] of streams.entries()) {
    const other = plain.streams[n]
    if (other === undefined) continue
    const set = Object.entries(other.disposition ?? {}).flatMap(([name, isSet]) => (isSet ? [name] : []))
    const fields: readonly (readonly [string, unknown, unknown])[] = [
      ['type', stream.type, other.codec_type],
      ['codec', stream.codec, other.codec_name ?? 'unknown'],
      // ffprobe reports 0 for an unknown size.
      ['width', stream.width, other.width || undefined],
      ['height', stream.height, other.height || undefined],
      ['pixel format', stream.pixelFormat, other.pix_fmt],
      ['sample rate', stream.sampleRate, number(other.sample_rate)],
      ['channels', stream.channels, other.channels],
      ['time base', stream.timeBase, other.time_base],
      ['start', stream.startTime, number(other.start_time)],
      ['duration', stream.duration, number(other.duration)],
      ['disposition', stream.disposition, set],
      ['tags', stream.tags, other.tags ?? {}],
    ]
    for (const [what, one, two] of fields) found.push(...difference(`${what} of stream ${n}`, one, two))
  }
  return found
}

/** The packets of one stream of an MP4. */
export interface ClipTrack {
  readonly codec: string
  /** Time and duration of each, in seconds, and a checksum of its data. */
  readonly packets: readonly { readonly time: number; readonly length: number; readonly hash: string }[]
}

/** The tolerance for times, in seconds: two tracks may have different time bases. */
const GRAIN = 0.002

/** The differences between a clip and that of plain ffmpeg. Tracks that plain ffmpeg declares without packets are ignored. */
export function clipDifferences(ours: readonly ClipTrack[], plain: readonly ClipTrack[]): string[] {
  const tracks = plain.filter(({ packets }) => packets.length > 0)
  const names = (list: readonly ClipTrack[]) => list.map(({ codec }) => codec).join()
  const found = difference('tracks', names(ours), names(tracks))
  if (found.length > 0) return found
  for (const [n, { codec, packets }] of ours.entries()) {
    const others = tracks[n]!.packets
    found.push(...difference(`${codec}: packets`, packets.length, others.length))
    if (found.length > 0) continue
    const apart = packets.findIndex(({ hash }, at) => hash !== others[at]!.hash)
    if (apart >= 0) found.push(`${codec}: packet ${apart} has other data`)
    const late = packets.findIndex(({ time }, at) => Math.abs(time - others[at]!.time) > GRAIN)
    if (late >= 0) {
      found.push(`${codec}: packet ${late} at ${packets[late]!.time} for ${others[late]!.time}`)
    }
    const sum = (list: ClipTrack['packets']) => list.reduce((all, { length }) => all + length, 0)
    if (Math.abs(sum(packets) - sum(others)) > GRAIN) {
      found.push(`${codec}: ${sum(packets).toFixed(3)} s for ${sum(others).toFixed(3)} s`)
    }
  }
  return found
}
