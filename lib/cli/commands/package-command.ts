import type { Job, JobPackage } from '../../job/schema/job.js'
import { AUDIO_BITRATES, HEIGHTS, PRESETS, type VideoEncoding } from '../../job/schema/encoding.js'
import { shownLocation } from '../../job/schema/location.js'
import { typedJob } from '../arguments/callers-words.js'
import { OF_JOBS, OF_TARGETS, numberValue, readWords, unlessExists } from '../arguments/own-options.js'
import { OF_SPLITS, concurrencyOf, withSplit } from '../arguments/split-options.js'
import { inputPlace, prefixPlace } from '../arguments/place.js'
import { usageError } from '../arguments/usage-error.js'
import { Reporter } from '../report/reporter.js'
import type { Context } from './context.js'
import { executeJob } from './execute-job.js'
import { ladderOf } from './package-job.js'

const OPTIONS = {
  ...OF_JOBS,
  ...OF_SPLITS,
  ladder: { type: 'string' },
  codec: { type: 'string' },
  crf: { type: 'string' },
  preset: { type: 'string' },
  'audio-kbps': { type: 'string' },
  mpd: { type: 'string' },
  playlist: { type: 'string' },
  segment: { type: 'string' },
  'single-file': { type: 'boolean' },
  images: { type: 'string' },
  ...OF_TARGETS,
} as const

/** Options by the fields of a package. */
const OF_PACKAGES = { playlist: '--playlist', mpd: '--mpd', targetDuration: '--segment', images: '--images' }

const CODECS = ['h264', 'hevc', 'vp9', 'av1'] as const

/** `avio-streams package INPUT PREFIX --ladder 1080,720,360`: HLS, and DASH with `--mpd`. */
export async function packageCommand(words: readonly string[], context: Context): Promise<number> {
  const { values, words: places } = readWords(words, OPTIONS)
  const [input, target, ...more] = places
  if (input === undefined || target === undefined || more.length > 0) {
    throw usageError(
      'package',
      'Name an input and a prefix: avio-streams package s3://bucket/key s3://bucket/prefix/ --ladder 1080,720,360.',
    )
  }
  const settings = {
    heights: heightsOf(values.ladder ?? '1080,720,360'),
    codec: oneOf(values.codec ?? 'h264', '--codec', CODECS),
    crf: numberValue(values.crf, '--crf', { min: 0, max: 63 }),
    preset: values.preset === undefined ? undefined : oneOf(values.preset, '--preset', PRESETS),
    audioBitrate:
      Number(
        oneOf(
          values['audio-kbps'] ?? '128',
          '--audio-kbps',
          AUDIO_BITRATES.map(rate => String(rate / 1000)),
        ),
      ) * 1000,
  }
  const every = numberValue(values.images, '--images', { min: 0.001, max: 1e6, isInteger: false })
  const duration = numberValue(values.segment, '--segment', { min: 1, max: 60 })
  const output: Omit<JobPackage, 'renditions'> = {
    type: 'package',
    prefix: prefixPlace(target, context.cwd),
    ...(values.playlist !== undefined && { playlist: values.playlist }),
    ...(values.mpd !== undefined && { mpd: values.mpd }),
    ...(duration !== undefined && { targetDuration: duration }),
    ...(values['single-file'] === true && { layout: 'byterange' }),
    ...(every !== undefined && { images: { every } }),
    ...unlessExists(values),
  }
  const inputs: Job['inputs'] = [{ url: inputPlace(input, context.cwd) }]
  const settled = {
    values: { ...values, quiet: true, json: false, 'print-job': false },
    isTyped: true,
  }
  const looked = await executeJob({ version: 1, inputs, outputs: [{ type: 'probe' }] }, settled, context)
  const [report] = looked?.outputs ?? []
  if (report?.type !== 'probe') throw usageError(input, `"${shownLocation(input)}" could not be probed.`)
  const { renditions, leftOut } = ladderOf(report.info, settings)
  if (renditions.length === 0)
    throw usageError(input, `"${shownLocation(input)}" has neither video nor audio that could be packaged.`)
  const reporter = new Reporter(context.stderr, {
    isJson: values.json === true,
    isQuiet: values.quiet === true,
  })
  if (leftOut.length > 0)
    reporter.note(`Left out, since the video is smaller: ${leftOut.map(height => `${height}p`).join(', ')}.`)
  const { etag, versionId } = looked?.inputs[0] ?? {}
  const pinned = {
    ...inputs[0]!,
    ...(etag !== undefined && { etag }),
    ...(versionId !== undefined && { versionId }),
  }
  const job = typedJob({ version: 1, inputs: [pinned], outputs: [{ ...output, renditions }] }, OF_PACKAGES)
  const concurrency = concurrencyOf(values)
  await executeJob(withSplit(job, values), { values, isTyped: true, concurrency }, context)
  return 0
}

function heightsOf(list: string): NonNullable<VideoEncoding['height']>[] {
  const names = HEIGHTS.map(String)
  const heights = list.split(',').map(word => Number(oneOf(word.trim().replace(/p$/, ''), '--ladder', names)))
  return [...new Set(heights)].sort((a, b) => b - a) as NonNullable<VideoEncoding['height']>[]
}

function oneOf<const Value extends string>(word: string, option: string, values: readonly Value[]): Value {
  const found = values.find(value => value === word)
  if (found === undefined)
    throw usageError(option, `${option} must be one of ${values.join(', ')}; it is "${word}".`)
  return found
}
