import { isGroupDefault } from './rendition/audio-groups.js'
import { formatImagePlaylist } from './manifests/image-playlist.js'
import { formatMediaPlaylist } from './manifests/media-playlist.js'
import { formatMpd } from './manifests/mpd.js'
import { formatMultivariantPlaylist } from './manifests/multivariant-playlist.js'
import { publishedObjects } from './older-presentation.js'
import type { PackagerSettings } from './packager-options.js'
import type { ImageTrack, Presentation, Rendition } from './presentation/presentation.js'
import type { RenditionLog } from './rendition/rendition-log.js'
import { RootFiles, isTaken } from './root-files.js'
import { claimName, claimedRun, publishedRun } from './run-claim.js'
import type { StoredObjects } from './storage/stored-objects.js'

/** Writes the playlists and the manifest of the current state. */
export class Publication {
  readonly #settings: PackagerSettings
  readonly #logs: readonly RenditionLog[]
  readonly #objects: StoredObjects
  readonly #roots: RootFiles
  /** Files that describe all renditions are written by whichever rendition changes: one after the other. */
  #last: Promise<void> = Promise.resolve()
  readonly #images: ImageTrack[] = []
  #isComplete = false
  #startedAt: Date | undefined
  #replaced: readonly string[] | undefined
  #removal: Promise<readonly string[]> = Promise.resolve([])
  #checked: Promise<void> | undefined

  /**
   * @param settings - the packager's options
   * @param logs - its renditions; more may be added until all of them have a segment
   * @param objects - the storage
   */
  constructor(settings: PackagerSettings, logs: readonly RenditionLog[], objects: StoredObjects) {
    this.#settings = settings
    this.#logs = logs
    this.#objects = objects
    this.#roots = new RootFiles(objects, settings.ifNoneMatch)
  }

  /** Clients may have seen it, so everything it lists must stay. */
  get mayBeVisible(): boolean {
    return this.#roots.mayBeVisible
  }

  /**
   * Objects of the previously published presentation, once this one is published; `undefined` if unknown.
   */
  get replaced(): readonly string[] | undefined {
    return this.#replaced
  }

  /** Replaced objects that should have been removed, but could not be. */
  leftBehind(): Promise<readonly string[]> {
    return this.#removal
  }

  /** Resolves when nothing is being published or removed. */
  async settled(): Promise<void> {
    await this.#last
    await this.#removal
  }

  /**
   * Rejects, before the first object is stored, what must not be published: with `ifNoneMatch`, if a playlist or a
   * manifest exists; and a named run that is already published, or that another run stores at the moment, because its
   * objects would be overwritten. If the storage can't tell, nothing is rejected.
   *
   * @throws {@link OptionError} for `run`; the storage's error for an existing object
   */
  check(): Promise<void> {
    return (this.#checked ??= this.#checkAll())
  }

  async #checkAll(): Promise<void> {
    await this.#checkAbsent()
    if (!this.#settings.isNamedRun) return
    await this.#checkRun()
    await this.#claimRun()
    // Whoever had the claim before may have published it since the first look.
    await this.#checkRun()
  }

  async #checkAbsent(): Promise<void> {
    if (this.#settings.ifNoneMatch === undefined) return
    for (const name of rootsOf(this.#settings)) await this.#objects.checkAbsent(name)
  }

  async #checkRun(): Promise<void> {
    const { run } = this.#settings
    const published = await this.#published()
    if (published?.some(name => name.startsWith(`${run}/`)) === true) throw publishedRun(run)
  }

  async #claimRun(): Promise<void> {
    const { run } = this.#settings
    try {
      await this.#objects.claim(claimName(run))
    } catch (error) {
      throw isTaken(error) ? claimedRun(run, error) : error
    }
  }

  /** A track of images has been stored. */
  addImages(track: ImageTrack): void {
    this.#images.push(track)
  }

  /** The current state, with the renditions that have an initialization segment. */
  presentation(): Presentation {
    const { mode, layout, targetDuration, windowSize } = this.#settings
    const logs = this.#logs.filter(({ kind }) => kind !== undefined)
    const longest = logs.reduce((most, log) => Math.max(most, Math.round(log.longest)), 0)
    const renditions = logs.map(log => log.rendition(isGroupDefault(log, logs)))
    return {
      mode,
      layout,
      targetDuration: Math.max(targetDuration, longest),
      renditions,
      ...(this.#images.length > 0 ? { images: [...this.#images] } : {}),
      duration: logs.reduce((most, log) => Math.max(most, log.duration), 0),
      isEnded: renditions.every(({ isEnded }) => isEnded),
      windowSize,
    }
  }

  /** What was stored so far. */
  numbers(): { readonly segments: number; readonly bytes: number; readonly duration: number } {
    const logs = this.#logs
    return {
      segments: logs.reduce((sum, { count }) => sum + count, 0),
      bytes: logs.reduce((sum, { byteLength }) => sum + byteLength, 0),
      duration: logs.reduce((most, log) => Math.max(most, log.duration), 0),
    }
  }

  /** All media is stored: stores the playlists of each rendition, not yet referenced. Returns their names. */
  async publishMedia(): Promise<string[]> {
    const presentation = this.presentation()
    for (const rendition of presentation.renditions) await this.#putMediaPlaylist(presentation, rendition)
    for (const images of this.#images) await this.#put(images.playlist, formatImagePlaylist(images))
    return [...this.#logs, ...this.#images].map(track => track.playlist)
  }

  /**
   * Everything they list is stored: stores the multivariant playlist, which decides, and then the manifest.
   * Returns their names.
   */
  async publishRoots(): Promise<string[]> {
    await this.#inOrder(() => this.#putRoots(true))
    return rootsOf(this.#settings)
  }

  /**
   * A rendition has another segment, or has ended: writes its playlist, the manifest, and the multivariant
   * playlist as soon as every rendition has its first segment.
   */
  async publish(log: RenditionLog): Promise<void> {
    const presentation = this.presentation()
    const rendition = presentation.renditions.find(({ name }) => name === log.name)
    if (rendition) await this.#putMediaPlaylist(presentation, rendition)
    if (!this.#logs.every(({ count }) => count > 0)) return
    const isFirst = !this.#isComplete
    this.#isComplete = true
    await this.#inOrder(() => this.#putRoots(isFirst))
  }

  #inOrder(task: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(task)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  #putMediaPlaylist(presentation: Presentation, rendition: Rendition): Promise<void> {
    return this.#put(rendition.playlist, formatMediaPlaylist(presentation, rendition))
  }

  async #putRoots(isMultivariantWanted: boolean): Promise<void> {
    const { mpd, playlist, run } = this.#settings
    const isFirst = !this.mayBeVisible
    // A manifest that exists is found before the playlist is published.
    if (isFirst) await this.#checkAbsent()
    // An earlier attempt at this publication may have stored the playlist only.
    if (isFirst) this.#replaced = (await this.#published())?.filter(name => !name.startsWith(`${run}/`))
    // Every package has a multivariant playlist, so that it can decide between two.
    const files = [
      ...(isMultivariantWanted
        ? [{ name: playlist, text: formatMultivariantPlaylist(this.presentation()) }]
        : []),
      ...(mpd === undefined ? [] : [{ name: mpd, text: this.#manifest() }]),
    ]
    this.#objects.describe({ run, ...this.numbers() })
    await this.#roots.putAll(files)
    if (!isFirst) return
    this.#objects.keep()
    const { removeReplaced, signal } = this.#settings
    const replaced = removeReplaced ? (this.#replaced ?? []) : []
    // From here on, the playlists tell that the run is published.
    const released = this.#objects.release(signal)
    this.#removal = released.then(async claims => [
      ...claims,
      ...(await this.#objects.removeOthers(replaced, signal)),
    ])
  }

  async #published(): Promise<string[] | undefined> {
    // An unreadable or invalid one is no reason not to publish.
    return await publishedObjects(this.#objects, rootsOf(this.#settings)).catch(() => undefined)
  }

  #manifest(): string {
    const presentation = this.presentation()
    const publishedAt = new Date()
    // A growing one counts from its first manifest on: the media present by then has just ended.
    this.#startedAt ??= new Date(publishedAt.getTime() - presentation.duration * 1000)
    return formatMpd(presentation, { startedAt: this.#startedAt, publishedAt })
  }

  #put(name: string, text: string): Promise<void> {
    return this.#objects.put(name, [Buffer.from(text)], { cache: 'playlists' })
  }
}

/** As results list them, the multivariant playlist last. */
function rootsOf({ mpd, playlist }: PackagerSettings): string[] {
  return [...(mpd === undefined ? [] : [mpd]), playlist]
}
