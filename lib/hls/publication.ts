import { isGroupDefault } from './audio-groups.js'
import { formatImagePlaylist } from './image-playlist.js'
import { formatMediaPlaylist } from './media-playlist.js'
import { formatMpd } from './mpd.js'
import { formatMultivariantPlaylist } from './multivariant-playlist.js'
import type { PackagerSettings } from './packager-options.js'
import type { ImageTrack, Presentation, Rendition } from './presentation.js'
import type { RenditionLog } from './rendition-log.js'
import type { StoredObjects } from './stored-objects.js'

/** Writes the playlists and the manifest of what there is so far. */
export class Publication {
  readonly #settings: PackagerSettings
  readonly #logs: readonly RenditionLog[]
  readonly #objects: StoredObjects
  /** What describes all renditions is written by whichever of them has news: one after the other. */
  #last: Promise<void> = Promise.resolve()
  readonly #images: ImageTrack[] = []
  #isComplete = false
  #startedAt: Date | undefined

  /**
   * @param settings - the packager's options
   * @param logs - its renditions, more of which may come until all of them have a segment
   * @param objects - where it all goes
   */
  constructor(settings: PackagerSettings, logs: readonly RenditionLog[], objects: StoredObjects) {
    this.#settings = settings
    this.#logs = logs
    this.#objects = objects
  }

  /** A track of images is stored. */
  addImages(track: ImageTrack): void {
    this.#images.push(track)
  }

  /** What there is so far, of the renditions that have an initialization segment. */
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

  /** All is stored: media playlists first, the multivariant one last of all. Gives the names. */
  async publishAll(): Promise<string[]> {
    const presentation = this.presentation()
    for (const rendition of presentation.renditions) await this.#putMediaPlaylist(presentation, rendition)
    for (const images of this.#images) await this.#put(images.playlist, formatImagePlaylist(images))
    await this.#putManifest()
    await this.#putMultivariant()
    const { playlist, mpd } = this.#settings
    const media = [...this.#logs, ...this.#images].map(track => track.playlist)
    return [...media, ...(mpd === undefined ? [] : [mpd]), playlist]
  }

  /**
   * A rendition has a segment more, or has ended: its playlist is written, the manifest too, and the multivariant
   * playlist as soon as every rendition has its first segment.
   */
  async publish(log: RenditionLog): Promise<void> {
    const presentation = this.presentation()
    const rendition = presentation.renditions.find(({ name }) => name === log.name)
    if (rendition) await this.#putMediaPlaylist(presentation, rendition)
    if (!this.#logs.every(({ count }) => count > 0)) return
    const isFirst = !this.#isComplete
    this.#isComplete = true
    await this.#inOrder(async () => {
      await this.#putManifest()
      if (isFirst) await this.#putMultivariant()
    })
  }

  #inOrder(task: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(task)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  #putMediaPlaylist(presentation: Presentation, rendition: Rendition): Promise<void> {
    return this.#put(rendition.playlist, formatMediaPlaylist(presentation, rendition))
  }

  async #putManifest(): Promise<void> {
    const { mpd } = this.#settings
    if (mpd === undefined) return
    const presentation = this.presentation()
    const publishedAt = new Date()
    // One that grows is reckoned from its first manifest on: what there is by then has just come to its end.
    this.#startedAt ??= new Date(publishedAt.getTime() - presentation.duration * 1000)
    await this.#put(mpd, formatMpd(presentation, { startedAt: this.#startedAt, publishedAt }))
  }

  #putMultivariant(): Promise<void> {
    return this.#put(this.#settings.playlist, formatMultivariantPlaylist(this.presentation()))
  }

  #put(name: string, text: string): Promise<void> {
    return this.#objects.put(name, [Buffer.from(text)], { cache: 'playlists' })
  }
}
