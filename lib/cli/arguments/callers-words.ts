import { AvioError } from '../../errors.js'
import type { Job, JobOutput } from '../../job/schema/job.js'
import { shownLocation } from '../../job/schema/location.js'
import { parseJob } from '../../job/schema/parse-job.js'

/** The files of a command line, as its user has written them or as the job has them. */
export interface FileNames {
  readonly inputs: readonly (string | undefined)[]
  readonly outputs: readonly (string | undefined)[]
  /** Options of this command, besides those of all, by the fields of an output. */
  readonly options?: Readonly<Record<string, string>> | undefined
}

/** The files of a job that the command has made. */
export function fileNames({ inputs, outputs }: Job): FileNames {
  const placeOf = (output: JobOutput) => ('prefix' in output ? output.prefix : output.url)
  return { inputs: inputs.map(({ url }) => url), outputs: outputs.map(placeOf) }
}

/**
 * Checks a job that a command has made of its options.
 *
 * @param options - its options, by the fields of its output
 * @throws `JobError`, in the words of the command line
 */
export function typedJob(job: Job, options?: Readonly<Record<string, string>>): Job {
  try {
    return parseJob(job)
  } catch (error) {
    throw inCallersWords(error, { ...fileNames(job), options })
  }
}

/** The options of the command for fields of a job. */
const OPTIONS: Readonly<Record<string, string>> = {
  contentType: '--content-type',
  contentDisposition: '--content-disposition',
  cacheControl: '--cache-control',
  storageClass: '--storage-class',
  metadata: '--metadata',
  tags: '--tag',
  ifNoneMatch: '-y',
}

/** Options of `runJob` in messages about a job, and how the command has them. */
const RUN_OPTIONS: readonly (readonly [said: RegExp, words: string])[] = [
  [/\ballow\.(host|bucket|file)s\b/g, '--allow-$1'],
  [/\ballow\.(prefix|address)es\b/g, '--allow-$1'],
  [/\bforcePathStyle: true\b/g, '--path-style'],
  [/\bwith trust: "owner"/g, 'without --strangers'],
  [/\bwith trust: "strangers"/g, 'with --strangers'],
]

const PATH = /(?:\b([Oo])ption )?"?\b(in|out)puts\[(\d+)\]((?:\.\w+|\[\d+\])*)"?/g
const GRAPH = /(?:\boption )?"?\bfilterComplex\b"?/g

/**
 * The same error in the words of a command line. A job that the command has made itself is known to nobody: where the
 * message has a path in it (`outputs[0].args`), its reader gets the option and the file.
 *
 * @param error - anything thrown; only the messages of this library's errors change
 */
export function inCallersWords<E>(error: E, { inputs, outputs, options = {} }: FileNames): E {
  if (!(error instanceof AvioError)) return error
  error.message = error.message
    .replace(GRAPH, '-filter_complex')
    .replace(PATH, (path, option: string | undefined, side: string, n: string, fields: string) => {
      const name = (side === 'in' ? inputs : outputs)[Number(n)]
      if (name === undefined) return path
      const words = wordsFor(fields, `"${shownLocation(name)}"`, { ...OPTIONS, ...options })
      if (option !== 'O') return words
      return words.startsWith('the ') ? `T${words.slice(1)}` : `The option ${words}`
    })
  return error
}

function wordsFor(fields: string, name: string, options: Readonly<Record<string, string>>): string {
  const names = fields.match(/(?<=\.)\w+/g) ?? []
  const [top = ''] = names
  if (Object.hasOwn(options, top)) return options[top]!
  const field = names.at(-1)
  switch (field) {
    case undefined:
    case 'url':
    case 'prefix':
      return name
    case 'format':
      return `-f before ${name}`
    case 'args':
      return `the options before ${name}`
    default:
      return `${field} of ${name}`
  }
}

/**
 * The same error, with the options of the command in the place of those of `runJob`: of a job from a file, paths are
 * the reader's own words.
 */
export function inOwnOptions<E>(error: E): E {
  if (!(error instanceof AvioError)) return error
  for (const [said, words] of RUN_OPTIONS) error.message = error.message.replace(said, words)
  return error
}
