import { checkInput, checkOutput } from '../../ffmpeg/args/build-arguments.js'
import { COMPLEX_GRAPHS } from '../../ffmpeg/args/filtergraph.js'
import { refuseEverywhere } from '../../ffmpeg/args/refused-arguments.js'
import { shownLocation } from '../../job/schema/location.js'
import type { Argument } from '../../ffmpeg/args/parse-arguments.js'
import type { Job, JobInput, JobObject, JobOutput } from '../../job/schema/job.js'
import { parseJob } from '../../job/schema/parse-job.js'
import { inCallersWords } from '../arguments/callers-words.js'
import { endingOf, inputPlace, outputPlace } from '../arguments/place.js'
import { unlessExists } from '../arguments/own-options.js'
import { usageError } from '../arguments/usage-error.js'
import { outputForm } from './output-form.js'
import { packageOfPlaylist } from './playlist-package.js'
import { type FileWords, type SplitWords, splitWords } from './split-words.js'

/** What of a job ffmpeg's syntax has no words for. */
export type ObjectSettings = Pick<
  JobObject,
  'contentType' | 'cacheControl' | 'contentDisposition' | 'metadata' | 'tags' | 'storageClass'
>

/** A command line, understood. */
export interface Command {
  readonly job: Job
  /** `-loglevel`; `undefined` without it. */
  readonly logLevel: string | undefined
}

/** Inputs that no bytes are behind. */
const VIRTUAL: Readonly<Record<string, string>> = {
  lavfi:
    'A source of filters is no input: put it into -filter_complex, such as "color=black:s=640x360:d=5[v]", beside an ' +
    'input.',
  concat: 'Give each file an -i of its own, and join them by -filter_complex "concat=n=2:v=1:a=1".',
}

/**
 * The job that a command line in ffmpeg's syntax describes. Pure: nothing is opened.
 *
 * @param words - from ffmpeg's first option on
 * @param cwd - what relative paths start from
 * @param settings - what is said of every object
 * @throws {@link OptionError}, {@link JobError}, {@link FfmpegError} `AVIO_ERR_ARGUMENT_REFUSED`,
 * `AVIO_ERR_MUXER_NOT_STREAMABLE`
 */
export function commandJob(words: readonly string[], cwd: string, settings: ObjectSettings = {}): Command {
  const split = splitWords(words)
  const namesOf = (files: readonly FileWords[]) => files.map(({ name }) => name)
  try {
    return jobOf(split, cwd, settings)
  } catch (error) {
    throw inCallersWords(error, { inputs: namesOf(split.inputs), outputs: namesOf(split.outputs) })
  }
}

function jobOf({ inputs, outputs, globals }: SplitWords, cwd: string, settings: ObjectSettings): Command {
  if (inputs.length === 0)
    throw usageError('-i', 'There is no input: add -i s3://bucket/key before the outputs.')
  if (outputs.length === 0) {
    const last = inputs.at(-1)!
    throw usageError(
      'output',
      `There is no output after -i ${shownLocation(last.name)}: add s3://bucket/key.`,
    )
  }
  const overwrite = globals.findLast(({ name }) => name === 'y' || name === 'n')?.name === 'y'
  const graphs = globals.filter(({ name }) => COMPLEX_GRAPHS.has(name))
  for (const graph of graphs) refuseEverywhere(graph, 'filterComplex')
  const job: Job = {
    version: 1,
    inputs: inputs.map((input, n) => inputOf(input, n, cwd)),
    ...(graphs.length > 0 && { filterComplex: graphs.map(({ value = '' }) => value).join(';') }),
    outputs: outputs.map((output, n) => outputOf(output, n, cwd, { overwrite, settings })),
  }
  checkTogether(job)
  const logLevel = globals.findLast(({ name }) => name === 'loglevel' || name === 'v')?.value
  return { job: parseJob(job), logLevel }
}

function inputOf({ name, args }: FileWords, n: number, cwd: string): JobInput {
  const option = `inputs[${n}]`
  const format = args.findLast(argument => argument.name === 'f')?.value
  const virtual = format === undefined ? undefined : VIRTUAL[format]
  if (virtual !== undefined)
    throw usageError(`-f ${format ?? ''}`, `"-f ${format ?? ''} -i ${name}" opens no file. ${virtual}`)
  const own = tokensOf(args)
  checkInput({ format, args: own }, option)
  return {
    url: inputPlace(name, cwd),
    ...(format !== undefined && { format }),
    ...(own.length > 0 && { args: own }),
  }
}

function outputOf(
  { name, args }: FileWords,
  n: number,
  cwd: string,
  { overwrite, settings }: { overwrite: boolean; settings: ObjectSettings },
): JobOutput {
  const option = `outputs[${n}]`
  const place = outputPlace(name, cwd)
  const format = args.findLast(argument => argument.name === 'f')?.value
  const own = args.filter(argument => argument.name !== 'f')
  const condition = place === '-' ? {} : unlessExists({ overwrite })
  if (format === undefined && endingOf(place) === '.m3u8')
    return { ...packageOfPlaylist(place, own, option), ...condition }
  if (format === undefined && endingOf(place) === '.mpd') {
    throw usageError(
      name,
      `"${shownLocation(name)}" is a manifest of DASH: use "avio-streams package INPUT s3://bucket/prefix/ --mpd ` +
        'manifest.mpd".',
    )
  }
  const form = outputForm(place, format, own, option)
  const list = [...form.args, ...tokensOf(own)]
  checkOutput({ format: form.format, args: list }, option)
  return {
    type: 'object',
    url: place,
    format: form.format,
    ...(form.layout !== undefined && { layout: form.layout }),
    ...(list.length > 0 && { args: list }),
    ...settings,
    ...condition,
  }
}

/** What is wrong with the whole, and not with one of its files. */
function checkTogether({ inputs, outputs }: Job): void {
  if (inputs.filter(({ url }) => url === '-').length > 1)
    throw usageError('-', 'Standard input can be only one of the inputs.')
  const places = outputs.flatMap(output => (output.type === 'object' ? [output.url] : []))
  const twice = places.find((place, n) => places.indexOf(place) < n)
  if (places.includes('-') && outputs.length > 1) {
    throw usageError(
      '-',
      'Standard output must be the only output: it cannot be stored together with others or not at all.',
    )
  }
  if (twice !== undefined)
    throw usageError(twice, `"${twice}" is an output twice: the second would replace the first.`)
  const replaced = inputs.find(({ url }) => url !== '-' && places.includes(url) && !/^s3:/i.test(url))
  if (replaced !== undefined)
    throw usageError(replaced.url, `"${replaced.url}" is both an input and an output: write to another name.`)
}

function tokensOf(args: readonly Argument[]): string[] {
  return args.filter(({ name }) => name !== 'f').flatMap(({ tokens }) => tokens)
}
