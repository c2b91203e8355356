import type { JobError } from '../../errors.js'
import { SELF_CONTAINED } from '../../ffmpeg/args/safe-demuxers.js'
import { refusedJob } from '../schema/job-errors.js'
import type { Job, JobOutput } from '../schema/job.js'

/**
 * The restrictions on a job from a stranger. ffmpeg arguments and filters can open files and addresses, and their cost
 * is unbounded: only the closed lists of `video` and `audio` are allowed. A demuxer that draws a document, or that
 * hardly anyone needs, is for the owner to name. Headers are refused because a media type could make a browser treat a
 * video as a page.
 */

/** The allowed muxers. */
const FORMATS = new Set([
  ...['mp4', 'mov', 'ipod', 'matroska', 'webm', 'mpegts', 'ogg', 'opus', 'oga'],
  ...['mp3', 'adts', 'flac', 'wav', 'ac3', 'eac3'],
])

/** The allowed demuxers: those that any media may choose by themselves, by their first bytes. */
const DEMUXERS = new Set(SELF_CONTAINED)

/** The mandatory limits. */
const LIMITS = [
  'maxInputBytes',
  'maxDuration',
  'maxPixels',
  'maxOutputBytes',
  'maxObjects',
  'timeout',
] as const

/**
 * Checks a job from a stranger.
 *
 * @throws `JobError` `AVIO_ERR_JOB_REFUSED`, with the path of the value
 */
export function checkStranger(job: Job): void {
  for (const limit of LIMITS) {
    if (job.limits?.[limit] !== undefined) continue
    const needed = LIMITS.map(name => `limits.${name}`).join(', ')
    throw refusedJob(`limits.${limit}`, `is missing; with trust: "strangers", a job needs ${needed}`)
  }
  if (job.filterComplex !== undefined) throw arbitrary('filterComplex')
  for (const [n, input] of job.inputs.entries()) {
    if (input.args !== undefined) throw arbitrary(`inputs[${n}].args`)
    if (input.format === undefined || DEMUXERS.has(input.format.toLowerCase())) continue
    throw refusedJob(
      `inputs[${n}].format`,
      'is not allowed with trust: "strangers"; omit it, unless the media are raw (rawvideo, s16le)',
    )
  }
  for (const [n, output] of job.outputs.entries()) checkOutput(output, `outputs[${n}]`)
}

function checkOutput(output: JobOutput, path: string): void {
  if (output.type === 'object') {
    if (output.args !== undefined) throw arbitrary(`${path}.args`)
    if (!FORMATS.has(output.format)) {
      throw refusedJob(
        `${path}.format`,
        `is not allowed with trust: "strangers"; choose one of ${[...FORMATS].join(', ')}`,
      )
    }
    for (const header of ['contentType', 'contentDisposition', 'contentLanguage', 'cacheControl'] as const) {
      if (output[header] === undefined) continue
      throw refusedJob(`${path}.${header}`, `is not allowed with trust: "strangers"; omit it`)
    }
  }
  if (output.type !== 'package') return
  for (const [n, rendition] of output.renditions.entries()) {
    if (rendition.args !== undefined) throw arbitrary(`${path}.renditions[${n}].args`)
  }
}

/** The refusal of ffmpeg arguments and filters. */
function arbitrary(path: string): JobError {
  const instead = 'specify the encoding by "video" and "audio", or run the job with trust: "owner"'
  return refusedJob(
    path,
    `is not allowed with trust: "strangers", because ffmpeg arguments can open files and addresses: ${instead}`,
  )
}
