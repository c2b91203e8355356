import { BoundedSource } from '../../io/sources/bounded-source.js'
import { BytesSource } from '../../io/sources/bytes-source.js'
import type { RandomAccess } from '../../io/random-access.js'
import type { Upstream } from '../../io/pipeline/upstream.js'
import { MiB } from '../../options.js'
import type { OutputSpec } from '../args/build-arguments.js'
import { HeadWalk } from '../input/metadata-walk.js'
import type { SeekReason } from './seek-reason.js'
import { InputHead } from '../input/input-head.js'
import { needsSeek, noRandomAccess } from '../input/input-errors.js'
import { asksForSeek } from '../args/asks-for-seek.js'
import { failureBytes } from './pipe-failures.js'
import type { IsBehind, PipeProof } from './pipe-proof.js'
import { pipeProof } from './piped-containers.js'
import { previewBytes } from '../preview/stream-preview.js'
import { isMp4Demuxer } from '../input/mp4-sniffer.js'

/** How to read an input. */
export type Route =
  | { readonly by: 'pipe' }
  | { readonly by: 'address'; readonly access: RandomAccess; readonly reason: SeekReason }

/** Settings of an {@link InputRoute}. */
export interface RouteSettings {
  readonly format: string | undefined
  readonly args: readonly string[]
  readonly seek: 'auto' | 'always' | 'never'
  /** Bytes held back, at most, to find out whether an MP4 can be read in order. */
  readonly sniffSize: number
}

/** The outputs of an input: they decide how much of its head is needed. */
export type RouteOutputs = readonly Pick<OutputSpec, 'format' | 'args' | 'cover'>[]

/** The most that is read from a source to have all of it, in bytes: it always fits into the cache of one input. */
const MAX_GATHERED = MiB

const PIPE: Route = { by: 'pipe' }

/**
 * Decides how to read one piped input, from its head, which is held back meanwhile: from the pipe, if ffmpeg is known
 * to read the same from it, or if the source can't seek; else by seeking. A small source whose data is already on its
 * way is first read completely, so that nothing of it is fetched twice.
 *
 * Memory: the head, or 1 MiB and one chunk of a small source.
 */
export class InputRoute {
  readonly #settings: RouteSettings
  readonly #upstream: Upstream
  readonly #head: InputHead
  readonly #jump: ReturnType<typeof asksForSeek>
  readonly #walk = new HeadWalk()
  readonly #abort = new AbortController()
  /** A small source is read completely: the route is decided at its end. */
  #gathering: { readonly access: RandomAccess; readonly to: SeekReason | IsBehind } | undefined
  #isTooLong = false
  #looking: Promise<boolean> | undefined
  #proved: { readonly length: number; readonly proof: PipeProof } | undefined

  /** @param isAlone - whether it is the only input */
  constructor(settings: RouteSettings, upstream: Upstream, outputs: RouteOutputs, isAlone: boolean) {
    const { format, args, sniffSize } = settings
    this.#settings = settings
    this.#upstream = upstream
    this.#jump = asksForSeek(args)
    this.#head = new InputHead({
      window: sniffSize,
      sniff: format === undefined || isMp4Demuxer(format),
      wanted: head =>
        Math.max(
          previewBytes(head, outputs, this.#walk, isAlone),
          this.access === undefined ? failureBytes(head, format) : wantedBy(this.#proof(head)),
        ),
    })
  }

  /** The bytes held back. */
  get head(): InputHead {
    return this.#head
  }

  /** The random access of the source, if it has it and may use it. */
  get access(): RandomAccess | undefined {
    if (this.#settings.seek === 'never') return undefined
    return this.#upstream.link?.randomAccess
  }

  /** What a pipe can't deliver, judged by the head: a clause to follow the input's name. */
  get lost(): string | undefined {
    const proof = this.#proof(this.#head.bytes())
    return proof.kind === 'other' ? proof.what : undefined
  }

  /**
   * The route, once the head decides it; `undefined` if more of it is needed.
   *
   * @throws {@link FfmpegError} `AVIO_ERR_INPUT_NEEDS_SEEK` if there is none
   */
  choose(): Route | undefined | Promise<Route> {
    if (this.#gathering) {
      if (this.#head.length <= MAX_GATHERED) return undefined
      this.#gathering = undefined
      this.#isTooLong = true
    }
    const access = this.access
    const reason = this.#reasonToSeek()
    if (reason !== undefined && access !== undefined) return this.#byAddress(access, reason)
    if (this.#settings.seek === 'always') throw noRandomAccess('"input.seek"')
    if (this.#jump?.needsSeek === true) throw noRandomAccess(`"${this.#jump.token}"`)
    if (reason === 'index-last') throw needsSeek(this.#head.mdat!, this.#upstream.sourceName)
    if (!this.#head.isEnough()) return undefined
    return access === undefined ? PIPE : this.#byProof(access)
  }

  /** The route of an input that ended before it was decided. */
  async atEnd(): Promise<Route> {
    if (this.#gathering === undefined) return PIPE
    const { access, to } = this.#gathering
    if (typeof to !== 'function') return { by: 'address', access, reason: to }
    return this.#unlessBehind(access, to, new BytesSource({ bytes: this.#head.bytes() }))
  }

  /** Stops looking for the route; resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#abort.abort()
    await this.#looking?.catch(() => undefined)
  }

  #reasonToSeek(): SeekReason | undefined {
    if (this.#settings.seek === 'always') return 'option'
    if (this.#head.needsSeek) return 'index-last'
    return this.#jump && 'arguments'
  }

  /** By seeking, unless the pipe is known to deliver the same. */
  #byProof(access: RandomAccess): Route | undefined | Promise<Route> {
    const proof = this.#proof(this.#head.bytes())
    if (proof.kind === 'other') return this.#byAddress(access, proof.reason)
    if (proof.kind !== 'unless-behind') return PIPE
    return this.#gathers(access, proof.isBehind)
      ? undefined
      : this.#unlessBehind(access, proof.isBehind, access)
  }

  #byAddress(access: RandomAccess, reason: SeekReason): Route | undefined {
    return this.#gathers(access, reason) ? undefined : { by: 'address', access, reason }
  }

  /** @param bytes - the random access to search */
  async #unlessBehind(access: RandomAccess, isBehind: IsBehind, bytes: RandomAccess): Promise<Route> {
    this.#looking = isBehind(new BoundedSource(bytes), this.#abort.signal)
    const isOther = await this.#looking
    return isOther ? { by: 'address', access, reason: 'behind-media' } : PIPE
  }

  /** Whether the rest of the source is already on its way, and is read first. */
  #gathers(access: RandomAccess, to: SeekReason | IsBehind): boolean {
    if (this.#isTooLong || this.#upstream.link?.isAllRequested !== true) return false
    this.#gathering = { access, to }
    return true
  }

  #proof(head: Buffer): PipeProof {
    if (this.#proved?.length !== head.length) {
      this.#proved = { length: head.length, proof: pipeProof(head, this.#settings.format, this.#walk) }
    }
    return this.#proved.proof
  }
}

function wantedBy(proof: PipeProof): number {
  return proof.kind === 'open' ? proof.wanted : 0
}
