import type { Cell } from './fault.js'
import type { Outcome } from './lab.js'

/** The objects and results of a pipeline without a fault. */
export interface Right {
  readonly objects: ReadonlyMap<string, string>
  readonly value: string | undefined
}

/** The verdict on a cell. */
export interface Verdict {
  readonly end: 'stored' | 'refused' | 'unknown' | 'failed'
  /** The error's code. */
  readonly code: string | undefined
  /** Why it failed. */
  readonly problems: readonly string[]
  /** Leftovers by design: orphaned uploads. */
  readonly counted: number
}

/** Whether all objects exist with the right bytes. */
function isWhole(objects: Outcome['objects'], right: Right): boolean {
  return (
    objects.size === right.objects.size &&
    [...right.objects].every(([name, hash]) => objects.get(name) === hash)
  )
}

/** Failures that leave published objects: some of several commits, and growing playlists. */
const PARTIAL = 'AVIO_ERR_COMMIT_PARTIAL'
const UNKNOWN = 'AVIO_ERR_OUTCOME_UNKNOWN'

/** The error for the caller's own actions: Node's for an abort or `destroy()`, and the caller's own error unchanged. */
const CALLERS = new Set(['AbortError', 'ERR_STREAM_PREMATURE_CLOSE', 'OWN'])

/** Judges a cell: it may end in two ways. */
export function judge({ stage, fault, pipeline }: Cell, outcome: Outcome, right: Right): Verdict {
  const { told, objects, uploads, hits, left } = outcome
  if (typeof told === 'string') return { end: 'failed', code: undefined, problems: [told], counted: 0 }
  // A process that a successful program left running is not for the library to end.
  const remains = fault.child === 'grandchild' ? left.filter(what => !what.includes('sleep')) : left
  const problems = [...told.problems, ...remains.map(what => `left behind: ${what}`)]
  // On a busy machine, a short time-out may fire first.
  if (hits === 0 && !(fault.stalls === true && told.errors.length > 0))
    problems.push('the fault never occurred')
  const [error] = told.errors
  const code = error?.code
  const wrong = [...objects].filter(([name, hash]) => right.objects.get(name) !== hash).map(([name]) => name)
  const grows = pipeline === 'event' || pipeline === 'live'
  if (wrong.length > 0 && !(grows && error)) problems.push(`wrong bytes: ${wrong.join(', ')}`)
  const orphans = orphansOf(stage.name, fault.name)
  if (uploads > orphans) problems.push(`left behind: ${uploads} uploads`)
  const isCallers = stage.kind === 'caller' && stage.name !== 'connection'
  // After the commit an abort is too late: the pipeline may report it, but the sinks report what happened to the
  // objects.
  if (error === undefined || (isCallers && told.isStored)) {
    if (!isWhole(objects, right)) problems.push(`success with ${list(objects)}`)
    if (error === undefined && told.value !== right.value) problems.push('it returned another value')
    return { end: problems.length > 0 ? 'failed' : 'stored', code, problems, counted: uploads }
  }
  for (const { code, message, isOurs } of told.errors) {
    // The caller's own code, or a program, has only its own name.
    if (isOurs && stage.kind !== 'read' && stage.kind !== 'write' && stage.name !== 'connection') continue
    if (
      isOurs ? /cell-\d|source-\d|s3:|127\.0\.0\.1|store\.test/.test(message) : isCallers && CALLERS.has(code)
    )
      continue
    problems.push(
      isOurs ? `the error does not name the object: ${code} ${message}` : `not our error: ${code} ${message}`,
    )
  }
  if (!isCallers && told.errors.length > 1)
    problems.push(`several errors: ${told.errors.map(one => `${one.code} ${one.message}`).join(' | ')}`)
  const isPartial = told.errors.some(one => one.code === PARTIAL)
  const isUnknown = told.errors.some(one => one.code === UNKNOWN)
  if (objects.size > 0 && !isPartial && !isUnknown && !grows && !mayStay(stage.name)) {
    problems.push(`failed (${code} ${error.message}), but stored: ${list(objects)}`)
  }
  if (
    fault.recovers === true &&
    !isCallers &&
    stage.strike?.times !== Infinity &&
    stage.strike?.after === undefined
  )
    problems.push(`a retry would have succeeded: ${code} ${error.message}`)
  const end = isUnknown || isPartial ? 'unknown' : 'refused'
  return { end: problems.length > 0 ? 'failed' : end, code, problems, counted: uploads }
}

function list(objects: Outcome['objects']): string {
  return objects.size === 0 ? 'nothing' : [...objects.keys()].join(', ')
}

/** Uploads that stay by design: if the response to CreateMultipartUpload is lost, nobody knows the upload's id. */
function orphansOf(stage: string, fault: string): number {
  if (stage === 'abort' || stage === 'list-parts') return 1
  return stage === 'create' && fault !== 'reset' ? 3 : 0
}

/** Objects that could not be removed stay. */
function mayStay(stage: string): boolean {
  return stage === 'delete'
}
