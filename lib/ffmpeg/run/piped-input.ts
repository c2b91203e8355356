import type { Writable } from 'node:stream'
import { ContainerWatch, type Shortfall } from '../../containers/container-watch.js'
import { giveBack } from '../../io/memory/loans.js'
import type { RandomAccess } from '../../io/random-access.js'
import { Upstream } from '../../io/pipeline/upstream.js'
import { isLimited } from '../args/reads-to-end.js'
import type { StdinWriter } from '../child/stdin-writer.js'
import type { FfmpegEarlyExit } from './ffmpeg-events.js'
import type { FfmpegSeek } from '../route/seek-reason.js'
import type { RunInput } from './run-spec.js'
import { discardLimit, emptyInput, needsSeek } from '../input/input-errors.js'
import { InputRoute, type Route, type RouteOutputs, type RouteSettings } from '../route/input-route.js'

/**
 * Bytes that ffmpeg reads at least before its first output, unless the input is shorter: its default `-probesize`.
 * https://ffmpeg.org/ffmpeg-formats.html#Format-Options
 */
const PROBED = 5_000_000

type Callback = (error?: Error | null) => void

/** Settings of a {@link PipedInput}. */
export interface PipedInputSettings extends RouteSettings {
  readonly formatWhitelist: readonly string[]
  /** Bytes to discard, at most, after ffmpeg has stopped reading. */
  readonly discardLimit: number
}

/** Callbacks of a {@link PipedInput}. */
export interface PipedInputListener {
  /** It is known how to read the input. Resolves when ffmpeg has started. */
  onDecided(): Promise<unknown>
  /** ffmpeg will read it by seeking. */
  onSeek(seek: FfmpegSeek): void
  /** ffmpeg succeeded before the input ended. */
  onEarlyExit(enough: FfmpegEarlyExit): void
  /** The source has ended, and all of it was taken or is not needed. */
  onComplete(): void
}

/**
 * One input written to a stream: its head is held back until it is known how to read it, then it goes to a pipe of the
 * child; or ffmpeg reads it by seeking, and further writes are discarded.
 *
 * The stream passes on its writes with their callbacks, which apply backpressure to the source.
 *
 * Memory: that of {@link InputRoute}, and the writes in flight.
 */
export class PipedInput {
  readonly #settings: PipedInputSettings
  readonly #stage: Writable
  readonly #listener: PipedInputListener
  readonly #upstream: Upstream
  readonly #route: InputRoute
  readonly #outputs: RouteOutputs
  readonly #watch: ContainerWatch
  #length = 0
  /** The input as passed to the run, once it is decided. */
  #decided: RunInput | undefined
  #pipe: StdinWriter | undefined
  /** Random access for reading it again, even if it has ended. */
  #again: RandomAccess | undefined
  /** The callback of a write that ffmpeg did not take, or of the end: ffmpeg's exit decides its outcome. */
  #waiting: (() => void) | undefined
  /** ffmpeg succeeded: further writes are discarded. */
  #isOver = false
  #isStopped = false
  /** The source has ended, and so has the child's pipe. */
  #isEnded = false
  #isComplete = false
  #discarded = 0
  #bytes = 0

  /**
   * @param stage - the stream that receives the writes
   * @param name - its name, for messages
   * @param outputs - the outputs of ffmpeg; they decide how much of the head is needed
   * @param isAlone - whether it is the only input
   */
  constructor(
    stage: Writable,
    name: string,
    settings: PipedInputSettings,
    outputs: RouteOutputs,
    listener: PipedInputListener,
    isAlone = true,
  ) {
    this.#settings = settings
    this.#stage = stage
    this.#outputs = outputs
    this.#listener = listener
    this.#upstream = new Upstream(stage, name, { givesBack: () => true })
    this.#watch = new ContainerWatch(settings.format)
    this.#route = new InputRoute(settings, this.#upstream, outputs, isAlone)
  }

  /** How the run reads it, once that is known. */
  get decided(): RunInput | undefined {
    return this.#decided
  }

  /** The random access of the source. */
  get access(): RandomAccess | undefined {
    return this.#upstream.link?.randomAccess
  }

  /** Whether the media of an MP4 came before its index. */
  get isMediaFirst(): boolean {
    return this.#head.mdat !== undefined
  }

  /** Whether the source has ended, and ffmpeg's pipe has taken all of it. */
  get isTaken(): boolean {
    return this.#isEnded && this.#pipe?.isClosed === false
  }

  /**
   * The number of bytes the piped data lacks compared with the length its container states; call it once all of it was
   * taken.
   */
  shortfall(): Promise<Shortfall | undefined> {
    return this.#watch.finish()
  }

  /** Whether the source has ended, and all of it was taken or is not needed. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Bytes written to the stream. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether it can be read again from its beginning. */
  get canReadAgain(): boolean {
    return this.#isSeeking || this.#again !== undefined
  }

  /** Makes ffmpeg read it by seeking, from its beginning. */
  readAgain(): void {
    if (this.#isSeeking) return
    this.#decided = { ...this.#settings, source: this.#again, head: Buffer.alloc(0) }
    this.#pipe = undefined
    this.#isStopped = this.#upstream.stop()
    this.#listener.onSeek({ reason: 'late-track', bytesSniffed: 0, stopped: this.#isStopped })
  }

  /** ffmpeg has started, and reads from this pipe. */
  connect(pipe: StdinWriter): void {
    this.#pipe = pipe
  }

  /** Takes a write. */
  take(chunks: readonly Buffer[], callback: Callback): void {
    this.#bytes += lengthOf(chunks)
    if (this.#isOver || this.#isSeeking) {
      this.#discard(chunks, callback)
      return
    }
    for (const chunk of chunks) this.#see(chunk)
    if (this.#pipe) {
      // An index can also come late, behind a small amount of media.
      if (!chunks.every(chunk => this.#head.look(chunk)))
        callback(needsSeek(this.#head.mdat!, this.#upstream.sourceName))
      else this.#sendLent(this.#pipe, chunks, callback)
    } else {
      for (const chunk of chunks) {
        this.#head.look(chunk)
        this.#head.hold(chunk)
      }
      this.#decide(callback)
    }
  }

  /** Takes the end. */
  end(callback: Callback): void {
    const done = () => {
      this.#isComplete = true
      callback()
      this.#listener.onComplete()
    }
    // The end counts as written once ffmpeg has succeeded, so that a listener of 'finish' learns of a failure.
    const end = (pipe: StdinWriter) => {
      this.#isEnded = true
      pipe.end(() => this.#whenOver(done))
    }
    if (this.#isOver || this.#isSeeking) this.#whenOver(done)
    else if (this.#pipe) end(this.#pipe)
    else if (this.#head.length === 0) callback(emptyInput(this.#upstream.sourceName))
    else {
      this.#route.atEnd().then(route => {
        if (route.by === 'address') this.#seek(route, () => this.#whenOver(done))
        else this.#begin(pipe => this.#send(pipe, [this.#head.release()], () => end(pipe)), callback)
      }, callback)
    }
  }

  /** ffmpeg has succeeded. */
  over(): void {
    this.#isOver = true
    if (!this.#stage.writableEnded && !this.#isSeeking) {
      this.#isStopped = this.#upstream.stop()
      this.#listener.onEarlyExit({ stopped: this.#isStopped, bytesIn: this.#pipe?.bytes ?? 0 })
    }
    this.#waiting?.()
  }

  /** Releases the source; resolves when no request to it is left. */
  release(): Promise<void> {
    this.#upstream.release()
    return this.#route.close()
  }

  /** Whether ffmpeg reads by seeking: further writes are discarded. */
  get #isSeeking(): boolean {
    return this.#decided?.source !== undefined
  }

  get #head() {
    return this.#route.head
  }

  /** Decides how to read the input, once the head shows it. */
  #decide(callback: Callback): void {
    let route: ReturnType<InputRoute['choose']>
    try {
      route = this.#route.choose()
    } catch (error) {
      callback(error as Error)
      return
    }
    if (route === undefined) callback()
    else if (route instanceof Promise) route.then(found => this.#go(found, callback), callback)
    else this.#go(route, callback)
  }

  #go(route: Route, callback: Callback): void {
    if (route.by === 'address') this.#seek(route, callback)
    else this.#begin(pipe => this.#send(pipe, [this.#head.release()], callback), callback)
  }

  /** Makes ffmpeg read by seeking. The source stream is no longer needed; its data so far is already known. */
  #seek({ access, reason }: Route & { by: 'address' }, callback: Callback): void {
    const head = this.#head.release()
    this.#decided = { ...this.#settings, source: access, head }
    this.#isStopped = this.#upstream.stop() || this.#stage.writableEnded
    this.#listener.onSeek({ reason, bytesSniffed: head.length, stopped: this.#isStopped })
    this.#listener.onDecided().catch((error: unknown) => this.#stage.destroy(error as Error))
    callback()
  }

  /** Makes ffmpeg read from its pipe. */
  #begin(send: (pipe: StdinWriter) => void, callback: Callback): void {
    this.#again = this.#route.access
    if (!this.#isLimited) this.#upstream.link?.expect?.(PROBED)
    this.#decided = {
      ...this.#settings,
      source: undefined,
      name: this.#upstream.sourceName,
      head: this.#head.bytes(),
      // Of an input that has ended, everything is there; its random access is not.
      mayBeLive: this.access === undefined && !this.#stage.writableEnded,
      lost: this.#route.lost,
    }
    this.#listener.onDecided().then(() => send(this.#pipe!), callback)
  }

  /** Whether ffmpeg may end after any number of bytes. */
  get #isLimited(): boolean {
    const outputs = this.#outputs.map(({ args }) => ({ args, option: 'output.args' }))
    return [{ args: this.#settings.args, option: 'input.args' }, ...outputs].some(({ args, option }) =>
      isLimited(args, option),
    )
  }

  #see(chunk: Buffer): void {
    this.#watch.see(this.#length, chunk)
    this.#length += chunk.length
  }

  #send(pipe: StdinWriter, chunks: readonly Buffer[], callback: () => void): void {
    pipe.write(chunks, lengthOf(chunks), () => this.#settle(pipe, callback))
  }

  /** Sends chunks that nothing else in here keeps, as it does the head. */
  #sendLent(pipe: StdinWriter, chunks: readonly Buffer[], callback: () => void): void {
    this.#send(pipe, chunks, () => {
      if (!pipe.isClosed) chunks.forEach(giveBack)
      callback()
    })
  }

  /** ffmpeg has taken a write; or it has closed its input, and then its exit decides whether that is a success. */
  #settle(pipe: StdinWriter, callback: () => void): void {
    if (pipe.isClosed && !this.#isSeeking) this.#whenOver(callback)
    else callback()
  }

  #whenOver(callback: () => void): void {
    if (this.#isOver) callback()
    else this.#waiting = callback
  }

  #discard(chunks: readonly Buffer[], callback: Callback): void {
    const limit = this.#settings.discardLimit
    if (!this.#isStopped) this.#discarded += lengthOf(chunks)
    chunks.forEach(giveBack)
    callback(this.#discarded > limit ? discardLimit(limit) : null)
  }
}

function lengthOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0)
}
