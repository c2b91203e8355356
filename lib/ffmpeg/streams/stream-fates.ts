import { muxerOf } from '../args/muxers.js'
import type { InputStreamInfo, StreamLeftOut, StreamTarget } from './input-info.js'
import type { MediaStreamInfo } from '../report/media-info.js'
import { type MappedStream, StreamMaps } from './stream-maps.js'
import { type StreamMapping, streamKey } from '../report/stream-mapping.js'

/** The options of an output that decide which streams go into it. */
export interface FateOutput {
  readonly format: string
  /** The user's own arguments. */
  readonly args: readonly string[]
}

/** A stream of an input that the library itself writes as the cover of an output. */
export interface KeptStream {
  readonly output: number
  readonly input: number
  readonly stream: number
}

/** The outcome of each stream of the inputs. */
export class StreamFates {
  readonly #outputs: readonly { readonly format: string; readonly maps: StreamMaps }[]
  readonly #inputs: readonly (readonly MediaStreamInfo[])[]
  readonly #report: StreamMapping
  readonly #covers: readonly KeptStream[]
  /** Kinds with a stream that ffmpeg could choose. */
  readonly #kinds: ReadonlySet<string>

  /**
   * @param outputs - the outputs
   * @param inputs - the streams of each input
   * @param report - ffmpeg's stream mapping
   * @param covers - the streams kept as covers
   */
  constructor(
    outputs: readonly FateOutput[],
    inputs: readonly (readonly MediaStreamInfo[])[],
    report: StreamMapping,
    covers: readonly KeptStream[] = [],
  ) {
    this.#outputs = outputs.map(({ format, args }) => ({ format, maps: new StreamMaps(args) }))
    this.#inputs = inputs
    this.#report = report
    this.#covers = covers
    this.#kinds = new Set(inputs.flat().flatMap(info => (isPlain(info) ? info.type : [])))
  }

  /**
   * The outcome of a stream.
   *
   * @param isLate - ffmpeg found it after it had started: it goes nowhere
   */
  of(input: number, info: MediaStreamInfo, isLate = false): InputStreamInfo {
    const into: StreamTarget[] = []
    const leftOut: { output: number; reason: StreamLeftOut }[] = []
    const siblings = this.#inputs[input]!
    const all = isLate ? [...siblings, info] : siblings
    for (const output of this.#outputs.keys()) {
      const targets = isLate ? [] : this.#targets(output, input, info)
      into.push(...targets)
      const stream = { input, info, siblings: all }
      if (targets.length === 0) leftOut.push({ output, reason: this.#reason(output, stream, isLate) })
    }
    return { ...info, input, into, leftOut }
  }

  #targets(output: number, input: number, { index }: MediaStreamInfo): StreamTarget[] {
    const own = this.#report.mappings.filter(mapping => mapping.output === output)
    const direct = own.filter(mapping => mapping.input === input && mapping.inputStream === index)
    if (direct.length > 0) {
      return direct.map(({ outputStream, isCopy }) => ({
        ...{ output, stream: outputStream },
        by: isCopy ? 'copied' : 'encoded',
      }))
    }
    const isKept = (kept: KeptStream) =>
      kept.output === output && kept.input === input && kept.stream === index
    if (this.#covers.some(isKept)) return [{ output, by: 'copied' }]
    const isFiltered = this.#report.filtered.has(streamKey(input, index))
    return isFiltered && own.some(mapping => mapping.input < 0) ? [{ output, by: 'filtered' }] : []
  }

  #reason(output: number, stream: MappedStream, isLate: boolean): StreamLeftOut {
    const { format, maps } = this.#outputs[output]!
    const { info } = stream
    // A stream in a filter graph goes where the graph's labels are mapped.
    if (this.#report.filtered.has(streamKey(stream.input, info.index))) return 'arguments'
    const isAsked = maps.asksFor(stream)
    if (isAsked === false) return 'arguments'
    if (isAsked === undefined && this.#isForeign(output, info)) return 'format'
    if (isLate) return 'found-late'
    if (info.type === 'data' || info.type === 'attachment') return info.type
    if (info.type === 'unknown' || info.codec === 'unknown') return 'unknown-codec'
    if (info.disposition.includes('attached_pic')) {
      // Without a map ffmpeg takes a cover as the video, if the muxer takes any.
      const isTaken = isAsked === true || muxerOf(format).isMp4 || this.#takes(output, 'video')
      return isTaken ? 'cover' : 'format'
    }
    if (info.type === 'subtitle')
      return muxerOf(format).isMp4 || !this.#takes(output, 'subtitle') ? 'subtitle' : 'not-chosen'
    if (isBehindLook(info)) return 'found-late'
    // Mapped, but left out by us: it has no decoder.
    return isAsked === true ? 'unknown-codec' : 'not-chosen'
  }

  /**
   * Whether the muxer takes no stream of that kind: ffmpeg chose none though there was one to choose. For streams that
   * accompany the video, the video decides.
   */
  #isForeign(output: number, { type }: MediaStreamInfo): boolean {
    const kind = type === 'audio' ? 'audio' : 'video'
    return this.#kinds.has(kind) && !this.#takes(output, kind)
  }

  #takes(output: number, kind: 'audio' | 'video' | 'subtitle'): boolean {
    return this.#report.mappings.some(mapping => {
      const isOwn = mapping.output === output
      return isOwn && (mapping.input < 0 || this.#typeOf(mapping) === kind)
    })
  }

  #typeOf({
    input,
    inputStream,
  }: {
    input: number
    inputStream: number
  }): MediaStreamInfo['type'] | undefined {
    return this.#inputs[input]?.find(({ index }) => index === inputStream)?.type
  }
}

/** Whether ffmpeg knows enough about the stream to choose it. */
function isPlain(info: MediaStreamInfo): boolean {
  return info.codec !== 'unknown' && !info.disposition.includes('attached_pic') && !isBehindLook(info)
}

/** Audio without a rate, video without a size: announced, but without data in the part that ffmpeg probed. */
function isBehindLook({ type, sampleRate, width }: MediaStreamInfo): boolean {
  return (type === 'audio' && sampleRate === undefined) || (type === 'video' && width === undefined)
}
