import { createHash } from 'node:crypto'
import type { Writable } from 'node:stream'
import { S3Error } from '../../errors.js'
import { packagerSettings } from '../../hls/packager-options.js'
import { RenditionOutput } from '../../hls/rendition/rendition-output.js'
import { RenditionWritable } from '../../hls/rendition/rendition-writable.js'
import type { Cut, CutInit } from '../../hls/segments/fmp4-cutter.js'
import type { SegmentSpan } from '../../hls/segments/segmenter.js'
import { StoredObjects } from '../../hls/storage/stored-objects.js'
import { formatS3Uri } from '../../s3/request/s3-location.js'
import { packageStorage } from './package-storage.js'
import type { PieceMedia, PieceRendition } from './piece-result.js'
import type { PieceSink } from './piece-sink.js'
import { type PlannedLimits, checkDuration, mostObjects } from './split-limits.js'
import type { PlannedPackage } from './split-plan.js'
import type { WorkStore } from './work-store.js'

/** The place of a rendition of a piece. */
export interface SegmentPlace {
  readonly output: PlannedPackage
  /** The rendition. */
  readonly name: string
  /** What the names of this attempt's objects begin with, in the directory of the rendition. */
  readonly attempt: string
  /** Those of the plan. */
  readonly limits?: PlannedLimits | undefined
}

/**
 * Cuts a rendition into segments as the packager does, and stores them where the package has them: all in one object,
 * one behind the other, or each as an object. A failure removes them.
 */
export class SegmentPieceSink implements PieceSink {
  readonly stages: readonly Writable[]
  readonly over: Promise<void>
  readonly #place: SegmentPlace
  readonly #store: WorkStore
  readonly #objects: StoredObjects
  readonly #output: RenditionOutput
  readonly #spans: SegmentSpan[] = []
  #init: CutInit | undefined
  #end!: () => void

  constructor(place: SegmentPlace, store: WorkStore) {
    const { output, name, attempt, limits } = place
    const { bucket, prefix, run, targetDuration, layout } = output
    const storage = packageStorage(output, store.client)
    const { cacheControl, maxSegmentSize } = packagerSettings({ storage, targetDuration, layout })
    this.#place = place
    this.#store = store
    this.#objects = new StoredObjects(storage, { cacheControl, maxObjects: mostObjects(limits) })
    const names = { segment: `${attempt}-`, media: attempt }
    this.#output = new RenditionOutput(`${run}/${name}`, layout, this.#objects, names)
    this.over = new Promise(resolve => (this.#end = resolve))
    const target = `s3://${bucket}/${prefix}${run}/${name}/`
    const stream = new RenditionWritable(
      { rendition: name, targetDuration, maxSegmentSize, allowMixed: false, allowSilent: false },
      {
        commit: { hold: () => undefined, result: this.over, target },
        store: cut => this.#take(cut),
        end: async () => {
          await this.#output.end()
          this.#end()
        },
        fail: error => this.#giveUp(error),
      },
    )
    // Its pipeline reports them.
    stream.on('error', () => undefined)
    this.stages = [stream]
  }

  async stored(): Promise<PieceRendition> {
    const { init, bytes } = this.#init!
    const spans = this.#spans
    const head = Buffer.concat(bytes)
    const sum = (of: (span: SegmentSpan) => number) => spans.reduce((all, span) => all + of(span), 0)
    const startTicks = spans[0]?.startTicks ?? 0
    const last = spans.at(-1)
    const durationTicks = last === undefined ? 0 : last.startTicks + last.sampleTicks - startTicks
    const end = sum(({ byteLength }) => byteLength)
    return {
      name: this.#place.name,
      media: await this.#media(end),
      init: { bytes: head.length, sha256: createHash('sha256').update(head).digest('hex') },
      end,
      tracks: [
        {
          timescale: init.track.timescale,
          ...{ startTicks, durationTicks, samples: sum(({ sampleCount }) => sampleCount) },
        },
      ],
      segments: { init: head.toString('base64'), shiftTicks: init.shiftTicks, spans: [...spans] },
    }
  }

  async #media(bytes: number): Promise<PieceMedia> {
    const { output, name, attempt } = this.#place
    const { bucket, prefix, run, layout } = output
    const key = `${prefix}${run}/${name}/${attempt}`
    if (layout === 'segments') return { bucket, key: `${key}-`, bytes }
    const media = { bucket, key: `${key}.mp4` }
    const { etag } = (await this.#store.head(media)) ?? {}
    if (etag === undefined) {
      const message = `${formatS3Uri(media)} was stored, and is gone: another program or removeWork() removed it.`
      throw new S3Error('AVIO_ERR_NO_SUCH_KEY', message, media, { retryable: true })
    }
    return { ...media, etag, bytes }
  }

  async #take(cut: Cut): Promise<void> {
    if (cut.kind !== 'segment') {
      this.#init = cut
      return
    }
    const { track } = this.#init!.init
    const { startTicks, sampleTicks } = cut.span
    checkDuration(this.#place.limits, (startTicks + sampleTicks) / track.timescale)
    const media = track.kind === 'video' ? 'video' : 'audio'
    await this.#output.storeSegment(this.#spans.length + 1, cut.bytes, media)
    this.#spans.push(cut.span)
  }

  async #giveUp(error: Error): Promise<void> {
    this.#objects.abort(error)
    try {
      await this.#objects.settled()
      await this.#objects.removeAll()
    } catch (cleanupError) {
      Reflect.defineProperty(error, 'cleanupError', { value: cleanupError, enumerable: true })
    } finally {
      this.#end()
    }
  }
}
