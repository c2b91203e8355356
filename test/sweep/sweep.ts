import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { probe } from '../../lib/ffmpeg/probe/probe.js'
import { clip } from '../../lib/tasks/clip/clip.js'
import { thumbnails } from '../../lib/tasks/thumbnails/thumbnails.js'
import { S3Source } from '../../lib/s3/s3-source.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import type { LocalS3 } from '../../lib/testing/index.js'
import { framesOf, shownAt } from '../support/media.js'
import { type Check, type Finding, type Swept, clipDifferences, probeDifferences } from './checks.js'
import type { ProbeReport } from './checks.js'
import type { Sample } from './corpus.js'
import { ffmpeg, probed, tracksOf } from './plain.js'
import { copied, inputOf, outputOf } from './samples.js'

/** A stored file, with the report of plain ffprobe. */
interface Subject {
  readonly sample: Sample
  readonly path: string
  readonly key: string
  readonly source: S3Source
  /** Undefined where ffprobe fails. */
  readonly report: ProbeReport | undefined
}

const BUCKET = 'media'

/** The packets alone: the header lines contain the tool's version. */
export const packetLines = (crc: string): string[] => crc.split('\n').filter(line => !line.startsWith('#'))

/** Runs `FfmpegTransform`, `probe`, `clip` and `thumbnails` on stored files, and plain ffmpeg on the same local files. */
export class Sweep {
  readonly #s3: LocalS3
  readonly #client: S3Client
  readonly #folder: string

  /** @param s3 - with the bucket `media` */
  constructor(s3: LocalS3, folder: string) {
    this.#s3 = s3
    this.#client = new S3Client(s3.clientConfig())
    this.#folder = folder
  }

  close(): void {
    this.#client.destroy()
  }

  /** Stores a file under its own name; returns the key. */
  async store(path: string): Promise<string> {
    const key = basename(path)
    await this.#s3.put(BUCKET, key, await readFile(path))
    return key
  }

  /** Copies all packets with the library. */
  async copy(key: string, sample: Sample, seek: 'auto' | 'always' = 'auto') {
    const { format, input = [] } = sample
    const stage = new FfmpegTransform({ input: { format, args: [...input], seek }, output: outputOf(sample) })
    let isPiped = true
    stage.on('seek', () => (isPiped = false))
    const reader = new S3RangeReadable({ client: this.#client, bucket: BUCKET, key })
    const [, packets] = await Promise.all([pipeline(reader, stage), text(stage)])
    return { packets, isPiped }
  }

  /** Checks one file. */
  async sweep(sample: Sample, path: string): Promise<Swept> {
    const key = await this.store(path)
    const source = new S3Source({ client: this.#client, bucket: BUCKET, key })
    const report = await probed(path, inputFormat(sample)).catch(() => undefined)
    const subject = { sample, path, key, source, report }
    const checks: Record<Check, (subject: Subject) => Promise<Finding>> = {
      route: subject => this.#route(subject),
      probe: probeFinding,
      clip: subject => this.#clip(subject),
      thumbnails: thumbnailsFinding,
    }
    const findings: Partial<Record<Check, Finding>> = {}
    for (const [name, check] of Object.entries(checks)) {
      findings[name as Check] = await check(subject).catch((error: unknown) => ({
        problem: String(error).split('\n')[0]!,
      }))
    }
    return {
      sample,
      demuxer: sample.format ?? report?.format.format_name ?? '',
      findings: findings as Swept['findings'],
    }
  }

  async #route({ sample, path, key }: Subject): Promise<Finding> {
    const plain = await copied(path, sample).catch(() => undefined)
    if (plain === undefined) return failing(this.copy(key, sample))
    const { packets, isPiped } = await this.copy(key, sample)
    const other = isPiped ? await this.copy(key, sample, 'always') : undefined
    const isSame = (made: string) => packetLines(made).join('\n') === packetLines(plain).join('\n')
    if (!isSame(packets)) return { problem: `different packets by ${isPiped ? 'pipe' : 'range'}` }
    if (other !== undefined && !isSame(other.packets)) return { problem: 'different packets by range' }
    return { cell: isPiped ? 'pipe' : 'range' }
  }

  async #clip({ sample, path, key, source, report }: Subject): Promise<Finding> {
    if (sample.format !== undefined) return { cell: 'named' }
    const kinds = report?.streams.map(({ codec_type }) => codec_type) ?? ['video']
    if (!kinds.some(kind => ['video', 'audio'].includes(kind))) return { cell: 'no media' }
    const { start, end } = middleOf(report)
    const way = [...at(start), '-t', String(end - start), '-i', path, '-map', '0:V?', '-map', '0:a?']
    const other = join(this.#folder, `${key}-plain.mp4`)
    for (const args of sample.isLoose === true ? [ENCODED] : [COPIED, ENCODED]) {
      const isMade = await ffmpeg('-y', ...way, ...args, ...FRAGMENTED, other).then(
        () => true,
        () => false,
      )
      if (!isMade) continue
      const ours = join(this.#folder, `${key}-ours.mp4`)
      await writeFile(ours, await buffer(clip({ source, start, end, args })))
      const differences = clipDifferences(await tracksOf(ours), await tracksOf(other))
      if (differences.length > 0) return { problem: differences.join('; ') }
      return { cell: args === COPIED ? 'same' : 'same, encoded' }
    }
    return failing(buffer(clip({ source, start, end })))
  }
}

const COPIED = ['-c', 'copy']
const ENCODED = [
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-threads:v', '1', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
]
const FRAGMENTED = ['-movflags', '+frag_keyframe+delay_moov+default_base_moof', '-f', 'mp4']

const inputFormat = ({ format }: Sample) => inputOf({ file: '', args: [], ...(format && { format }) })

/** One second from the middle of the media; all of it if it is shorter. */
function middleOf(report: ProbeReport | undefined): { start: number; end: number } {
  const length = Number(report?.format.duration ?? 0)
  const start = length > 1 ? Math.round((length / 2 - 0.5) * 100) / 100 : 0
  return { start, end: start + 1 }
}

/** Arguments that make plain ffmpeg seek to a time; none for the start. */
const at = (time: number) => (time > 0 ? ['-ss', String(time)] : [])

/** The library must fail if plain ffmpeg does. */
async function failing(run: Promise<unknown>): Promise<Finding> {
  return run.then(
    () => ({ problem: 'plain ffmpeg fails, but the library does not' }),
    () => ({ cell: 'error' }),
  )
}

async function probeFinding({ sample, source, report }: Subject): Promise<Finding> {
  const ours = probe(source, { format: sample.format })
  if (report === undefined) return failing(ours)
  const differences = probeDifferences(await ours, report)
  return differences.length > 0 ? { problem: differences.join('; ') } : { cell: 'same' }
}

async function thumbnailsFinding({ sample, path, source, report }: Subject): Promise<Finding> {
  if (sample.format !== undefined) return { cell: 'named' }
  const isMoving = (report?.streams ?? []).some(
    ({ codec_type, disposition }) => codec_type === 'video' && disposition?.['attached_pic'] !== 1,
  )
  if (!isMoving) return { cell: 'no video' }
  const { start } = middleOf(report)
  const taken = async (exact: boolean) => {
    for await (const { image } of thumbnails({ source, times: [start], exact, format: 'png' }))
      return md5(image)
    throw new Error('thumbnails() returned no image')
  }
  const one = [
    '-map',
    '0:V:0',
    '-frames:v',
    '1',
    '-fps_mode',
    'passthrough',
    '-c:v',
    'png',
    '-f',
    'image2pipe',
    'pipe:1',
  ]
  const key = await ffmpeg('-noaccurate_seek', ...at(start), '-i', path, ...one).catch(() => undefined)
  if (key === undefined) return failing(taken(false))
  if (md5(key) !== (await taken(false))) return { problem: 'a different key frame' }
  const frames = await framesOf(await readFile(path), basename(path))
  return shownAt(frames, start).hash === (await taken(true))
    ? { cell: 'same' }
    : { problem: 'a different frame with exact: true' }
}

const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex')
