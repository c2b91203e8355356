import { MAX_TIMEOUT, integerOption, knownOptions, optionError, optionsObject } from '../../options.js'
import { type Activity, activityOf } from './activity.js'
import { type Bottleneck, bottleneckOf } from './bottleneck.js'
import { processTime } from './process-time.js'
import { ReadableEnd, type StageEnd, WritableEnd } from './stage-ends.js'
import { type MonitoredStage, type StageStreams, streamsOf } from './stage-streams.js'
import { type StageState, StageTimes } from './stage-times.js'

/** Options of {@link monitor}. */
export interface MonitorOptions {
  /** A name for each stage, for reports. @defaultValue `ffmpeg` for the stages that run it, else the class */
  names?: readonly string[] | undefined
  /** Milliseconds between the reports of an iteration: 10 to 2,147,483,647. @defaultValue 1,000 */
  interval?: number | undefined
  /**
   * The time that {@link MonitorSnapshot.bottleneck} looks back on, in milliseconds: 100 to 2,147,483,647. Of a
   * pipeline that is over, it is the whole run. @defaultValue 10,000
   */
  window?: number | undefined
}

/** What a stage has done so far. */
export interface StageSnapshot {
  /** Its name. */
  readonly name: string
  /** What it does at the moment. */
  readonly state: StageState
  /** Bytes taken from the stage before, or from a source of its own; absent for a stream that is only read. */
  readonly bytesIn?: number
  /** Bytes made for the stage after; absent for a stream that is only written. */
  readonly bytesOut?: number
  /**
   * Bytes in memory at the moment: in the buffers of its streams, and with the stages of this library those that are
   * read ahead, and the parts of an upload under way. Caches are not counted, nor a stream of objects.
   */
  readonly bytesHeld: number
  /** Milliseconds in which it had something to do, and nothing kept it from it. */
  readonly busyTime: number
  /** Milliseconds in which it waited for the stage before it. */
  readonly idleTime: number
  /** Milliseconds in which it waited for the stage after it. */
  readonly backpressuredTime: number
  /** The process that does its work, once it has started. */
  readonly process?: ProcessSnapshot
}

/** The process of a stage. */
export interface ProcessSnapshot {
  /** Its id. */
  readonly pid: number
  /**
   * Milliseconds of CPU time that it has used, on all cores, by `/proc` of Linux; absent elsewhere. Of a process that
   * is gone, as read last.
   */
  readonly cpuTime?: number
}

/** What a pipeline has done so far: plain data, which `JSON.stringify` takes. */
export interface MonitorSnapshot {
  /** Milliseconds since {@link monitor} was called, until now or the end of the last stage. */
  readonly elapsed: number
  /** Whether every stage has ended or closed. */
  readonly ended: boolean
  /** In the order in which they were given. */
  readonly stages: readonly StageSnapshot[]
  /** The stage that the others wait for; absent while that is not clear. */
  readonly bottleneck?: Bottleneck
}

/**
 * Measures the stages of a pipeline from outside: see {@link monitor}.
 *
 * Iterating gives a {@link MonitorSnapshot} every `interval`, and a last one when all stages have ended. Its timer
 * does not keep the process alive.
 */
export interface Monitor extends AsyncIterable<MonitorSnapshot> {
  /** The figures of this moment. After the end, those of the end. */
  snapshot(): MonitorSnapshot
  /** The stage that the others wait for, in words: `ffmpeg (96 % busy)`; `undefined` while that is not clear. */
  readonly bottleneck: string | undefined
  /** Stops measuring, and removes everything it added. Happens by itself when all stages have ended or closed. */
  stop(): void
}

/**
 * Measures how long each stage of a pipeline works, waits for the stage before it, and waits for the stage after it,
 * and says which stage holds the others back.
 *
 * - The times are exact: they are taken when Node hands bytes to a stage and when the stage is done with them, not
 *   sampled. So streams of Node and of others are measured as well as those of this library.
 * - It changes nothing about the flow: it adds no listener for `'data'` or `'readable'`, and keeps no bytes.
 * - Without it, nothing is measured. With it, each chunk costs a few readings of a clock; only an iteration has a
 *   timer.
 * - It stops when all stages have ended or closed, and then leaves neither listeners nor wrappers behind. It never
 *   keeps the process alive.
 *
 * Call it before data flows. The order of the stages is that of the report; a stage is measured by its own streams,
 * so the branches of a tee may follow each other.
 *
 * @example
 * ```ts
 * const stages = [source, ffmpeg, sink]
 * const watch = monitor(stages, { names: ['source', 'ffmpeg', 'sink'] })
 * await pipeline(stages)
 * console.log(watch.bottleneck) // ffmpeg (96 % busy)
 * ```
 * @throws {@link OptionError} for an option that breaks its rule
 */
export function monitor(stages: readonly MonitoredStage[], options: MonitorOptions = {}): Monitor {
  return new StageMonitor(stages, options)
}

/** A stage, its ends, and its times. */
interface Watched {
  readonly name: string
  readonly activity: Activity
  readonly inputs: readonly StageEnd[]
  readonly outputs: readonly StageEnd[]
  readonly times: StageTimes
  readonly forget: (() => void) | undefined
  process: ProcessSnapshot | undefined
}

/** The busy times of all stages at one moment. */
interface Mark {
  readonly at: number
  readonly busy: readonly number[]
}

/** See {@link monitor}. */
export class StageMonitor implements Monitor {
  readonly #interval: number
  readonly #window: number
  readonly #stages: readonly Watched[]
  readonly #now: () => number
  readonly #start: number
  /** Oldest first: one at or before the beginning of the window, and those within. */
  readonly #marks: Mark[]
  readonly #waiting = new Set<() => void>()
  #stoppedAt: number | undefined

  /** @param now - the clock, in milliseconds */
  constructor(stages: readonly MonitoredStage[], options: MonitorOptions, now = () => performance.now()) {
    knownOptions(optionsObject(options, 'monitor'), 'monitor', ['names', 'interval', 'window'])
    this.#interval = integerOption(options, 'interval', {
      ...{ min: 10, max: MAX_TIMEOUT, default: 1000, unit: 'milliseconds' },
    })
    this.#window = integerOption(options, 'window', {
      ...{ min: 100, max: MAX_TIMEOUT, default: 10_000, unit: 'milliseconds' },
    })
    this.#now = now
    const streams = streamsOf(stages)
    const names = namesOf(options, stages)
    this.#start = now()
    this.#stages = streams.map((one, n) => this.#watch(one, names[n]!, activityOf(stages[n]!)))
    this.#marks = [{ at: this.#start, busy: this.#stages.map(() => 0) }]
    this.#stopWhenEnded()
  }

  get bottleneck(): string | undefined {
    return this.snapshot().bottleneck?.text
  }

  snapshot(): MonitorSnapshot {
    const now = this.#stoppedAt ?? this.#now()
    if (this.#stoppedAt === undefined) {
      for (const { times } of this.#stages) {
        times.changed()
        times.count(now)
      }
    }
    const bottleneck = this.#bottleneck(now)
    return {
      elapsed: Math.round(now - this.#start),
      ended: this.#hasEnded,
      stages: this.#stages.map(snapshotOf),
      ...(bottleneck && { bottleneck }),
    }
  }

  stop(): void {
    if (this.#stoppedAt !== undefined) return
    const now = this.#now()
    for (const { inputs, outputs, times, forget } of this.#stages) {
      times.count(now)
      forget?.()
      for (const end of [...inputs, ...outputs]) end.release()
    }
    this.#stoppedAt = now
    for (const wake of this.#waiting) wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<MonitorSnapshot, void, undefined> {
    let isLast
    do {
      await this.#pause()
      isLast = this.#stoppedAt !== undefined
      yield this.snapshot()
    } while (!isLast)
  }

  get #hasEnded(): boolean {
    return this.#stages.every(({ times }) => times.state === 'ended')
  }

  #watch({ writable, readable }: StageStreams, name: string, activity: Activity): Watched {
    const changed = () => {
      if (this.#stoppedAt !== undefined) return
      times.changed()
      if (times.state === 'ended') this.#stopWhenEnded()
    }
    const inputs = writable.map(stream => new WritableEnd(stream, changed))
    const outputs = readable.map(stream => new ReadableEnd(stream, changed))
    const times = new StageTimes({ inputs, outputs }, activity.reads, this.#now)
    const forget = activity.reads?.watch(changed)
    return { name, activity, inputs, outputs, times, forget, process: undefined }
  }

  #stopWhenEnded(): void {
    if (this.#hasEnded) this.stop()
  }

  /** Resolves after the interval, or when the monitor stops. */
  #pause(): Promise<void> {
    if (this.#stoppedAt !== undefined) return Promise.resolve()
    return new Promise(resolve => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, this.#interval).unref()
      this.#waiting.add(wake)
    })
  }

  #bottleneck(now: number): Bottleneck | undefined {
    const busy = this.#stages.map(({ times }) => times.spent.busy)
    const isOver = this.#stoppedAt !== undefined
    const marks = this.#marks
    while (marks.length > 1 && !isOver && marks[1]!.at <= now - this.#window) marks.shift()
    const since = isOver ? { at: this.#start, busy: [] } : marks[0]!
    const span = now - since.at
    if (!isOver && now - marks.at(-1)!.at >= this.#window / MARKS) marks.push({ at: now, busy })
    if (span <= 0) return undefined
    const share = (n: number) => (busy[n]! - (since.busy[n] ?? 0)) / span
    return bottleneckOf(this.#stages.map(({ name }, n) => ({ name, busy: share(n) })))
  }
}

/** The most marks within a window, however often a snapshot is taken. */
const MARKS = 20

function snapshotOf(stage: Watched): StageSnapshot {
  const { name, activity, inputs, outputs, times } = stage
  const { busy, idle, backpressured } = times.spent
  const { bytesRead } = activity
  const { pid } = activity
  if (pid !== undefined) stage.process = { pid, ...cpuTimeOf(pid, stage.process) }
  return {
    name,
    state: times.state,
    ...((inputs.length > 0 || bytesRead !== undefined) && {
      bytesIn: sum(inputs, ({ bytes }) => bytes) + (bytesRead ?? 0),
    }),
    ...(outputs.length > 0 && { bytesOut: sum(outputs, ({ bytes }) => bytes) }),
    bytesHeld: sum([...inputs, ...outputs], ({ buffered }) => buffered) + (activity.bytesHeld ?? 0),
    busyTime: Math.round(busy),
    idleTime: Math.round(idle),
    backpressuredTime: Math.round(backpressured),
    ...(stage.process && { process: stage.process }),
  }
}

function cpuTimeOf(pid: number, before: ProcessSnapshot | undefined): { cpuTime?: number } {
  const cpuTime = processTime(pid) ?? (before?.pid === pid ? before.cpuTime : undefined)
  return cpuTime === undefined ? {} : { cpuTime }
}

function sum(ends: readonly StageEnd[], of: (end: StageEnd) => number): number {
  return ends.reduce((total, end) => total + of(end), 0)
}

function namesOf(options: MonitorOptions, stages: readonly MonitoredStage[]): readonly string[] {
  const { names } = options as { names?: unknown }
  if (names === undefined) {
    return stages.map(stage => activityOf(stage).name ?? stage.constructor.name)
  }
  const isRight = (name: unknown) => typeof name === 'string' && name !== ''
  if (!Array.isArray(names) || names.length !== stages.length || !names.every(isRight))
    throw optionError('names', `an array of ${stages.length} non-empty strings, one for each stage`, names)
  return [...(names as string[])]
}
