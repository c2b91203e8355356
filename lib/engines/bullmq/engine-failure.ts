import { AvioError, QueueError, discreet, isError } from '../../errors.js'

/** The parts of errors of `ioredis` and `pg`, and of Node’s own, that are used here. */
interface ClientError extends Error {
  readonly code?: unknown
  readonly syscall?: unknown
  readonly command?: unknown
  readonly severity?: unknown
  readonly errors?: unknown
}

/** Names of the errors of `ioredis`: a connection that did not come back, and an answer of the server. */
const OF_REDIS: ReadonlySet<string> = new Set(['MaxRetriesPerRequestError', 'ReplyError'])
/** Both packages have plain errors, too. */
const LOST = new RegExp(
  '^(Connection (is closed|terminated|ended)|Client (has encountered|was closed)|timeout exceeded' +
    '|(Query read|Command) time)',
  'i',
)
/** Codes of the system for a connection, and not for a file. */
const NETWORK = /^(ECONN|ENOTFOUND|ETIMEDOUT|EHOST|ENET|EAI_|EPIPE)/

/** What to do, by what the engine answers: Redis by the first word, PostgreSQL by its SQLSTATE. */
const REMEDIES: readonly (readonly [answer: RegExp, remedy: string])[] = [
  [/^(WRONGPASS|NOAUTH|28)|invalid password/, 'Check the user and the password.'],
  [/^(NOPERM|42501)/, 'Grant this user what the message names; BullMQ’s tables are in the schema "bullmq".'],
  [/^(OOM|53[12])/, 'The engine has no room: give it more, and keep maxmemory-policy noeviction.'],
  [/^53300/, 'The engine has too many connections: raise its limit, or run fewer workers.'],
  [/^READONLY/, 'Give the address of the primary, not that of a replica.'],
  [/^3D000/, 'Create the database, or correct its name in the address.'],
  [/^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|57P0)/, 'Try again when the engine is ready.'],
]
const CHECK = 'Check the address, the password and whether the server runs.'

/**
 * The error for an engine that can't be reached, or that refuses what is asked of it: with its address and what to do.
 *
 * @param where - the engine, without a password
 */
export function unreachable(cause: ClientError, where: string): QueueError {
  const reason = discreet(reasonOf(cause))
  const answer = [reason, typeof cause.code === 'string' ? cause.code : '']
  const remedy = REMEDIES.find(([wanted]) => answer.some(one => wanted.test(one)))?.[1] ?? CHECK
  const message = `The queue can't be reached at ${where}: ${reason.replace(/\.$/, '')}. ${remedy}`
  return new QueueError('AVIO_ERR_QUEUE_UNREACHABLE', message, {}, { cause })
}

/** Whether an error is one of the engine’s client, rather than of a job, of the store, or of the caller’s own. */
export function isOfEngine(error: unknown): error is ClientError {
  if (error instanceof AvioError || !isError(error)) return false
  const { name, message, code, syscall, command, severity } = error as ClientError
  // An abort of the user's own signal has no command.
  if (OF_REDIS.has(name) || (name === 'AbortError' && command !== undefined)) return true
  if (typeof severity === 'string' && /^[0-9A-Z]{5}$/.test(String(code))) return true
  return LOST.test(message) || (syscall !== undefined && NETWORK.test(String(code)))
}

/** A failed attempt on several addresses of one name has its reasons in `errors`. */
function reasonOf({ name, message, errors, cause }: ClientError & { cause?: unknown }): string {
  if (name === 'MaxRetriesPerRequestError') return isError(cause) ? cause.message : 'the connection was lost'
  if (message !== '') return message
  return Array.isArray(errors)
    ? errors
        .filter(isError)
        .map(one => one.message)
        .join('; ')
    : name
}
