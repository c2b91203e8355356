import type { z } from 'zod'
import { JobError } from '../../errors.js'
import { nearest } from '../../options/nearest-name.js'
import { type Job, jobSchema } from './job.js'

/** The most issues in one message. */
const MAX_SHOWN = 5

/**
 * Checks that a value, such as parsed JSON, is a {@link Job}. Nothing is requested.
 *
 * @throws `JobError` `AVIO_ERR_JOB_INVALID`, with the path of each wrong value
 */
export function parseJob(value: unknown): Job {
  const parsed = jobSchema.safeParse(value, { error: unknownField })
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(issue => innermost(issue))
  const shown = issues.slice(0, MAX_SHOWN).map(({ path, rule }) => `${path || 'the job'} ${rule}`)
  const more = issues.length > MAX_SHOWN ? `; and ${issues.length - MAX_SHOWN} more` : ''
  throw new JobError('AVIO_ERR_JOB_INVALID', `The job is invalid: ${shown.join('; ')}${more}.`, {
    path: issues[0]!.path,
  })
}

/**
 * The rule for a field that does not exist, while zod still says where: with the field that is probably meant, of those
 * that the object may have and has not.
 */
function unknownField({ code, keys, inst, input }: z.core.$ZodRawIssue): string | undefined {
  if (code !== 'unrecognized_keys') return undefined
  const { shape } = (inst as z.core.$ZodObject)._zod.def
  const others = Object.keys(shape).filter(name => !Object.hasOwn(input as object, name))
  const meant = nearest(keys[0]!, others)
  return `is not a field of a job${meant === undefined ? '' : ` (did you mean "${meant}"?)`}`
}

interface Found {
  /** As in JavaScript: `outputs[0].renditions[1].name`; empty for the job itself. */
  readonly path: string
  /** The rule, to follow the path: `must be …`. */
  readonly rule: string
}

type Issue = z.core.$ZodIssue

/** The issue to report; for a union, that of the branch that matched furthest: most likely the one meant. */
function innermost(issue: Issue, above: readonly PropertyKey[] = []): Found {
  const path = [...above, ...issue.path]
  if (issue.code === 'invalid_union') {
    const depth = (branch: Issue[]) =>
      Math.max(...branch.map(({ path, code }) => path.length + Number(code === 'unrecognized_keys')))
    const [meant] = [...issue.errors].sort((a, b) => depth(b) - depth(a))
    if (meant !== undefined && depth(meant) > 0) return innermost(meant[0]!, path)
    const options =
      'options' in issue && Array.isArray(issue.options) ? issue.options : valuesOf(issue.errors)
    return { path: shownPath(path), rule: `must be ${oneOf(options)}` }
  }
  if (issue.code === 'unrecognized_keys') {
    return { path: shownPath([...path, issue.keys[0]!]), rule: issue.message }
  }
  return { path: shownPath(path), rule: ruleOf(issue) }
}

/** The values that the branches of a union accept. */
function valuesOf(branches: readonly Issue[][]): unknown[] {
  return branches.flat().flatMap(issue => (issue.code === 'invalid_value' ? issue.values : []))
}

function ruleOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined && issue.message.includes('received undefined')
        ? 'is missing'
        : `must be ${NAMES[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}`
    case 'too_small':
      return (
        'must ' +
        bound(
          issue.origin,
          'at least',
          String(issue.minimum),
          issue.inclusive === false ? 'more than' : undefined,
        )
      )
    case 'too_big':
      return `must ${bound(issue.origin, 'at most', String(issue.maximum))}`
    default:
      return issue.message
  }
}

const NAMES: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
}

function bound(origin: string, how: string, limit: string, exclusive = how): string {
  if (origin === 'array') return `have ${how} ${limit} ${limit === '1' ? 'element' : 'elements'}`
  if (origin === 'string') return `have ${how} ${limit} ${limit === '1' ? 'character' : 'characters'}`
  return `be ${exclusive} ${limit}`
}

function oneOf(values: readonly unknown[]): string {
  const shown = values.map(value => JSON.stringify(value))
  return shown.length === 1 ? shown[0]! : `one of ${shown.join(', ')}`
}

function shownPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((shown, key) => {
    if (typeof key === 'number') return `${shown}[${key}]`
    if (!/^[A-Za-z_$][\w$]*$/.test(String(key))) return `${shown}[${JSON.stringify(key)}]`
    return shown === '' ? String(key) : `${shown}.${String(key)}`
  }, '')
}
