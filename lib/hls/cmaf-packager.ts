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
import type { Presentation } from './presentation/presentation.js'
import { Publication } from './publication.js'
import { RenditionLog } from './rendition/rendition-log.js'
import { type RenditionOptions, renditionSettings } from './rendition/rendition-options.js'
import { RenditionOutput } from './rendition/rendition-output.js'
import { RenditionWritable } from './rendition/rendition-writable.js'
import { StoredObjects } from './storage/stored-objects.js'
import { videoRange } from './presentation/video-range.js'

/** What was packaged. */
export interface PackagingResult {
  /** Names of the playlists, of the manifest where there is one, and of the multivariant playlist, which comes last. */
  readonly playlists: readonly string[]
  /** Media segments, of all renditions. */
  readonly segments: number
  /** Bytes of media and initialization segments that were stored. */
  readonly bytes: number
  /** Of the longest rendition, in seconds. */
  readonly duration: number
  /** The run's name: what its objects lie below. */
  readonly run: string
  /**
   * Objects of the presentation that was published under the same names before, as its playlists listed them: they are
   * there still, unless `removeReplaced` had them removed. None where nothing was published; `undefined` where the
   * storage has no `read`, or reading failed.
   */
  readonly replaced: readonly string[] | undefined
  /**
   * What left a window and could not be removed, with the last try at the end: the last 100. And what was replaced and
   * could not be removed.
   */
  readonly leftBehind: readonly string[]
  /** All that the playlists say: codecs, bit rates, segments (for `live` those of the last window). */
  readonly presentation: Presentation
}

/** How many segments of a live stream are remembered to hold other renditions to. */
const LIVE_ALIGNMENT = 1000

/**
 * Packages fragmented MP4 for HLS and DASH: one set of segments (CMAF) for both.
 *
 * `rendition()` gives a stream for each coding of the picture and each sound; what is written to it is cut where
 * decoding can begin and stored, a segment an object, under the rendition's name. Codecs, sizes, frame rates and bit
 * rates of the playlists are read from the bytes. `docs/hls.md` has the rules of cutting.
 *
 * Guarantees
 * - Segments of a rendition are its samples: with the initialization segment before them they are the stream that was
 *   written, but for indexes of places in it (`sidx`, `mfra`), and for edit lists, which are written into the times of
 *   the fragments as far as CMAF doesn't allow them. Each sample is presented when it was.
 * - A playlist never lists what is not stored. `vod`: playlists are stored when all segments of all renditions are; a
 *   failure publishes none, and removes what this run has stored, as far as the storage can.
 * - Nothing of an older presentation under the same names is touched: all objects of a run lie below its name, but for
 *   the manifest and the multivariant playlist, which are stored last and replace those of the older one. Its segments
 *   stay, since players are in the middle of them; `replaced` of the result lists them.
 * - Where the manifest is stored and the multivariant playlist then fails, that is `AVIO_ERR_COMMIT_PARTIAL`, and the
 *   objects of both runs stay. From the first of the two requests on, an abort is too late: the result tells.
 * - `event`, `live`: a media playlist is stored anew after each segment, the multivariant one once all renditions have
 *   their first. After a failure what was published stays, without an end; before that, what was stored is removed.
 * - No segment is longer, when its duration is rounded, than `EXT-X-TARGETDURATION`. A `vod` playlist states a longer
 *   one where key frames leave no choice; for the others that is `AVIO_ERR_HLS_SEGMENT_TOO_LONG`.
 * - An error of one rendition is the error of all: their streams are destroyed with it and {@link result} rejects.
 *
 * Memory, for each rendition: a segment that is being stored, and what is gathered for the next one, up to one key
 * frame behind it; at most 2 × `maxSegmentSize`. And some 300 bytes for each segment that is listed.
 *
 * Errors: {@link HlsError}; {@link CommitError}; an `Mp4Error` for bytes that are not as they should be; an
 * `AbortError`.
 *
 * @example
 * ```ts
 * const packager = new CmafPackager({ storage: new DirectoryStorage({ path: 'public/talk' }) })
 * await Promise.all([
 *   pipeline(encode('720p'), packager.rendition({ name: '720p' })),
 *   pipeline(encode('360p'), packager.rendition({ name: '360p' })),
 *   pipeline(encode('sound'), packager.rendition({ name: 'english', language: 'en' })),
 *   packager.result,
 * ])
 * ```
 */
export class CmafPackager {
  /**
   * Resolves when all is published, after every rendition has ended; rejects with the first error, when what had to be
   * removed is. A rejection that nobody waits for stays silent. As long as no rendition was asked for it waits.
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
  /** How many renditions, and tracks of images, have not ended. */
  #left = 0
  #failure: Promise<void> | undefined
  #error: Error | undefined
  #isOver = false
  #resolve!: (result: PackagingResult) => void
  #reject!: (error: Error) => void

  /** @throws `OptionError` for an option that breaks its rule */
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
    this.#commit = this.#holds.offer(this.result, settings.playlist)
    this.#forget = onAbortSoon(signal, this.#abort)
  }

  /**
   * To publish it together with other outputs: all renditions of a packager are committed as one, when the playlists of
   * a `vod` are stored. What grows is published as it grows, and waits only to say that it has ended.
   * @internal
   */
  get [COMMIT](): CommitHook {
    return this.#commit
  }

  /**
   * A stream for one rendition: fragmented MP4 of one video track, one audio track, or, without `mpd`, one of each. Ask
   * for all of them before the first one ends, or, where playlists grow, has its first segment: what is published does
   * not wait for one that it has not heard of.
   *
   * @throws `OptionError` for an option that breaks its rule, and for a rendition that comes too late
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
   * Stores images of many pictures for the seek bars of players, as `storyboard` makes them, and lists them
   * (`EXT-X-IMAGE-STREAM-INF`). For `vod` only. What goes wrong with them is an error of the whole.
   *
   * @param sheets - they are asked for one after the other, from now on, until something fails
   * @throws `OptionError` for an option that breaks its rule
   */
  images(sheets: AsyncIterable<ImageSheet>, options: ImagesOptions = {}): void {
    const name = imagesName(options)
    if (this.#settings.mode !== 'vod') {
      throw new OptionError('mode', 'Images need the mode "vod"', this.#settings.mode)
    }
    this.#begin(name)
    this.#publication
      .checkRun()
      .then(() => storeImages(name, this.#folderOf(name), sheets, this.#objects))
      .then(track => {
        if (track) this.#publication.addImages(track)
        this.#ended()
      })
      .catch((error: unknown) => this.#fail(error as Error))
  }

  /** One more that is waited for. */
  #begin(name: string): void {
    if (this.#names.has(name)) {
      throw new OptionError('name', `There is a "${name}" already: each has a name of its own`, name)
    }
    if (this.#error === undefined && this.#names.size > 0 && this.#left === 0) {
      throw new OptionError('name', `"${name}" comes too late: all others have ended`, name)
    }
    this.#names.add(name)
    this.#left++
  }

  #folderOf(name: string): string {
    return `${this.#settings.run}/${name}`
  }

  /** One less; when there is none, all is stored. */
  #ended(): void {
    if (--this.#left === 0) this.#finish().catch((error: unknown) => this.#fail(error as Error))
  }

  async #store(log: RenditionLog, output: RenditionOutput, cut: Cut, date: Date | undefined): Promise<void> {
    if (cut.kind === 'segment') return this.#storeSegment(log, output, cut)
    const { init, bytes } = cut
    await this.#publication.checkRun()
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

  /** A playlist that is out already can't promise more than it did. */
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
    // What is to be seen once it is sent is not called back: from here on the result alone tells.
    this.#close()
    try {
      const roots = await this.#publication.publishRoots()
      await this.#resolveWith([...media, ...roots])
    } catch (error) {
      await this.#giveUp(error as Error)
    }
  }

  async #resolveWith(playlists: readonly string[]): Promise<void> {
    const presentation = this.#publication.presentation()
    const leftBehind = [...(await this.#objects.removeOld([])), ...(await this.#publication.leftBehind())]
    this.#resolve({
      run: this.#settings.run,
      replaced: this.#publication.replaced,
      playlists,
      segments: this.#logs.reduce((sum, { count }) => sum + count, 0),
      bytes: this.#logs.reduce((sum, { byteLength }) => sum + byteLength, 0),
      duration: presentation.duration,
      leftBehind,
      presentation,
    })
  }

  /** The first error ends everything; those that follow from it are not told. */
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

  /** Removes what nobody can have seen. */
  async #giveUp(error: Error): Promise<void> {
    try {
      await this.#objects.settled()
      await this.#publication.settled()
      if (!this.#publication.mayBeVisible) await this.#objects.removeAll()
    } catch (cleanupError) {
      Reflect.defineProperty(error, 'cleanupError', { value: cleanupError, enumerable: true })
    }
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
