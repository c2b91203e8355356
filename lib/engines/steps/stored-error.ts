import { type AvioErrorJson, AvioError, discreet, isError } from '../../errors.js'

/** An error as an engine keeps it: JSON without secrets. */
export interface StoredError {
  /** The code of an error of this library; another error’s own code, if it has one. */
  readonly code?: string
  /** What happened, to what: up to 2,000 characters, without queries of URLs, users and passwords. */
  readonly message: string
  /** What to do. */
  readonly remedy: string
  /** Whether the same job may succeed if it runs again. */
  readonly retryable: boolean
  /** The piece that failed: `chunk-00003`, `audio`, `images`. */
  readonly piece?: string
  /** The last lines of ffmpeg’s log: up to 2,000 characters. */
  readonly stderrTail?: string
}

/** Longer messages are cut: an engine keeps thousands of them in memory. */
const LONGEST = 2000

/**
 * An error to keep with its job.
 *
 * @param error - anything that was thrown
 * @param piece - the piece whose step failed
 */
export function storedError(error: unknown, piece?: string): StoredError {
  const { code, message, retryable, stderrTail } = jsonOf(error)
  const known = { code: code === undefined ? undefined : String(code), piece }
  return {
    ...(Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as object),
    message: message.slice(0, LONGEST),
    remedy: remedyFor(known.code, retryable ?? true),
    retryable: retryable ?? true,
    ...(typeof stderrTail === 'string' && stderrTail !== '' && { stderrTail: stderrTail.slice(-LONGEST) }),
  }
}

function jsonOf(error: unknown): AvioErrorJson {
  if (error instanceof AvioError) return error.toJSON()
  if (!isError(error)) return { name: 'Error', message: discreet(String(error)) }
  const { name, message, code } = error as NodeJS.ErrnoException
  return { name, message: discreet(message), ...(code !== undefined && { code }) }
}

const RETRY = 'Retry the job once the cause is gone.'

/** By the beginnings of codes, the most specific first. */
const REMEDIES: readonly (readonly [start: string, remedy: string])[] = [
  ['AVIO_ERR_JOB_', 'Correct what the message names, and add the job again.'],
  ['AVIO_ERR_OPTION', 'Correct what the message names, and add the job again.'],
  ['AVIO_ERR_PLAN_MIXED', 'Cancel the job, which removes its pieces, and add it again.'],
  ['AVIO_ERR_PLAN_TARGET_CHANGED', 'Retry the job to replace the newer object, or cancel it.'],
  [
    'AVIO_ERR_PRECONDITION_FAILED',
    'Retry the job to replace the newer object, unless its ifNoneMatch or ifMatch forbids it, or cancel it.',
  ],
  ['AVIO_ERR_OBJECT_CHANGED', 'Cancel the job, and add it again for the new version of its input.'],
  ['AVIO_ERR_QUEUE_CANCELLED', 'Add it again if it is still wanted.'],
  [
    'AVIO_ERR_QUEUE_STALLED',
    'Find out why its workers died (memory, disk, the log of the machine); then retry.',
  ],
  [
    'AVIO_ERR_QUEUE_DATA_INVALID',
    'Add the job again, with the version of the library that the workers have.',
  ],
]

/** What to do about an error, by its code; `docs/errors.md` has more on each code. */
function remedyFor(code: string | undefined, retryable: boolean): string {
  const found = code === undefined ? undefined : REMEDIES.find(([start]) => code.startsWith(start))
  if (found !== undefined) return found[1]
  if (retryable) return RETRY
  return 'Correct what the message names (docs/errors.md explains the code); then retry the job.'
}
