import type { Cell } from './fault.js'
import type { Outcome } from './lab.js'

/** What a pipeline stores, and gives, where nothing goes wrong. */
export interface Right {
  readonly objects: ReadonlyMap<string, string>
  readonly value: string | undefined
}

/** What came of a cell. */
export interface Verdict {
  readonly end: 'stored' | 'refused' | 'unknown' | 'failed'
  /** The error's code. */
  readonly code: string | undefined
  /** Why it failed. */
  readonly problems: readonly string[]
  /** What is left by rule: an upload that nobody knows of. */
  readonly counted: number
}

/** Whether all objects are there, each with its right bytes. */
function isWhole(objects: Outcome['objects'], right: Right): boolean {
  return (
    objects.size === right.objects.size &&
    [...right.objects].every(([name, hash]) => objects.get(name) === hash)
  )
}

/** Ends that leave what was visible already: two of several commits, and playlists that grow. */
const PARTIAL = 'AVIO_ERR_COMMIT_PARTIAL'
const UNKNOWN = 'AVIO_ERR_OUTCOME_UNKNOWN'

/** What the caller's own doing is told as: an abort is Node's, a `destroy()` too, and an error stays what it is. */
const CALLERS = new Set(['AbortError', 'ERR_STREAM_PREMATURE_CLOSE', 'OWN'])

/** Holds what came of a cell against the two ends that there may be. */
export function judge({ stage, fault, pipeline }: Cell, outcome: Outcome, right: Right): Verdict {
  const { told, objects, uploads, hits, left } = outcome
  if (typeof told === 'string') return { end: 'failed', code: undefined, problems: [told], counted: 0 }
  // What a program that ended well has left running is not ours to end.
  const remains = fault.child === 'grandchild' ? left.filter(what => !what.includes('sleep')) : left
  const problems = [...told.problems, ...remains.map(what => `left behind: ${what}`)]
  // On a machine that is busy, a clock that was set short may come first.
  if (hits === 0 && !(fault.stalls === true && told.errors.length > 0))
    problems.push('the fault was never met')
  const [error] = told.errors
  const code = error?.code
  const wrong = [...objects].filter(([name, hash]) => right.objects.get(name) !== hash).map(([name]) => name)
  const grows = pipeline === 'event' || pipeline === 'live'
  if (wrong.length > 0 && !(grows && error)) problems.push(`wrong bytes: ${wrong.join(', ')}`)
  const orphans = orphansOf(stage.name, fault.name)
  if (uploads > orphans) problems.push(`left behind: ${uploads} uploads`)
  const isCallers = stage.kind === 'caller' && stage.name !== 'connection'
  // From the commit on an abort is too late: the pipeline may tell of it, the sinks tell what became of the objects.
  if (error === undefined || (isCallers && told.isStored)) {
    if (!isWhole(objects, right)) problems.push(`it ended well with ${list(objects)}`)
    if (error === undefined && told.value !== right.value) problems.push('it gave another value')
    return { end: problems.length > 0 ? 'failed' : 'stored', code, problems, counted: uploads }
  }
  for (const { code, message, isOurs } of told.errors) {
    // What is the caller's own, or a program, has no name but its own.
    if (isOurs && stage.kind !== 'read' && stage.kind !== 'write' && stage.name !== 'connection') continue
    if (
      isOurs ? /cell-\d|source-\d|s3:|127\.0\.0\.1|store\.test/.test(message) : isCallers && CALLERS.has(code)
    )
      continue
    problems.push(
      isOurs
        ? `an error that does not name the object: ${code} ${message}`
        : `not our error: ${code} ${message}`,
    )
  }
  if (!isCallers && told.errors.length > 1)
    problems.push(`several errors: ${told.errors.map(one => `${one.code} ${one.message}`).join(' | ')}`)
  const isPartial = told.errors.some(one => one.code === PARTIAL)
  const isUnknown = told.errors.some(one => one.code === UNKNOWN)
  if (objects.size > 0 && !isPartial && !isUnknown && !grows && !mayStay(stage.name)) {
    problems.push(`an error (${code} ${error.message}), and stored: ${list(objects)}`)
  }
  if (
    fault.recovers === true &&
    !isCallers &&
    stage.strike?.times !== Infinity &&
    stage.strike?.after === undefined
  )
    problems.push(`one more try would have done: ${code} ${error.message}`)
  const end = isUnknown || isPartial ? 'unknown' : 'refused'
  return { end: problems.length > 0 ? 'failed' : end, code, problems, counted: uploads }
}

function list(objects: Outcome['objects']): string {
  return objects.size === 0 ? 'nothing' : [...objects.keys()].join(', ')
}

/** Uploads that stay by rule: of a CreateMultipartUpload whose answer was lost nobody knows the id. */
function orphansOf(stage: string, fault: string): number {
  if (stage === 'abort' || stage === 'list-parts') return 1
  return stage === 'create' && fault !== 'reset' ? 3 : 0
}

/** What could not be removed stays. */
function mayStay(stage: string): boolean {
  return stage === 'delete'
}
