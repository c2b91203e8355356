import type { Writable } from 'node:stream'
import type { RandomAccess } from '../io/random-access.js'
import { Upstream } from '../io/upstream.js'
import type { ChildInput } from './child-input.js'
import type { FfmpegEnough, FfmpegSeek, SeekReason } from './ffmpeg-events.js'
import type { JobInput } from './ffmpeg-job.js'
import { Head } from './head.js'
import { discardLimit, emptyInput, needsSeek, noRandomAccess } from './input-error.js'
import { previewBytes } from './preview.js'
import { interleaveBytes, isFarApart, jumpOf } from './seek-decision.js'
import { isMp4Demuxer } from './sniff.js'

type Callback = (error?: Error | null) => void

/** What a {@link PipedInput} is told about its input. */
export interface PipedInputSettings {
  readonly format: string | undefined
  readonly args: readonly string[]
  readonly formatWhitelist: readonly string[]
  readonly seek: 'auto' | 'always' | 'never'
  /** Bytes that are thrown away, at most, after ffmpeg had enough. */
  readonly discardLimit: number
  /** Bytes that are held back, at most, to see whether the input can be read in order. */
  readonly sniffSize: number
}

/** Who runs ffmpeg for a {@link PipedInput}. */
export interface PipedInputListener {
  /** It is known how the input is to be read. Resolves when ffmpeg was started. */
  onDecided(): Promise<unknown>
  /** ffmpeg will read it by address. */
  onSeek(seek: FfmpegSeek): void
  /** ffmpeg has ended well, before the input did. */
  onEnough(enough: FfmpegEnough): void
  /** The source has ended, and all of it was taken or is not wanted. */
  onComplete(): void
}

/**
 * One input that is written to a stream: its head is held back until it is known how to read it, then it goes to a
 * pipe of the child; or ffmpeg reads it by address, and what is still written is thrown away.
 *
 * The stream hands on what it is written, and passes the callbacks: they hold the source back.
 *
 * Memory: the head, and what is on its way.
 */
export class PipedInput {
  readonly #settings: PipedInputSettings
  readonly #stage: Writable
  readonly #listener: PipedInputListener
  readonly #upstream: Upstream
  readonly #head: Head
  readonly #jump: ReturnType<typeof jumpOf>
  /** What is given to the job, once it is known how the input is to be read. */
  #decided: JobInput | undefined
  #pipe: ChildInput | undefined
  /** The callback of a write that ffmpeg did not take, or of the end: its exit tells what becomes of it. */
  #waiting: (() => void) | undefined
  /** ffmpeg ended well: what is still written is thrown away. */
  #isOver = false
  #isStopped = false
  #isComplete = false
  #discarded = 0

  /**
   * @param stage - the stream that is written to
   * @param name - what it is called, for messages
   * @param outputs - what ffmpeg makes of it: that decides how much of the head is wanted
   */
  constructor(
    stage: Writable,
    name: string,
    settings: PipedInputSettings,
    outputs: readonly { readonly format: string; readonly args: readonly string[] }[],
    listener: PipedInputListener,
  ) {
    const { format, args, sniffSize } = settings
    this.#settings = settings
    this.#stage = stage
    this.#listener = listener
    this.#upstream = new Upstream(stage, name)
    this.#jump = jumpOf(args)
    this.#head = new Head({
      window: sniffSize,
      sniff: format === undefined || isMp4Demuxer(format),
      wanted: head => Math.max(previewBytes(head, outputs), this.#maySeek() ? interleaveBytes(head) : 0),
    })
  }

  /** How the job reads it, as soon as that is known. */
  get decided(): JobInput | undefined {
    return this.#decided
  }

  /** The random access that the source offers. */
  get access(): RandomAccess | undefined {
    return this.#upstream.link?.randomAccess
  }

  /** The media of an MP4 came before its index. */
  get isMediaFirst(): boolean {
    return this.#head.mdat !== undefined
  }

  /** The source has ended, and all of it was taken or is not wanted. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** ffmpeg was started, and reads from this pipe. */
  connect(pipe: ChildInput): void {
    this.#pipe = pipe
  }

  /** Takes what was written. */
  take(chunks: readonly Buffer[], callback: Callback): void {
    if (this.#isOver || this.#isSeeking) {
      this.#discard(chunks, callback)
    } else if (this.#pipe) {
      // An index can also come late, behind media that were few enough at first.
      if (!chunks.every(chunk => this.#head.look(chunk))) callback(needsSeek(this.#head.mdat!))
      else this.#send(this.#pipe, chunks, callback)
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
    // The end counts as written when ffmpeg has ended well, so that whoever waits for 'finish' learns of a failure.
    const end = (pipe: ChildInput) => pipe.end(() => this.#whenOver(done))
    if (this.#isOver || this.#isSeeking) this.#whenOver(done)
    else if (this.#pipe) end(this.#pipe)
    else if (this.#head.length === 0) callback(emptyInput())
    else this.#begin(pipe => this.#send(pipe, [this.#head.release()], () => end(pipe)), callback)
  }

  /** ffmpeg has ended well. */
  over(): void {
    this.#isOver = true
    if (!this.#stage.writableEnded && !this.#isSeeking) {
      this.#isStopped = this.#upstream.stop()
      this.#listener.onEnough({ stopped: this.#isStopped, bytesIn: this.#pipe?.bytes ?? 0 })
    }
    this.#waiting?.()
  }

  /** Lets go of the source. */
  release(): void {
    this.#upstream.release()
  }

  /** ffmpeg reads by address: what is still written is thrown away. */
  get #isSeeking(): boolean {
    return this.#decided?.source !== undefined
  }

  /** How the input is to be read, as soon as the head tells. */
  #decide(callback: Callback): void {
    const access = this.#maySeek() ? this.access : undefined
    const { seek } = this.#settings
    const reason = this.#reasonToSeek()
    if (reason !== undefined && access !== undefined) this.#seek(access, reason, callback)
    else if (seek === 'always') callback(noRandomAccess('"input.seek"'))
    else if (this.#jump?.needsSeek === true) callback(noRandomAccess(`"${this.#jump.token}"`))
    else if (reason === 'index-last') callback(needsSeek(this.#head.mdat!))
    else if (!this.#head.isEnough()) callback()
    else if (access !== undefined && isFarApart(this.#head.bytes())) this.#seek(access, 'far-apart', callback)
    else this.#begin(pipe => this.#send(pipe, [this.#head.release()], callback), callback)
  }

  #reasonToSeek(): SeekReason | undefined {
    if (this.#settings.seek === 'always') return 'option'
    if (this.#head.needsSeek) return 'index-last'
    return this.#jump && 'arguments'
  }

  #maySeek(): boolean {
    return this.#settings.seek !== 'never' && this.access !== undefined
  }

  /** Has ffmpeg read by address. The source is not needed any more, and what came of it is known already. */
  #seek(source: RandomAccess, reason: SeekReason, callback: Callback): void {
    const head = this.#head.release()
    this.#decided = { ...this.#settings, source, head }
    this.#isStopped = this.#upstream.stop()
    this.#listener.onSeek({ reason, bytesSniffed: head.length, stopped: this.#isStopped })
    this.#listener.onDecided().catch((error: unknown) => this.#stage.destroy(error as Error))
    callback()
  }

  /** Has ffmpeg read from its pipe. */
  #begin(send: (pipe: ChildInput) => void, callback: Callback): void {
    this.#decided = { ...this.#settings, source: undefined, head: this.#head.bytes() }
    this.#listener.onDecided().then(() => send(this.#pipe!), callback)
  }

  #send(pipe: ChildInput, chunks: readonly Buffer[], callback: () => void): void {
    pipe.write(chunks, lengthOf(chunks), () => this.#settle(pipe, callback))
  }

  /** ffmpeg has taken a write; or has closed its input, and then only its exit tells whether that was well. */
  #settle(pipe: ChildInput, callback: () => void): void {
    if (pipe.isClosed) this.#whenOver(callback)
    else callback()
  }

  #whenOver(callback: () => void): void {
    if (this.#isOver) callback()
    else this.#waiting = callback
  }

  #discard(chunks: readonly Buffer[], callback: Callback): void {
    const limit = this.#settings.discardLimit
    if (!this.#isStopped) this.#discarded += lengthOf(chunks)
    callback(this.#discarded > limit ? discardLimit(limit) : null)
  }
}

function lengthOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0)
}
