import type { Job, JobOutput } from '../../job/schema/job.js'
import { invalidJob } from '../../job/schema/job-errors.js'
import { parseJob } from '../../job/schema/parse-job.js'
import { parseLocation } from '../../job/schema/location.js'

/** The names that a template may have in braces, each with its value. */
export interface TemplateValues {
  /** The whole address: `s3://masters/2026/talk.mov`. */
  readonly url: string
  /** `masters`. */
  readonly bucket: string
  /** `2026/talk.mov`. */
  readonly key: string
  /** The key up to its last slash: `2026/`, or nothing. */
  readonly dir: string
  /** The key behind its last slash: `talk.mov`. */
  readonly file: string
  /** The file without its ending: `talk`. */
  readonly name: string
  /** The ending without its dot: `mov`, or nothing. */
  readonly ending: string
}

/** The values for an address. Whatever is not in S3 has no bucket, and its path for a key. */
export function templateValues(url: string): TemplateValues {
  const location = parseLocation(url)
  const isObject = location?.kind === 's3'
  const path = location?.kind === 'http' ? location.url.pathname.slice(1) : url
  const key = isObject ? location.key : path
  const dir = key.slice(0, key.lastIndexOf('/') + 1)
  const file = key.slice(dir.length)
  const [, name = file, ending = ''] = /^(.+)\.([^.]+)$/s.exec(file) ?? []
  return { url, bucket: isObject ? location.bucket : '', key, dir, file, name, ending }
}

/** A `%{…}` belongs to ffmpeg’s own `drawtext`. */
const PLACEHOLDER = /(?<!%)\{(url|bucket|key|dir|file|name|ending)\}/g

/**
 * Makes the job for one object from a template: a job whose strings may have `{url}`, `{bucket}`, `{key}`, `{dir}`,
 * `{file}`, `{name}` and `{ending}`. Without any of these in its inputs, the first input is the object itself.
 *
 * @throws `JobError` `AVIO_ERR_JOB_INVALID`
 */
export function fillTemplate(template: Job, values: TemplateValues): Job {
  const isMarked = template.inputs.some(input => hasPlaceholder(input.url))
  const [first, ...others] = template.inputs
  const inputs = isMarked || first === undefined ? template.inputs : [{ ...first, url: '{url}' }, ...others]
  return parseJob(filled({ ...template, inputs }, values))
}

/**
 * Checks that each object gets outputs of its own.
 *
 * @throws `JobError` `AVIO_ERR_JOB_INVALID`
 */
export function checkTemplate(template: Job): void {
  for (const [n, output] of template.outputs.entries()) {
    const [field, place] = placeOf(output)
    if (place === undefined || hasPlaceholder(place)) continue
    throw invalidJob(
      `outputs[${n}].${field}`,
      'has none of {key}, {dir}, {file}, {name}: all objects of the batch would be stored at one place',
    )
  }
}

/** The places that a job writes to. */
export function placesOf(job: Job): string[] {
  return job.outputs.flatMap(output => placeOf(output)[1] ?? [])
}

function placeOf(output: JobOutput): ['prefix' | 'url', string | undefined] {
  return 'prefix' in output ? ['prefix', output.prefix] : ['url', output.url]
}

function hasPlaceholder(text: string): boolean {
  return text.search(PLACEHOLDER) >= 0
}

function filled(value: unknown, values: TemplateValues): unknown {
  if (typeof value === 'string') {
    return value.replace(PLACEHOLDER, (_whole, name: keyof TemplateValues) => values[name])
  }
  if (Array.isArray(value)) return value.map(one => filled(one, values))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one, values)]))
}
