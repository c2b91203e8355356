import { createHash } from 'node:crypto'
import type { Writable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { readExactly } from '../../io/read-exactly.js'
import type { Fmp4Fragment, Fmp4Init } from '../../mp4/checks/validation-report.js'
import { Fmp4Validator } from '../../mp4/fmp4-validator.js'
import { S3MultipartWritable } from '../../s3/s3-multipart-writable.js'
import { S3Source } from '../../s3/s3-source.js'
import type { PieceRendition, PieceTrack } from './piece-result.js'
import { type PlannedLimits, limitDuration } from './split-limits.js'

/** Stores one rendition of a piece. */
export interface PieceSink {
  /** Stages for ffmpeg's output; the last one stores. */
  readonly stages: readonly Writable[]
  /** Settles when everything is over, clean-up included. */
  readonly over: Promise<unknown>
  /** What the result says of the rendition. Call it after the end of its stages. */
  stored(signal: AbortSignal | undefined): Promise<PieceRendition>
}

/** Stores a rendition as one fragmented MP4, for a join that copies it. */
export class ObjectPieceSink implements PieceSink {
  readonly stages: readonly Writable[]
  readonly #name: string
  readonly #client: S3Client
  readonly #sink: S3MultipartWritable
  readonly #seen: Seen

  /**
   * @param name - the rendition
   * @param location - its bucket and key
   * @param limits - those of the plan
   */
  constructor(
    name: string,
    client: S3Client,
    location: { readonly bucket: string; readonly key: string },
    limits?: PlannedLimits,
  ) {
    const validator = new Fmp4Validator()
    limitDuration(validator, limits)
    this.#name = name
    this.#client = client
    this.#seen = new Seen(validator)
    this.#sink = new S3MultipartWritable({ client, ...location, contentType: 'video/mp4' })
    this.stages = [validator, this.#sink]
  }

  get over(): Promise<unknown> {
    return this.#sink.result
  }

  async stored(signal: AbortSignal | undefined): Promise<PieceRendition> {
    const { bucket, key, etag, bytes } = await this.#sink.result
    const { init, ...timing } = this.#seen.all()
    const source = new S3Source({ client: this.#client, bucket, key, etag })
    const head = await readExactly(source, 0, init.byteLength, signal)
    return {
      name: this.#name,
      media: { bucket, key, etag, bytes },
      init: { bytes: init.byteLength, sha256: createHash('sha256').update(head).digest('hex') },
      ...timing,
    }
  }
}

/** Collects the initialization segment, the length and the tracks of a piece, as its validator reports them. */
class Seen {
  readonly #tracks = new Map<number, PieceTrack>()
  #init: Fmp4Init | undefined
  #end = 0

  constructor(validator: Fmp4Validator) {
    validator.on('init', init => {
      this.#init = init
      for (const { id, timescale } of init.tracks)
        this.#tracks.set(id, { timescale, startTicks: 0, durationTicks: 0, samples: 0 })
    })
    validator.on('fragment', fragment => this.#add(fragment))
  }

  #add({ byteOffset, byteLength, tracks }: Fmp4Fragment): void {
    this.#end = byteOffset + byteLength
    for (const { trackId, startTicks, durationTicks, sampleCount } of tracks) {
      const before = this.#tracks.get(trackId)!
      const isFirst = before.samples === 0
      this.#tracks.set(trackId, {
        ...before,
        ...(isFirst && { startTicks }),
        durationTicks: startTicks + durationTicks - (isFirst ? startTicks : before.startTicks),
        samples: before.samples + sampleCount,
      })
    }
  }

  /** Everything collected. Call it after the end of the piece. */
  all() {
    return { init: this.#init!, end: this.#end, tracks: [...this.#tracks.values()] }
  }
}
