import type { JobError } from '../../errors.js'
import { refusedJob } from '../schema/job-errors.js'
import type { Job, JobOutput } from '../schema/job.js'

/**
 * What a job of a stranger may not say. Arguments and filters of ffmpeg can open files and addresses, and cost without
 * bound, so that it has the closed lists of `video` and `audio` only; a media type could make a page of a video.
 */

/** Muxers that a stranger may choose. */
const FORMATS = new Set([
  ...['mp4', 'mov', 'ipod', 'matroska', 'webm', 'mpegts', 'ogg', 'opus', 'oga'],
  ...['mp3', 'adts', 'flac', 'wav', 'ac3', 'eac3'],
])

/** Limits that a job of a stranger must have. */
const LIMITS = [
  'maxInputBytes',
  'maxDuration',
  'maxPixels',
  'maxOutputBytes',
  'maxObjects',
  'timeout',
] as const

/**
 * Checks a job that a stranger has written.
 *
 * @throws {@link JobError} `AVIO_ERR_JOB_REFUSED`, with the path of the value
 */
export function checkStranger(job: Job): void {
  for (const limit of LIMITS) {
    if (job.limits?.[limit] !== undefined) continue
    const needed = LIMITS.map(name => `limits.${name}`).join(', ')
    throw refusedJob(`limits.${limit}`, `is missing; a job of a stranger needs ${needed}`)
  }
  if (job.filterComplex !== undefined) throw arbitrary('filterComplex')
  for (const [n, input] of job.inputs.entries()) {
    if (input.args !== undefined) throw arbitrary(`inputs[${n}].args`)
  }
  for (const [n, output] of job.outputs.entries()) checkOutput(output, `outputs[${n}]`)
}

function checkOutput(output: JobOutput, path: string): void {
  if (output.type === 'object') {
    if (output.args !== undefined) throw arbitrary(`${path}.args`)
    if (!FORMATS.has(output.format)) {
      throw refusedJob(`${path}.format`, `is not for strangers; choose one of ${[...FORMATS].join(', ')}`)
    }
    for (const header of ['contentType', 'contentDisposition', 'contentLanguage', 'cacheControl'] as const) {
      if (output[header] === undefined) continue
      throw refusedJob(`${path}.${header}`, `is not for strangers; it is derived from the content`)
    }
  }
  if (output.type !== 'package') return
  for (const [n, rendition] of output.renditions.entries()) {
    if (rendition.args !== undefined) throw arbitrary(`${path}.renditions[${n}].args`)
  }
}

/** Arguments and filters of ffmpeg. */
function arbitrary(path: string): JobError {
  const instead = 'state the encoding by "video" and "audio", or run the job with trust: "owner"'
  return refusedJob(
    path,
    `is not for strangers; arguments of ffmpeg can open files and addresses: ${instead}`,
  )
}
