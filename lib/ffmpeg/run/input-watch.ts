import { FfmpegError } from '../../errors.js'
import { InputDump } from '../report/input-dump.js'
import { InputNotes } from '../streams/input-notes.js'
import type {
  FfmpegInput,
  InputNote,
  InputStreamInfo,
  MissingStream,
  OnMissing,
  StreamLeftOut,
} from '../streams/input-info.js'
import type { FfmpegLogEntry } from '../log/log.js'
import type { MediaStreamType } from '../report/media-info.js'
import { type FateOutput, type KeptStream, StreamFates } from '../streams/stream-fates.js'
import { StreamMapping, streamKey } from '../report/stream-mapping.js'

/**
 * What ffmpeg logs about its inputs before and during its run:
 *
 *     Input #0, mpegts, from 'pipe:0':                                      (the dump, see input-dump.ts)
 *     Stream mapping:                                                       (see stream-mapping.ts)
 *     5.1              [mpegts @ 0x1] [warning] New audio stream 0:1 at pos:2905728 and DTS:13.3768s
 *     6 and later      [in#0/mpegts @ 0x1] [warning] New audio stream with index 1 at pos:2905728 and DTS:13.376778s
 */

/** The options of an output that decide which streams are missing from it. */
export interface WatchedOutput extends FateOutput {
  readonly onMissing?: OnMissing | undefined
}

/** Callbacks of an {@link InputWatch}. */
export interface InputWatchListener {
  /** Called with the streams found in an input, and again when more are found. */
  onInput(input: FfmpegInput): void
  /** Called when an output lacks something and that is an error. */
  onError(error: Error): void
}

const LATE = /^New (\w+) stream (?:with index |(\d+):)(\d+) at pos:/
const TYPES: ReadonlySet<string> = new Set(['video', 'audio', 'subtitle', 'data', 'attachment'])
/** More than any real source has; a list that is reported again with each new stream must not grow without limit. */
const MAX_LATE = 200

/** Reads the log of a run, reports the streams of its inputs, and judges what the outputs lack. */
export class InputWatch {
  readonly #names: readonly (string | undefined)[]
  readonly #outputs: readonly WatchedOutput[]
  readonly #listener: InputWatchListener
  readonly #report = new StreamMapping()
  readonly #dumps: readonly InputDump[]
  /** The outcome of the streams of each input; empty before ffmpeg reports them. */
  readonly #streams: InputStreamInfo[][]
  readonly #late: number[]
  readonly #notes: InputNotes
  readonly #covers: KeptStream[] = []
  #fates: StreamFates | undefined

  /** @param names - the name of each input in errors; `undefined` for an input without a name */
  constructor(
    names: readonly (string | undefined)[],
    outputs: readonly WatchedOutput[],
    listener: InputWatchListener,
  ) {
    this.#names = names
    this.#outputs = outputs
    this.#listener = listener
    this.#dumps = names.map((_, n) => new InputDump(n))
    this.#streams = names.map(() => [])
    this.#late = names.map(() => 0)
    this.#notes = new InputNotes(names.length)
  }

  /** The streams of all inputs; empty before ffmpeg reports where they go. */
  get streams(): readonly InputStreamInfo[] {
    return this.#streams.flat()
  }

  /** The duration of each input in seconds, if ffmpeg knows it. */
  get durations(): readonly (number | undefined)[] {
    return this.#dumps.map(({ info }) => info?.format.duration)
  }

  /** Whether the streams of the inputs have been reported. */
  get hasBegun(): boolean {
    return this.#fates !== undefined
  }

  /** Whether a missing stream may be an error. */
  get judges(): boolean {
    return this.#outputs.some(({ onMissing }) => onMissing !== undefined && onMissing !== 'tell')
  }

  /** Records that the library itself writes a stream as the cover of an output. Call it before ffmpeg starts. */
  keepsCover(output: number, input: number, stream: number): void {
    this.#covers.push({ output, input, stream })
  }

  /** Takes a note about an input from before ffmpeg started. It is reported with the streams. */
  note(input: number, note: InputNote): void {
    this.#notes.add(input, note)
  }

  /** Takes the next entry of the log. */
  see(entry: FfmpegLogEntry): void {
    if (this.#fates === undefined) {
      for (const dump of this.#dumps) dump.push(entry)
      this.#report.push(entry)
    } else this.#seeLate(entry, this.#fates)
    const noted = this.#notes.see(entry, this.#report)
    if (this.#fates !== undefined) {
      if (noted !== undefined) this.#tell(noted, [])
    } else if (this.#report.isComplete) this.#begin()
  }

  /** ffmpeg has started working, so it has reported where the streams go. */
  isWorking(): void {
    if (this.#fates !== undefined) return
    this.#report.close()
    if (this.#report.isComplete) this.#begin()
  }

  /** The reason why it is unknown whether an output is complete; call it at the end. */
  doubt(): Error | undefined {
    if (!this.judges || this.hasBegun) return undefined
    return new FfmpegError(
      'AVIO_ERR_STREAM_MISSING',
      "ffmpeg did not report the streams of its input, so a missing stream can't be detected. A wrapper script " +
        'must pass on the stderr of ffmpeg; or set "onMissing" to "tell".',
    )
  }

  #begin(): void {
    const found = this.#dumps.map(dump => dump.info?.streams ?? [])
    const fates = (this.#fates = new StreamFates(this.#outputs, found, this.#report, this.#covers))
    for (const [input, streams] of found.entries()) {
      this.#streams[input]!.push(...streams.map(stream => fates.of(input, stream)))
    }
    for (const input of found.keys()) this.#announce(input)
    this.#judge(this.streams, this.#notes.all())
  }

  #seeLate({ level, message, scope, continued }: FfmpegLogEntry, fates: StreamFates): void {
    if (level !== 'warning' || continued) return
    const [, type, file, index] = LATE.exec(message) ?? []
    if (type === undefined) return
    const [, named] = /^in#(\d+)$/.exec(scope ?? '') ?? []
    const input = Number(file ?? named ?? 0)
    const streams = this.#streams[input]
    if (streams === undefined || ++this.#late[input]! > MAX_LATE) return
    const info = {
      index: Number(index),
      type: TYPES.has(type) ? (type as MediaStreamType) : ('unknown' as const),
      ...{ codec: 'unknown', disposition: [], tags: {} },
    }
    const stream = fates.of(input, info, true)
    streams.push(stream)
    this.#tell(input, [stream])
  }

  #tell(input: number, streams: readonly InputStreamInfo[]): void {
    this.#announce(input)
    this.#judge(streams, this.#notes.of(input))
  }

  #announce(input: number): void {
    const { format, chapters } = this.#dumps[input]!.info ?? { format: { names: [], tags: {} }, chapters: [] }
    const name = this.#names[input]
    this.#listener.onInput({
      ...{ input, format, chapters, streams: [...this.#streams[input]!], notes: this.#notes.of(input) },
      ...(name !== undefined && { name }),
    })
  }

  #judge(streams: readonly InputStreamInfo[], notes: readonly InputNote[]): void {
    const missing = streams.flatMap(stream =>
      stream.leftOut
        .filter(({ reason }) => reason !== 'arguments' && reason !== 'format')
        .map(({ output, reason }): MissingStream => ({ ...stream, output, reason })),
    )
    try {
      const errors = missing.filter(stream => this.#isError(stream))
      if (errors.length > 0) this.#listener.onError(this.#missing(errors))
      else if (notes.length > 0 && this.#outputs.some(({ onMissing }) => onMissing === 'error')) {
        this.#listener.onError(
          new FfmpegError(
            'AVIO_ERR_STREAM_MISSING',
            `${notes[0]!.message} To store the rest of it, set "onMissing" of the output to "tell".`,
          ),
        )
      }
    } catch (error) {
      // Thrown by a user's function.
      this.#listener.onError(error as Error)
    }
  }

  #isError(stream: MissingStream): boolean {
    const { onMissing = 'tell' } = this.#outputs[stream.output]!
    return typeof onMissing === 'function' ? onMissing(stream) : onMissing === 'error'
  }

  #missing(streams: readonly MissingStream[]): FfmpegError {
    const [first] = streams as [MissingStream]
    const to = this.#outputs.length > 1 ? `outputs[${first.output}]` : 'the output'
    const own = streams.filter(({ output }) => output === first.output)
    const what = own.slice(0, SHOWN).map(({ input, index, type, codec, reason }) => {
      const kind = codec === 'unknown' || codec === type ? type : `${type}, ${codec}`
      return `${streamKey(input, index)} (${kind}) ${WHY[reason]}`
    })
    const name = this.#names[first.input]
    const of = name === undefined ? '' : ` of ${name}`
    const more = own.length > SHOWN ? `; ${own.length - SHOWN} more` : ''
    const [subject, verb] = own.length === 1 ? ['Stream', 'is'] : ['Streams', 'are']
    return new FfmpegError(
      'AVIO_ERR_STREAM_MISSING',
      `${subject}${of} ${verb} missing from ${to}: ${what.join('; ')}${more}. ${GO_ON}`,
    )
  }
}

/** Number of streams named in a message. */
const SHOWN = 5

const GO_ON =
  'To continue without it, exclude it in the arguments of the output (-map, -vn, -an, -sn, -dn), or set "onMissing" ' +
  'to "tell".'

const WHY: Readonly<Record<StreamLeftOut, string>> = {
  arguments: 'is excluded by the arguments',
  format: 'is not supported by the format',
  cover: 'is cover art, which this output leaves out ("cover" keeps it in mp4 and ipod)',
  subtitle: 'contains subtitles, which this output leaves out',
  data: 'contains data, which this output leaves out',
  attachment: 'is an attachment, which this output leaves out',
  'unknown-codec': 'has a codec unknown to ffmpeg',
  'found-late':
    'begins after the part ffmpeg probes: raise -probesize and -analyzeduration in the arguments of the input',
  'not-chosen': 'was not selected by ffmpeg, which takes one stream of each type: map it (-map 0)',
}
