import type { InputNote } from './input-info.js'
import type { FfmpegLogEntry } from '../log/log.js'
import type { StreamMapping } from '../report/stream-mapping.js'

/**
 * What is noticed of an input that does not fail for it, though something of it is lost. By ffmpeg, on its way:
 *
 *     [mov,mp4,m4a,3gp,3g2,mj2 @ 0x1] [warning] Found duplicated MOOV Atom. Skipped it       (9.0: [in#0 @ …])
 *     [mp4 @ 0x1] [warning] Non-monotonous DTS in output stream 0:1; previous: 5, current: 3; changing to 6. …
 *     [vost#0:1/copy @ 0x1] [warning] Non-monotonic DTS; previous: 5, current: 3; changing to 6. …      (6 and later)
 */

/** So many packets whose time went back are no accident at a cut. */
const MANY = 50

const SECOND_INDEX = /^Found duplicated MOOV Atom\b/i
const WENT_BACK = /^Non-monoton(?:ous|ic) DTS\b(?: in output stream (\d+):(\d+))?/

/** Reads them from the log, and takes what is known without it. */
export class InputNotes {
  readonly #notes: readonly InputNote[][]
  readonly #wentBack: number[]
  /** Headers of inputs that were seen: a message before the next one is about the next one. */
  #opened = 0

  constructor(inputs: number) {
    this.#notes = Array.from({ length: inputs }, () => [])
    this.#wentBack = this.#notes.map(() => 0)
  }

  /** What was noticed of an input so far. */
  of(input: number): readonly InputNote[] {
    return [...this.#notes[input]!]
  }

  /** What was noticed of all inputs so far. */
  all(): readonly InputNote[] {
    return this.#notes.flat()
  }

  /** Takes what was noticed before ffmpeg was started. */
  add(input: number, note: InputNote): void {
    this.#note(input, note)
  }

  /**
   * Takes the next entry of the log.
   *
   * @param report - which stream of an output comes from which input
   * @returns the input of which there is something new to tell
   */
  see({ level, message, scope = '', continued }: FfmpegLogEntry, report: StreamMapping): number | undefined {
    if (continued) return undefined
    if (level === 'info' && /^Input #\d+, /.test(message)) this.#opened++
    if (level !== 'warning') return undefined
    if (SECOND_INDEX.test(message)) {
      const [, named] = /^in#(\d+)$/.exec(scope) ?? []
      return this.#note(named === undefined ? this.#opened : Number(named), {
        kind: 'second-index',
        message:
          'The input has a second index (moov) behind its media, as two files have that were joined byte by byte: what ' +
          'belongs to it is not read.',
      })
    }
    const match = WENT_BACK.exec(message)
    if (match === null) return undefined
    const [, output = '0', stream = '0'] =
      match[1] === undefined ? (/^[avsd]?ost#(\d+):(\d+)/.exec(scope) ?? []) : match
    const mapping = report.mappings.find(
      one => one.output === Number(output) && one.outputStream === Number(stream),
    )
    const input = Math.max(0, mapping?.input ?? 0)
    if (++this.#wentBack[input]! !== MANY) return undefined
    return this.#note(input, {
      kind: 'times-changed',
      message: `The times of ${MANY} packets and more go back, and ffmpeg put others in their place: sound and picture may part.`,
    })
  }

  #note(input: number, note: InputNote): number | undefined {
    // Behind the last header it is about one of those that are read; which, not every version tells.
    const at = Math.min(input, this.#notes.length - 1)
    const notes = this.#notes[at]!
    if (notes.some(({ kind }) => kind === note.kind)) return undefined
    notes.push(note)
    return at
  }
}
