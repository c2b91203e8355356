import { isError } from '../../errors.js'
import type { Monitor } from '../../io/monitor/monitor.js'
import type { Job } from '../../job/schema/job.js'
import type { JobOutputResult, JobResult } from '../../job/schema/job-result.js'
import { runJob } from '../../job/run-job.js'
import { shownLocation } from '../../job/schema/location.js'
import { fileNames, inCallersWords } from '../arguments/callers-words.js'
import { limitMemory } from '../arguments/memory-budget.js'
import { type OF_JOBS, type OptionValues } from '../arguments/own-options.js'
import { bytes, clock } from '../report/progress-text.js'
import { Reporter } from '../report/reporter.js'
import type { Context } from './context.js'
import { allowed } from './job-allow.js'
import { storeClient } from './store-client.js'

/** How a job is run. */
export interface ExecuteOptions {
  readonly values: OptionValues<typeof OF_JOBS>
  /** Whether the job's own locations are opened, since the user has typed them. */
  readonly isTyped: boolean
  readonly trust?: 'owner' | 'strangers'
  readonly logLevel?: string | undefined
  /** Pieces that are encoded at the same time. */
  readonly concurrency?: number | undefined
}

/**
 * Runs a job, or prints it with `--print-job`.
 *
 * @returns what it made; `undefined` if it was only printed
 */
export async function executeJob(
  job: Job,
  { values, isTyped, trust = 'owner', logLevel, concurrency }: ExecuteOptions,
  context: Context,
): Promise<JobResult | undefined> {
  const { signal, stderr, stdin, stdout, cwd } = context
  limitMemory(values)
  const reporter = new Reporter(stderr, {
    isJson: values.json === true,
    isQuiet: values.quiet === true,
    logLevel,
  })
  if (values['print-job'] === true) {
    printJob(job, context, reporter)
    return undefined
  }
  const client = storeClient(values)
  try {
    let watch: Monitor | undefined
    const result = await runJob(job, {
      ...{ client, signal, trust, stdin, stdout },
      allow: allowed(values, cwd, isTyped ? job : undefined),
      onProgress: progress => reporter.progress(progress, () => watch?.snapshot()),
      onMonitor: values.quiet === true ? undefined : one => (watch = one),
      onLog: entry => reporter.log(entry),
      onUnsplit: ({ message }) => reporter.note(`Runs whole, not in pieces. ${message}`),
      concurrency,
      ...(values.ffmpeg !== undefined && { ffmpegPath: values.ffmpeg }),
      ...(values.ffprobe !== undefined && { ffprobePath: values.ffprobe }),
    })
    reporter.result(
      result,
      result.outputs
        .map(resultText)
        .filter(text => text !== '')
        .join('\n'),
    )
    for (const text of leftTexts(result)) reporter.note(text)
    return result
  } catch (error) {
    const { cleanupError } = (isError(error) ? error : {}) as { cleanupError?: unknown }
    if (isError(cleanupError)) reporter.note(cleanupError.message)
    throw isTyped ? inCallersWords(error, fileNames(job)) : error
  } finally {
    reporter.end()
    client.destroy()
  }
}

/** A job goes into files and queues: a signature in a URL does not. */
function printJob(job: Job, { stdout }: Context, reporter: Reporter): void {
  const inputs = job.inputs.map(input => ({ ...input, url: shownLocation(input.url) }))
  for (const [n, { url }] of inputs.entries()) {
    if (url !== job.inputs[n]!.url)
      reporter.note(
        `The query of ${url} is left out, since it may be a signature: add it before you run the job.`,
      )
  }
  stdout.write(`${JSON.stringify({ ...job, inputs }, null, 2)}\n`)
}

function resultText(output: JobOutputResult): string {
  switch (output.type) {
    case 'object':
      // Standard output says nothing of its size.
      return output.bytes === undefined ? '' : `${output.url}  ${bytes(output.bytes)}`
    case 'package': {
      const playlist = output.playlists.at(-1) ?? ''
      const facts = [count(output.segments, 'segment'), clock(output.duration), bytes(output.bytes)]
      return `${output.prefix}${playlist}  ${facts.join(', ')}`
    }
    case 'thumbnails':
      return `${output.prefix}  ${count(output.images.length, 'image')}`
    case 'storyboard':
      return `${output.prefix}${output.vtt}  ${count(output.sheets.length, 'sheet')}`
    case 'probe':
      return output.url ?? 'probe'
  }
}

/** What could not be removed after the outputs were stored, and how to remove it. */
function leftTexts({ outputs, workLeft }: JobResult): string[] {
  const packages = outputs.flatMap(output => {
    if (output.type !== 'package' || output.leftBehind.length === 0) return []
    const [first] = output.leftBehind
    const what = count(output.leftBehind.length, 'object')
    return [
      `${what} of the package that ${output.prefix} had before could not be removed, such as ` +
        `${output.prefix}${first}. Players need none of them: "leftBehind" of --json names all.`,
    ]
  })
  return [...packages, ...(workLeft === undefined ? [] : [workLeft.message])]
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
