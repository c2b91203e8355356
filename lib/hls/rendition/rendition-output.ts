import type { ObjectWriter } from '../storage/object-writer.js'
import type { PresentationLayout, StoredBytes } from '../presentation/presentation.js'
import type { StoredObjects } from '../storage/stored-objects.js'

/** What the names of a rendition's objects begin with. */
export interface ObjectNames {
  /** Before the number of a segment: `segment-`. */
  readonly segment: string
  /** Before `.mp4`, for all of it in one object: `media`. */
  readonly media: string
}

const NAMES: ObjectNames = { segment: 'segment-', media: 'media' }

/** The objects of one rendition: `init.mp4`, `segment-00001.m4s` … or all of it in `media.mp4`. */
export class RenditionOutput {
  readonly #folder: string
  readonly #layout: PresentationLayout
  readonly #objects: StoredObjects
  readonly #names: ObjectNames
  /** For `byterange`: the single object, and its length so far. */
  #writer: ObjectWriter | undefined
  #offset = 0
  #inits = 0

  /**
   * @param folder - the directory of its objects
   * @param layout - an object for each segment, or one for all
   * @param objects - the storage
   * @param names - for a part of a rendition, other names than those of a whole one
   */
  constructor(folder: string, layout: PresentationLayout, objects: StoredObjects, names = NAMES) {
    this.#folder = folder
    this.#layout = layout
    this.#objects = objects
    this.#names = names
  }

  /** Stores an initialization segment. */
  storeInit(bytes: readonly Buffer[], media: 'video' | 'audio'): Promise<StoredBytes> {
    this.#inits++
    return this.#store(this.#initFile(), bytes, media)
  }

  /** Replaces the last initialization segment, if each is an object. */
  storeInitAnew(bytes: readonly Buffer[], media: 'video' | 'audio'): Promise<StoredBytes> {
    return this.#store(this.#initFile(), bytes, media)
  }

  /** Stores a media segment. */
  storeSegment(number: number, bytes: readonly Buffer[], media: 'video' | 'audio'): Promise<StoredBytes> {
    return this.#store(`${this.#names.segment}${String(number).padStart(5, '0')}.m4s`, bytes, media)
  }

  /** Ends the open object: no more is stored. */
  async end(): Promise<void> {
    await this.#writer?.end()
  }

  #initFile(): string {
    return this.#inits === 1 ? 'init.mp4' : `init-${this.#inits}.mp4`
  }

  async #store(file: string, bytes: readonly Buffer[], media: 'video' | 'audio'): Promise<StoredBytes> {
    const byteLength = bytes.reduce((sum, { length }) => sum + length, 0)
    if (this.#layout === 'segments') {
      const name = `${this.#folder}/${file}`
      await this.#objects.put(name, bytes, { cache: 'segments', media })
      return { name, offset: 0, byteLength, isRange: false }
    }
    const name = `${this.#folder}/${this.#names.media}.mp4`
    this.#writer ??= this.#objects.open(name, { cache: 'segments', media, large: true })
    await this.#writer.write(bytes)
    const offset = this.#offset
    this.#offset += byteLength
    return { name, offset, byteLength, isRange: true }
  }
}
