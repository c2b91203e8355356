import type { FfmpegLogEntry, FfmpegLogLevel } from '../log/log.js'
import type { Pattern, Symptom } from './symptom-pattern.js'
import { SYMPTOMS } from './symptoms.js'

const SEVERE: ReadonlySet<FfmpegLogLevel> = new Set(['panic', 'fatal', 'error'])

/** A known message found in a log. */
export interface Finding extends Symptom {
  /** The log entry. */
  readonly entry: FfmpegLogEntry
  /** The run failed even if ffmpeg exits with 0. */
  readonly evenAtExit0: boolean
}

/** Messages that follow from an earlier failure. */
const GENERIC: readonly RegExp[] = [
  /^Error (?:while opening encoder|sending frames to consumers|opening (?:input|output)|selecting an encoder)\b/,
  /^Error (?:initializing output stream|(?:re)?initializing (?:complex )?filters?|initializing the muxer)\b/,
  /^Error (?:applying (?:encoder options|options to the filter)|binding filtergraph|splitting the argument list)\b/,
  /^Error (?:parsing (?:options for|a filter (?:description|chain))|writing trailer)\b/,
  /^Error (?:while processing the decoded data|processing|muxing|: )/,
  /^Failed to (?:configure (?:in|out)put pad|inject frame into filter network|set option$)/,
  /^(?:Task finished|Terminating thread|Nothing was written into output file|Conversion failed)\b/,
  /^Could not (?:open encoder before EOF|write header)\b/,
  /^(?:pipe:\d+|http:\S+): /,
  /^[A-Z][\w ]+ argument$/,
]

/** Messages of decoders that skip damaged media and go on. */
const PASSING = /^(?:Error while decoding stream|Decoding error|Error submitting packet to decoder)\b/

/** On 5.1 the cause may follow these words. */
const PREFIX = /^Error initializing output stream \d+:\d+ -- (?=\S)(?!Error )/

/** Searches a whole log for known messages and for causes: the tail in an error may no longer have them. */
export class Diagnosis {
  #rank = Infinity
  #finding: Finding | undefined
  #lastError: FfmpegLogEntry | undefined
  /** The first of one component's messages that are not generic. */
  #cause: FfmpegLogEntry | undefined
  /** ffmpeg gave up because of the cause. */
  #isSettled = false

  /** Looks at the next entry. */
  see(entry: FfmpegLogEntry): void {
    const severe = SEVERE.has(entry.level)
    if (entry.continued || entry.message === '' || (!severe && entry.level !== 'warning')) return
    if (severe) this.#seeCause({ ...entry, message: entry.message.replace(PREFIX, '') })
    const rank = SYMPTOMS.findIndex(pattern => matches(pattern, entry, severe))
    const [, map] = /^Failed to set value '(.*)' for option 'map'/.exec(entry.message) ?? []
    if (map !== undefined) this.#nameMap(map)
    if (rank === -1 || rank >= this.#rank) return
    const { code, remedy, evenAtExit0 = false, isVague, retryable } = SYMPTOMS[rank]!
    this.#rank = rank
    const marks = { ...(isVague && { isVague }), ...(retryable && { retryable }) }
    this.#finding = { code, remedy, evenAtExit0, entry, ...marks }
  }

  /** The most specific known message, if any. */
  get finding(): Finding | undefined {
    return this.#finding
  }

  /** The first message that names a cause, if any: none of ffmpeg's closing messages. */
  get cause(): FfmpegLogEntry | undefined {
    return this.#cause
  }

  /** The last message at level error or above. */
  get lastError(): string | undefined {
    return this.#lastError?.message
  }

  /**
   * The line before the first generic message belongs to the failure, and is the last of several by the same component;
   * the first of these says most. Earlier lines may come from decoders, which go on.
   */
  #seeCause(entry: FfmpegLogEntry): void {
    this.#lastError = entry
    if (this.#isSettled || PASSING.test(entry.message)) return
    if (GENERIC.some(generic => generic.test(entry.message))) this.#isSettled = this.#cause !== undefined
    else if (this.#cause === undefined || this.#cause.component !== entry.component) this.#cause = entry
  }

  /** Since version 7 the message itself leaves the map empty. */
  #nameMap(map: string): void {
    const message = this.#finding?.entry.message
    if (message === undefined || !message.startsWith("Stream map ''")) return
    const entry = { ...this.#finding!.entry, message: message.replace("''", `'${map}'`) }
    this.#finding = { ...this.#finding!, entry }
  }
}

function matches(pattern: Pattern, entry: FfmpegLogEntry, severe: boolean): boolean {
  if (!severe && pattern.level !== 'warning') return false
  if (pattern.component && !pattern.component.test(entry.component ?? '')) return false
  return pattern.messages.some(message => message.test(entry.message))
}
