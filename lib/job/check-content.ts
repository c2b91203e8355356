import { JobError, OptionError } from '../errors.js'
import { checkGlobalArgs, checkInput } from '../ffmpeg/args/build-arguments.js'
import { demuxerOption } from '../ffmpeg/input-settings.js'
import { outputSettings } from '../ffmpeg/output-settings.js'
import { renditionSettings } from '../hls/rendition/rendition-options.js'
import { checkHeaderValue, checkMetadata, checkRequestHeaders } from '../s3/request/check-headers.js'
import { locationOption } from '../s3/request/s3-location.js'
import { requestOf } from './open/open-sink.js'
import { objectOptions, renditionOptions } from './outputs/media.js'
import type { Job, JobObject, JobPackage, JobOutput } from './schema/job.js'
import { invalidJob } from './schema/job-errors.js'
import { type Location, parseLocation, parsePrefix } from './schema/location.js'

/**
 * Checks what the stages of a job would refuse in their constructors: formats, layouts, arguments, filters, names,
 * headers. The stages are made when the inputs are open and the images are taken, and number outputs their own way: a
 * job of many objects in the middle of its work would fail for a word that has been wrong all along.
 *
 * @throws `JobError` `AVIO_ERR_JOB_INVALID` with the path of the value; `FfmpegError` `AVIO_ERR_ARGUMENT_REFUSED`,
 *   `AVIO_ERR_MUXER_NOT_STREAMABLE`, with the path in the message
 */
export function checkContent(job: Job): void {
  for (const [n, { url, format, args = [] }] of job.inputs.entries()) {
    const path = `inputs[${n}]`
    checkKey(parseLocation(url), `${path}.url`)
    by(`${path}.format`, () => demuxerOption({ format }, `${path}.format`))
    by(`${path}.args`, () => checkInput({ format, args }, path))
  }
  const { filterComplex } = job
  if (filterComplex !== undefined)
    by('filterComplex', () => checkGlobalArgs(['-filter_complex', filterComplex], 'filterComplex'))
  for (const [n, output] of job.outputs.entries()) checkOutput(output, `outputs[${n}]`)
}

function checkOutput(output: JobOutput, path: string): void {
  if ('prefix' in output) checkKey(parsePrefix(output.prefix), `${path}.prefix`)
  else if (output.url !== undefined) checkKey(parseLocation(output.url), `${path}.url`)
  if (output.type === 'object') by(path, () => outputSettings(objectOptions(output), path))
  if (output.type === 'package') checkPackage(output, path)
  checkHeaders(output, path)
}

/** S3's limit on the length of a key. */
function checkKey(location: Location | undefined, path: string): void {
  if (location?.kind !== 's3' || location.key === '') return
  const { bucket, key } = location
  by(path, () => locationOption({ bucket, key }, path))
}

function checkPackage(output: JobPackage, path: string): void {
  const { renditions, playlist = 'main.m3u8', mpd, run, images } = output
  if (mpd === playlist)
    throw invalidJob(`${path}.mpd`, 'is the same as the playlist: one would replace the other')
  if (run !== undefined && (run === playlist || run === mpd))
    throw invalidJob(`${path}.run`, 'is the same as the name of the playlist or the manifest')
  const names = new Map<string, string>()
  if (images !== undefined) names.set(images.name ?? 'thumbnails', `${path}.images`)
  for (const [n, rendition] of renditions.entries()) {
    const at = `${path}.renditions[${n}]`
    const { name, label, groupId, language, default: isDefault, autoselect } = rendition
    const other = names.get(name)
    if (other !== undefined)
      throw invalidJob(`${at}.name`, `is the name of ${other} as well: each has its own`)
    names.set(name, at)
    by(at, () => renditionSettings({ name, label, groupId, language, default: isDefault, autoselect }))
    by(at, () => outputSettings(renditionOptions(rendition, output), at))
  }
}

/** What is sent as headers has to be printable ASCII. */
function checkHeaders(output: JobOutput, path: string): void {
  const { contentType = '', metadata, tags, ...as } = output as Partial<JobObject>
  by(`${path}.contentType`, () => checkHeaderValue('', contentType, 'Give a media type, such as video/mp4'))
  by(`${path}.metadata`, () => checkMetadata(metadata))
  if (tags !== undefined) by(`${path}.tags`, () => checkRequestHeaders(requestOf({ tags })))
  for (const [name, value] of Object.entries(as)) {
    if (!HEADERS.has(name)) continue
    by(`${path}.${name}`, () => checkRequestHeaders(requestOf({ [name]: value })))
  }
}

const HEADERS = new Set([
  ...['cacheControl', 'contentDisposition', 'contentLanguage', 'ifMatch', 'kmsKeyId'],
  ...['serverSideEncryption', 'storageClass'],
])

/** Runs a check; a wrong option is a wrong value of the job. */
function by(path: string, check: () => unknown): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    // The option's own name, if it is one of the job.
    const at = error.option.startsWith(path) ? error.option : fieldOf(error.option, path)
    const rule = error.message.replace(/^Option "[^"]*" /, '').replace(/\.$/, '')
    const message = `The job is invalid: ${at} ${rule}.`
    throw new JobError('AVIO_ERR_JOB_INVALID', message, { path: at }, { cause: error })
  }
}

/** The field that an option of a rendition is: `outputs[0].renditions[1]` and `language`. */
function fieldOf(option: string, path: string): string {
  return path.endsWith(']') && /^\w+$/.test(option) ? `${path}.${option}` : path
}
