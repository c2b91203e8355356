import { checkContent } from './check-content.js'
import { type RunJobOptions, type RunJobSettings, runJobOptions } from './run-job-options.js'
import type { WriteCondition } from '../s3/commit/write-condition.js'
import type { Job, JobInput, JobOutput } from './schema/job.js'
import { invalidJob, refusedJob } from './schema/job-errors.js'
import { type Location, parseLocation } from './schema/location.js'
import { parseJob } from './schema/parse-job.js'
import { checkStranger } from './trust/strangers.js'

/** A job that may run, the places it opens by their paths in the job, and the settings of its run. */
export interface CheckedJob {
  readonly job: Job
  readonly places: ReadonlyMap<string, Location>
  readonly settings: RunJobSettings
}

/** Checks a job and the options of its run, before the first request. @throws as `runJob` does for them */
export async function checkJob(job: Job, options: RunJobOptions): Promise<CheckedJob> {
  const settings = runJobOptions(options)
  const parsed = parseJob(job)
  checkReferences(parsed)
  if (settings.isStranger) checkStranger(parsed)
  checkContent(parsed)
  return { job: parsed, places: await checkLocations(parsed, settings), settings }
}

/**
 * Checks the rules that no schema can express: numbers of inputs, versions and conditions where there are none, and
 * outputs that would replace each other.
 */
export function checkReferences(job: Job): void {
  for (const [n, input] of job.inputs.entries()) checkVersion(input, `inputs[${n}]`)
  for (const [n, output] of job.outputs.entries()) checkCondition(output, `outputs[${n}]`)
  const seen = new Map<string, string>()
  for (const [n, output] of job.outputs.entries()) {
    if ('input' in output && output.input !== undefined && output.input >= job.inputs.length) {
      const path = `outputs[${n}].input`
      throw invalidJob(
        path,
        `names an input that does not exist: the job has ${job.inputs.length}, numbered from 0`,
      )
    }
    const [field, place] =
      'prefix' in output ? (['prefix', output.prefix] as const) : (['url', output.url] as const)
    if (place === undefined) continue
    const path = `outputs[${n}].${field}`
    const name = `${field === 'url' ? field : output.type} ${place}`
    const other = seen.get(name)
    if (other !== undefined) throw invalidJob(path, `is the same as ${other}: one would replace the other`)
    seen.set(name, path)
  }
}

function checkVersion({ url, etag, versionId }: JobInput, path: string): void {
  const { kind } = parseLocation(url)!
  if (versionId !== undefined && kind !== 's3') {
    throw invalidJob(
      `${path}.versionId`,
      'is for objects in S3 only: remove it, or pin the version with "etag"',
    )
  }
  if (etag !== undefined && kind === 'stdio')
    throw invalidJob(`${path}.etag`, 'has no meaning for standard input')
}

function checkCondition(output: JobOutput, path: string): void {
  if (!('url' in output) && output.type !== 'probe') return
  const { ifNoneMatch, ifMatch } = output as WriteCondition
  const kind = output.url === undefined ? undefined : parseLocation(output.url)!.kind
  if (ifMatch !== undefined && kind !== 's3')
    throw invalidJob(`${path}.ifMatch`, 'is for objects in S3 only: files have no ETag')
  if (ifNoneMatch === undefined || kind === 's3' || kind === 'file') return
  const what = kind === undefined ? 'is for a report with "url"' : 'has no meaning for standard output'
  throw invalidJob(`${path}.ifNoneMatch`, `${what}: remove it`)
}

/**
 * Checks that every location is allowed, and that standard input and output exist.
 *
 * @returns the locations, by their paths in the job
 */
async function checkLocations(
  job: Job,
  { policy, stdin, stdout }: RunJobSettings,
): Promise<Map<string, Location>> {
  const places = new Map<string, Location>()
  for (const [n, { url }] of job.inputs.entries()) {
    const path = `inputs[${n}].url`
    places.set(path, url === '-' ? { kind: 'stdio' } : await policy.check(url, 'input', path))
    if (url !== '-') continue
    if (stdin === undefined) throw refusedJob(path, 'is standard input, but the option "stdin" is missing')
    if (job.inputs.slice(0, n).some(other => other.url === url)) {
      throw invalidJob(path, 'is standard input a second time, which can be read only once')
    }
  }
  for (const [n, output] of job.outputs.entries()) {
    if ('prefix' in output) {
      const path = `outputs[${n}].prefix`
      places.set(path, await policy.check(output.prefix, 'prefix', path))
      continue
    }
    const path = `outputs[${n}].url`
    if (output.url === undefined) continue
    places.set(path, output.url === '-' ? { kind: 'stdio' } : await policy.check(output.url, 'output', path))
    if (output.url !== '-') continue
    if (output.type === 'probe' || job.outputs.length > 1) {
      throw invalidJob(
        path,
        'is standard output, which must be the only output: it can’t be undone if another output fails',
      )
    }
    if (stdout === undefined) throw refusedJob(path, 'is standard output, but the option "stdout" is missing')
  }
  if (job.split !== undefined) await policy.check(job.split.work, 'prefix', 'split.work')
  return places
}
