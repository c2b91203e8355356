import { destroyOnAbort, onAbortSoon } from '../io/async/abort-listeners.js'
import { HlsError, OptionError } from '../errors.js'
import { abortError } from '../io/async/abort-error.js'
import { CommitGate } from '../io/pipeline/commit-gate.js'
import { COMMIT, type CommitHook } from '../io/pipeline/commit-hook.js'
import { Alignment } from './segments/alignment.js'
import { checkGroups } from './rendition/audio-groups.js'
import type { Cut, CutSegment } from './segments/fmp4-cutter.js'
import { type ImageSheet, type ImagesOptions, imagesName, storeImages } from './image-store.js'
import { type CmafPackagerOptions, type PackagerSettings, packagerSettings } from './packager-options.js'
import { type PackagingResult, packagingResult } from './packaging-result.js'
import { Publication } from './publication.js'
import { RenditionLog } from './rendition/rendition-log.js'
import { type RenditionOptions, renditionSettings } from './rendition/rendition-options.js'
import { RenditionOutput } from './rendition/rendition-output.js'
import { RenditionWritable } from './rendition/rendition-writable.js'
import { StoredObjects } from './storage/stored-objects.js'
import { videoRange } from './presentation/video-range.js'

/** Number of live segments remembered for comparison with other renditions. */
const LIVE_ALIGNMENT = 1000

/**
 * Packages fragmented MP4 for HLS and DASH: one set of segments (CMAF) for both.
 *
 * `rendition()` returns a stream for each encoding of the video and each audio track; data written to it is cut
 * where decoding can start and stored, one object per segment, under the rendition's name. Codecs, sizes, frame
 * rates and bit rates in the playlists are read from the bytes. `docs/hls.md` has the cutting rules.
 *
 * Guarantees
 * - Segments of a rendition are its samples: together with the initialization segment they are the stream that
 *   was written, except for indexes of positions in it (`sidx`, `mfra`), and for edit lists, which are
 *   converted to fragment times where CMAF doesn't allow them. Each sample keeps its presentation time.
 * - A playlist only lists stored objects. `vod`: playlists are stored once all segments of all renditions are;
 *   a failure publishes none, and removes what this run has stored, as far as the storage can.
 * - Nothing of an older presentation under the same names is touched: all objects of a run are stored below its
 *   name, except the multivariant playlist and the manifest, which are stored last and replace the older ones.
 *   Its segments stay, because players may still use them; `replaced` in the result lists them.
 * - Of two runs that a user has given one name, at the same time, one fails before it stores anything
 *   (`AVIO_ERR_OPTION`).
 * - With `ifNoneMatch`, nothing is replaced at all: a multivariant playlist or a manifest that exists, or appears
 *   meanwhile, stays, and this run stores nothing that lasts.
 * - If the multivariant playlist is stored and the manifest then fails, that is `AVIO_ERR_COMMIT_PARTIAL`, and
 *   the objects of both runs stay. From the first of the two requests on, an abort is too late: the result
 *   tells the outcome.
 * - `event`, `live`: a media playlist is stored again after each segment, the multivariant one once all
 *   renditions have their first. After a failure published objects stay, without an end marker; before that,
 *   stored objects are removed.
 * - No segment's rounded duration exceeds `EXT-X-TARGETDURATION`. A `vod` playlist states a longer one if key
 *   frames leave no choice; otherwise that is `AVIO_ERR_HLS_SEGMENT_TOO_LONG`.
 * - An error of one rendition is the error of all: their streams are destroyed with it and {@link result}
 *   rejects.
 *
 * Memory, for each rendition: the segment being stored, and the data for the next one, up to one key frame past
 * it; at most 2 × `maxSegmentSize`. Plus some 300 bytes for each listed segment.
 *
 * Errors: {@link HlsError}; {@link CommitError}; an `Mp4Error` for invalid bytes; an `AbortError`.
 *
 * @example
 * ```ts
 * const packager = new CmafPackager({ storage: new DirectoryStorage({ path: 'public/talk' }) })
 * await Promise.all([
 *   pipeline(encode('720p'), packager.rendition({ name: '720p' })),
 *   pipeline(encode('360p'), packager.rendition({ name: '360p' })),
 *   pipeline(encode('audio'), packager.rendition({ name: 'english', language: 'en' })),
 *   packager.result,
 * ])
 * ```
 */
export class CmafPackager {
  /**
   * Resolves when everything is published, after every rendition has ended; rejects with the first error, after
   * the clean-up. Never causes an unhandled rejection. Stays pending until `rendition()` is called.
   */
  readonly result: Promise<PackagingResult>
  readonly #settings: PackagerSettings
  readonly #objects: StoredObjects
  readonly #publication: Publication
  readonly #alignment: Alignment | undefined
  readonly #logs: RenditionLog[] = []
  readonly #streams: RenditionWritable[] = []
  readonly #names = new Set<string>()
  readonly #holds = new CommitGate()
  readonly #commit: CommitHook
  readonly #forget: () => void
  /** Number of renditions, and tracks of images, that have not ended. */
  #left = 0
  #failure: Promise<void> | undefined
  #error: Error | undefined
  #isOver = false
  #published!: () => void
  #resolve!: (result: PackagingResult) => void
  #reject!: (error: Error) => void

  /** @throws `OptionError` for an invalid option */
  constructor(options: CmafPackagerOptions) {
    const settings = packagerSettings(options)
    const { storage, cacheControl, maxObjects, mode, align, signal } = settings
    this.#settings = settings
    this.#objects = new StoredObjects(storage, { cacheControl, maxObjects })
    this.#publication = new Publication(settings, this.#logs, this.#objects)
    this.#alignment = align ? new Alignment(mode === 'live' ? LIVE_ALIGNMENT : Infinity) : undefined
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.result.catch(() => undefined)
    const visible = new Promise<void>(resolve => (this.#published = resolve))
    this.#commit = this.#holds.offer(this.result, settings.playlist, visible)
    this.#forget = onAbortSoon(signal, this.#abort)
  }

  /**
   * For publishing together with other outputs: all renditions of a packager commit as one, when the playlists
   * of a `vod` are stored. Growing playlists are published as they grow, and only their end waits.
   * @internal
   */
  get [COMMIT](): CommitHook {
    return this.#commit
  }

  /**
   * Returns a stream for one rendition: fragmented MP4 with one video track, one audio track, or, without
   * `mpd`, one of each. Create all of them before the first one ends or, for growing playlists, has its first
   * segment: publication does not wait for unknown renditions.
   *
   * @throws `OptionError` for an invalid option, and for a rendition that comes too late
   */
  rendition(options: RenditionOptions): RenditionWritable {
    const rendition = renditionSettings(options)
    const { name } = rendition
    this.#begin(name)
    const folder = this.#folderOf(name)
    const log = new RenditionLog(rendition, folder, this.#settings)
    const output = new RenditionOutput(folder, this.#settings.layout, this.#objects)
    const { targetDuration, maxSegmentSize, mpd, mode, layout } = this.#settings
    const allowSilent = mode === 'vod' && layout === 'segments'
    const stream = new RenditionWritable(
      { rendition: name, targetDuration, maxSegmentSize, allowMixed: mpd === undefined, allowSilent },
      {
        commit: this.#commit,
        store: (cut, date) => this.#store(log, output, cut, date),
        end: () => this.#end(log, output),
        fail: error => this.#fail(error),
      },
    )
    this.#logs.push(log)
    this.#streams.push(stream)
    const { signal } = this.#settings
    if (signal?.aborted) destroyOnAbort(signal, stream)
    // Not at once, which a pipeline would answer with an error of its own: see onAbortSoon.
    else if (this.#error) process.nextTick(() => stream.destroy(this.#error))
    return stream
  }

  /**
   * Stores thumbnail sheets for the seek bars of players, as made by `storyboard`, and lists them
   * (`EXT-X-IMAGE-STREAM-INF`). For `vod` only. Their errors fail the whole packaging.
   *
   * @param sheets - read one after the other, from now on, until something fails
   * @throws `OptionError` for an invalid option
   */
  images(sheets: AsyncIterable<ImageSheet>, options: ImagesOptions = {}): void {
    const name = imagesName(options)
    if (this.#settings.mode !== 'vod') {
      throw new OptionError('mode', 'Images need the mode "vod"', this.#settings.mode)
    }
    this.#begin(name)
    this.#publication
      .check()
      .then(() => storeImages(name, this.#folderOf(name), sheets, this.#objects))
      .then(track => {
        if (track) this.#publication.addImages(track)
        this.#ended()
      })
      .catch((error: unknown) => this.#fail(error as Error))
  }

  /** Counts one more to wait for. */
  #begin(name: string): void {
    if (this.#names.has(name)) {
      throw new OptionError('name', `The name "${name}" is already in use: choose a unique one`, name)
    }
    if (this.#error === undefined && this.#names.size > 0 && this.#left === 0) {
      throw new OptionError('name', `"${name}" was added too late: all others have ended`, name)
    }
    this.#names.add(name)
    this.#left++
  }

  #folderOf(name: string): string {
    return `${this.#settings.run}/${name}`
  }

  /** One has ended; after the last one, everything is stored. */
  #ended(): void {
    if (--this.#left === 0) this.#finish().catch((error: unknown) => this.#fail(error as Error))
  }

  async #store(log: RenditionLog, output: RenditionOutput, cut: Cut, date: Date | undefined): Promise<void> {
    if (cut.kind === 'segment') return this.#storeSegment(log, output, cut)
    const { init, bytes } = cut
    await this.#publication.check()
    const isVideo = init.track.kind === 'video'
    const media = isVideo ? 'video' : 'audio'
    if (cut.kind === 'init-anew') {
      log.replaceInit({ ...(await output.storeInitAnew(bytes, media)), ...init })
      return
    }
    const stored = await output.storeInit(bytes, media)
    const range = isVideo ? videoRange(Buffer.concat(bytes)) : undefined
    log.addInit({ ...stored, ...init }, range, date)
    checkGroups(this.#logs)
  }

  async #storeSegment(
    log: RenditionLog,
    output: RenditionOutput,
    { span, bytes }: CutSegment,
  ): Promise<void> {
    const { mode } = this.#settings
    const number = log.count + 1
    const init = log.init!
    const { timescale } = init.track
    this.#checkDuration(log.name, number, span.durationTicks / timescale)
    if (log.kind === 'video') {
      this.#alignment?.add(log.name, number, (span.startTicks + init.shiftTicks) / timescale)
    }
    log.add(span, await output.storeSegment(number, bytes, log.kind!))
    if (mode === 'vod') return
    const gone = log.moveOn()
    await this.#publication.publish(log)
    if (gone.length > 0) await this.#objects.removeOld(gone)
  }

  /** A published playlist can't exceed what it promised. */
  #checkDuration(rendition: string, segment: number, duration: number): void {
    const { mode, targetDuration } = this.#settings
    if (mode === 'vod' || Math.round(duration) <= targetDuration) return
    throw new HlsError(
      'AVIO_ERR_HLS_SEGMENT_TOO_LONG',
      `Segment ${segment} of "${rendition}" lasts ${duration.toFixed(3)} s, longer than targetDuration ` +
        `(${targetDuration} s). Set key frames at least that often (-g, -force_key_frames), or raise targetDuration`,
      { rendition, segment },
    )
  }

  async #end(log: RenditionLog, output: RenditionOutput): Promise<void> {
    await output.end()
    if (log.kind === 'video') this.#alignment?.end(log.name, log.count)
    log.end()
    if (this.#settings.mode !== 'vod') await this.#publication.publish(log)
    this.#ended()
  }

  async #finish(): Promise<void> {
    await this.#holds.opened(this.#settings.playlist)
    const media = await this.#publication.publishMedia()
    // A sent request is not taken back: from here on only the result tells the outcome.
    this.#close()
    try {
      const roots = await this.#publication.publishRoots()
      this.#published()
      await this.#resolveWith([...media, ...roots])
    } catch (error) {
      await this.#giveUp(error as Error)
    }
  }

  async #resolveWith(playlists: readonly string[]): Promise<void> {
    const leftBehind = [...(await this.#objects.removeOld([])), ...(await this.#publication.leftBehind())]
    const { run } = this.#settings
    this.#resolve(packagingResult({ publication: this.#publication, run, playlists, leftBehind }))
  }

  /** The first error ends everything; later ones are consequences and not reported. */
  #fail(error: Error): Promise<void> {
    if (this.#isOver) return this.#failure ?? Promise.resolve()
    this.#close()
    this.#error = error
    this.#objects.abort(error)
    this.#failure = this.#giveUp(error)
    // Each of them comes back here, and waits for the clean-up.
    for (const stream of this.#streams) stream.destroy(error)
    return this.#failure
  }

  /** Removes objects that no client can have seen. */
  async #giveUp(error: Error): Promise<void> {
    try {
      await this.#objects.settled()
      await this.#publication.settled()
      if (!this.#publication.mayBeVisible) await this.#objects.removeAll()
    } catch (cleanupError) {
      Reflect.defineProperty(error, 'cleanupError', { value: cleanupError, enumerable: true })
    }
    await this.#objects.release()
    this.#reject(error)
  }

  #close(): void {
    this.#isOver = true
    this.#forget()
  }

  readonly #abort = (): void => {
    void this.#fail(abortError(this.#settings.signal!))
  }
}
