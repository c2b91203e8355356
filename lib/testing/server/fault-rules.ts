import {
  booleanOption,
  functionOption,
  integerOption,
  knownOptions,
  optionError,
  optionsObject,
  stringOption,
} from '../../options.js'
import { OptionError } from '../../errors.js'
import type { S3Call } from './call-log.js'
import type { FaultHandle, FaultRule } from './fault.js'
import { S3_OPERATIONS } from '../wire/operation.js'
import { readPace } from '../wire/pacer.js'
import { firstByteOf } from '../wire/range-header.js'

/** The names of the actions. */
const ACTION_NAMES = [
  'reset',
  'stall',
  'hold',
  'shortBody',
  'status',
  'errorIn200',
  'slow',
  'changed',
  'before',
  'corrupt',
  'answerHeaders',
  'resetRequest',
  'stallRequest',
] as const

/** The name of an action. */
export type ActionName = (typeof ACTION_NAMES)[number]

const MATCH_NAMES = ['operation', 'bucket', 'key', 'partNumber', 'rangeBeyond', 'when', 'nth', 'times']
const BYTE_NAMES = ['reset', 'stall', 'shortBody', 'corrupt', 'resetRequest', 'stallRequest', 'rangeBeyond']
const DETAIL_NAMES = ['performed', 'code', 'message', 'retryAfter']

/** The single action of a rule. */
function actionOf(rule: FaultRule): ActionName {
  const names = ACTION_NAMES.filter(name => name in rule)
  if (names.length === 1) return names[0]!
  throw new OptionError(
    'fault',
    `A fault must have exactly one of ${ACTION_NAMES.join(', ')}; it has ${names.join(' and ') || 'none'}`,
    rule,
  )
}

function check(rule: FaultRule): void {
  optionsObject(rule, 'fault')
  knownOptions(rule, 'fault', [...MATCH_NAMES, ...ACTION_NAMES, ...DETAIL_NAMES])
  const count = { min: 1, max: Number.MAX_SAFE_INTEGER, default: 1 }
  integerOption(rule, 'nth', count)
  integerOption(rule, 'times', { ...count, infinity: true })
  for (const operation of [rule.operation ?? []].flat()) {
    if (!S3_OPERATIONS.includes(operation)) {
      throw optionError('operation', `one of ${S3_OPERATIONS.join(', ')}`, operation)
    }
  }
  const given = rule as unknown as Record<string, unknown>
  for (const name of BYTE_NAMES) {
    if (given[name] === true && (name === 'reset' || name === 'stall')) continue
    integerOption(rule, name, { min: 0, max: Number.MAX_SAFE_INTEGER, default: 0, unit: 'bytes' })
  }
  integerOption(rule, 'status', { min: 200, max: 599, default: undefined })
  integerOption(rule, 'retryAfter', { min: 0, max: Number.MAX_SAFE_INTEGER, default: 0, unit: 'seconds' })
  booleanOption(rule, 'performed', { default: false })
  stringOption(rule, 'errorIn200', { default: undefined })
  functionOption(rule, 'before')
  functionOption(rule, 'when')
  if ('slow' in rule) readPace(rule.slow, 'slow')
}

function fits(rule: FaultRule, call: S3Call): boolean {
  const operations = rule.operation === undefined ? undefined : [rule.operation].flat()
  if (operations && !(call.operation && operations.includes(call.operation))) return false
  if (rule.bucket !== undefined && rule.bucket !== call.bucket) return false
  if (typeof rule.key === 'string' && rule.key !== call.key) return false
  if (rule.key instanceof RegExp && (call.key ?? '').search(rule.key) < 0) return false
  if (rule.partNumber !== undefined && rule.partNumber !== call.partNumber) return false
  if (rule.rangeBeyond !== undefined && (firstByteOf(call.range) ?? -1) < rule.rangeBeyond) return false
  return rule.when?.(call) ?? true
}

/** An active rule: it counts the matching calls, and holds those waiting for release. */
export class ActiveFault implements FaultHandle {
  readonly rule: FaultRule
  /** The name of its action. */
  readonly action: ActionName
  readonly reached: Promise<S3Call>
  /** Resolves when the rule is released. */
  readonly released: Promise<void>
  hits = 0
  #matched = 0
  readonly #remove: (fault: ActiveFault) => void
  #resolveReached!: (call: S3Call) => void
  #rejectReached!: (error: Error) => void
  #resolveReleased!: () => void

  constructor(rule: FaultRule, remove: (fault: ActiveFault) => void) {
    check(rule)
    this.rule = rule
    this.action = actionOf(rule)
    this.#remove = remove
    this.reached = new Promise((resolve, reject) => {
      this.#resolveReached = resolve
      this.#rejectReached = reject
    })
    // Most tests never use it.
    this.reached.catch(() => undefined)
    this.released = new Promise(resolve => {
      this.#resolveReleased = resolve
    })
  }

  /** Counts a call, and returns whether to hit it. */
  counts(call: S3Call): boolean {
    const { rule } = this
    if (!fits(rule, call)) return false
    this.#matched++
    const first = rule.nth ?? 1
    return this.#matched >= first && this.#matched < first + (rule.times ?? 1)
  }

  /** Records that it took effect on a call. */
  hit(call: S3Call): void {
    this.hits++
    this.#resolveReached(call)
  }

  /** No more calls will arrive. */
  close(): void {
    this.#rejectReached(new Error(`The server was closed before the fault "${this.action}" was reached`))
  }

  release(): void {
    this.#resolveReleased()
  }

  remove(): void {
    this.#remove(this)
  }
}

/** All rules, in the order in which they were added. */
export class FaultRules {
  readonly #rules = new Set<ActiveFault>()

  /** Adds a rule. */
  add(rule: FaultRule): ActiveFault {
    const fault = new ActiveFault(rule, removed => this.#rules.delete(removed))
    this.#rules.add(fault)
    return fault
  }

  /** The fault for a call. Every rule counts the call; if several are due, the one added first applies. */
  take(call: S3Call): ActiveFault | undefined {
    return [...this.#rules].filter(fault => fault.counts(call))[0]
  }

  /** Removes all rules. */
  clear(): void {
    this.#rules.clear()
  }

  /** Rejects the pending waits for rules. */
  close(): void {
    for (const fault of this.#rules) fault.close()
  }
}
