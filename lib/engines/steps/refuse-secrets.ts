import type { JobError } from '../../errors.js'
import type { Job } from '../../job/schema/job.js'
import { refusedJob } from '../../job/schema/job-errors.js'

/**
 * Names of query parameters that sign a URL or give access: those of S3 (versions 4 and 2), Google Cloud Storage,
 * Azure, CloudFront, Akamai, and what others call a token or a key.
 */
const NAMES = [
  ...[
    'signature',
    'sig',
    'credential',
    'credentials',
    'security-token',
    'token',
    'secret',
    'password',
    'passwd',
  ],
  ...['api[-_]?key', 'key-pair-id', 'policy', 'awsaccesskeyid', 'googleaccessid', 'hdnts', 'hdnea'],
  ...['auth', 'authorization'],
]
const SECRET = new RegExp(`(^|[-_])(${NAMES.join('|')})$`, 'i')

/** A URL of any scheme but S3's, whose keys may contain any character. */
const URLS = /\b(?!s3:)[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi

/**
 * Refuses a job that does not belong into a queue: one with a secret, which the engine would keep and show to everyone
 * who can read it, and one that uses standard input or output.
 *
 * @throws {@link JobError} `AVIO_ERR_JOB_REFUSED`, with the path of the value
 */
export function refuseSecrets(job: Job): void {
  for (const [path, text] of stringsOf(job, '')) {
    if (text === '-' && path.endsWith('.url'))
      throw refusedJob(
        path,
        'is standard input or output, which a job in a queue does not have: use an object',
      )
    for (const [url] of text.matchAll(URLS)) checkUrl(url, path)
  }
}

function checkUrl(text: string, path: string): void {
  if (!URL.canParse(text)) return
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') throw secret(path, 'has a user or a password')
  const name = [...url.searchParams.keys()].find(name => SECRET.test(name))
  if (name === undefined) return
  throw secret(path, `has a query that looks like a signature ("${name}"): it would expire in the queue, and`)
}

function secret(path: string, what: string): JobError {
  return refusedJob(
    path,
    `${what} would be kept where everyone who can read the queue sees it: give the workers access instead, and name ` +
      'the object by s3://bucket/key or by a URL without secrets',
  )
}

function* stringsOf(value: unknown, path: string): Generator<[path: string, text: string]> {
  if (typeof value === 'string') yield [path, value]
  else if (Array.isArray(value)) {
    for (const [n, one] of value.entries()) yield* stringsOf(one, `${path}[${n}]`)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value))
      yield* stringsOf(one, path === '' ? name : `${path}.${name}`)
  }
}
