import type { InputNote } from './input-info.js'
import type { FfmpegLogEntry } from '../log/log.js'
import type { StreamMapping } from '../report/stream-mapping.js'

/**
 * Losses in an input that do not fail the job. ffmpeg reports these during its run:
 *
 *     [mov,mp4,m4a,3gp,3g2,mj2 @ 0x1] [warning] Found duplicated MOOV Atom. Skipped it       (9.0: [in#0 @ …])
 *     [mp4 @ 0x1] [warning] Non-monotonous DTS in output stream 0:1; previous: 5, current: 3; changing to 6. …
 *     [vost#0:1/copy @ 0x1] [warning] Non-monotonic DTS; previous: 5, current: 3; changing to 6. …      (6 and later)
 */

/** This many packets with times going backwards are more than one bad cut. */
const MANY = 50

const SECOND_INDEX = /^Found duplicated MOOV Atom\b/i
const WENT_BACK = /^Non-monoton(?:ous|ic) DTS\b(?: in output stream (\d+):(\d+))?/

/** Reads the notes from the log, and takes those found without it. */
export class InputNotes {
  readonly #notes: readonly InputNote[][]
  readonly #wentBack: number[]
  /** Number of input headers seen: a message before the next header is about the next input. */
  #opened = 0

  constructor(inputs: number) {
    this.#notes = Array.from({ length: inputs }, () => [])
    this.#wentBack = this.#notes.map(() => 0)
  }

  /** Notes about an input so far. */
  of(input: number): readonly InputNote[] {
    return [...this.#notes[input]!]
  }

  /** Notes about all inputs so far. */
  all(): readonly InputNote[] {
    return this.#notes.flat()
  }

  /** Takes a note from before ffmpeg started. */
  add(input: number, note: InputNote): void {
    this.#note(input, note)
  }

  /**
   * Takes the next entry of the log.
   *
   * @param report - maps the streams of the outputs to those of the inputs
   * @returns the input with a new note
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
          'The input has a second index (moov) behind its media, as after joining two files byte by byte: ' +
          'its media are not read.',
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
      message:
        `The times of at least ${MANY} packets go backwards, and ffmpeg replaced them: audio and video may drift ` +
        'apart.',
    })
  }

  #note(input: number, note: InputNote): number | undefined {
    // After the last header the message is about one of the inputs being read; not every version says which.
    const at = Math.min(input, this.#notes.length - 1)
    const notes = this.#notes[at]!
    if (notes.some(({ kind }) => kind === note.kind)) return undefined
    notes.push(note)
    return at
  }
}
