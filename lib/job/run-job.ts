import { limitError } from '../ffmpeg/limits/limit-errors.js'
import { type RunJobOptions, type RunJobSettings, runJobOptions } from './run-job-options.js'
import type { JobResult } from './schema/job-result.js'
import { JobRun } from './job-run.js'
import { runSplitJob } from './run-split-job.js'
import type { Job } from './schema/job.js'
import { invalidJob, refusedJob } from './schema/job-errors.js'
import type { Location } from './schema/location.js'
import { parseJob } from './schema/parse-job.js'
import { checkStranger } from './trust/strangers.js'

/**
 * Runs a job in this process: all of its outputs are stored, or none.
 *
 * - *Checked first.* An invalid job, a location outside `allow`, and everything `trust: 'strangers'` refuses are errors
 *   before the first request, with the path of the value.
 * - *Composed of the public stages*: sources of one pinned version each, `probe`, `thumbnails`, `storyboard`, and one
 *   `transcode` for all objects and packages, so that each input is decoded once. Fragmented MP4 passes an
 *   `Fmp4Validator`.
 * - *All or nothing.* Images and reports stay in memory until all other outputs are ready to commit. The last
 *   requests are sent one after the other; if one of them is refused, `CommitError` `AVIO_ERR_COMMIT_PARTIAL`
 *   says what is visible.
 * - *In pieces*, if the job has `split` and can be split: the pieces that are missing are encoded, `concurrency` at a
 *   time, and joined. After a failure they stay, and the same job run again goes on where this one stopped. What can't
 *   be split runs whole, and `onUnsplit` says why.
 * - Memory: that of `transcode`, and the images; of each piece for a split job.
 *
 * @example
 * ```ts
 * const { outputs } = await runJob(
 *   {
 *     version: 1,
 *     inputs: [{ url: 's3://masters/talk.mov' }],
 *     outputs: [
 *       {
 *         type: 'object',
 *         url: 's3://web/talk.mp4',
 *         format: 'mp4',
 *         layout: 'file',
 *         video: { codec: 'h264' },
 *         audio: 'copy',
 *       },
 *       { type: 'thumbnails', prefix: 's3://web/talk/', count: 8, width: 320 },
 *     ],
 *   },
 *   { client, onProgress: ({ phase, percent }) => console.log(phase, percent) },
 * )
 * ```
 * @throws `OptionError` for an invalid option; `JobError` `AVIO_ERR_JOB_INVALID`, `AVIO_ERR_JOB_REFUSED`; the
 * errors of the stages; an `AbortError`
 */
export async function runJob(job: Job, options: RunJobOptions = {}): Promise<JobResult> {
  const settings = runJobOptions(options)
  const parsed = parseJob(job)
  checkReferences(parsed)
  if (settings.isStranger) checkStranger(parsed)
  const places = await checkLocations(parsed, settings)
  const over = new AbortController()
  const { timeout } = parsed.limits ?? {}
  const timer = timeout === undefined ? undefined : setTimeout(() => over.abort(tooSlow(timeout)), timeout)
  const signal = settings.signal ? AbortSignal.any([settings.signal, over.signal]) : over.signal
  try {
    const split = parsed.split && (await runSplitJob(parsed, { ...settings, signal }))
    return split ?? (await new JobRun(parsed, places, { ...settings, signal }).run())
  } catch (error) {
    throw over.signal.aborted && (error as Error).name === 'AbortError' ? over.signal.reason : error
  } finally {
    clearTimeout(timer)
  }
}

function tooSlow(timeout: number): Error {
  const what = `The job took longer than ${timeout} ms (limits.timeout).`
  return limitError('AVIO_ERR_LIMIT_TIMEOUT', what, 'split it into smaller ones.')
}

/** Checks the rules that no schema can express: numbers of inputs, and outputs that would replace each other. */
function checkReferences(job: Job): void {
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
