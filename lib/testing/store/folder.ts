import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { OptionError } from '../../errors.js'
import { Bucket, type Journal, newId, type Versioning } from './bucket.js'
import { type Content, type ContentStore, type ContentWriter, JoinedContent } from './content.js'
import { FileContent, FileWriter } from './file-content.js'
import type { ObjectStore } from './object-store.js'
import type { ObjectVersion } from './stored-object.js'

/**
 * Stores buckets and objects in a directory, so that they outlive the process:
 *
 *     local-s3.json                        marks the directory as a LocalS3’s own
 *     content/ID                           the bytes of an object, or of one of its parts
 *     buckets/NAME/bucket.json             a bucket
 *     buckets/NAME/versions/ID.json        the properties of one version, and the contents it consists of
 *
 * A version exists once its JSON file does, which is renamed into place; content without a version is left over from
 * incomplete uploads, and is deleted at the next start. File names are ids, never keys: keys may contain anything. One
 * server at a time.
 */

const MARK = { format: 'local-s3', version: 1 }

interface SavedBucket {
  readonly createdAt: string
  readonly versioning?: Versioning
}

interface SavedFile {
  readonly file: string
  readonly size: number
}

function filesOf(content: Content): SavedFile[] | undefined {
  if (content instanceof FileContent) return [{ file: basename(content.path), size: content.size }]
  if (!(content instanceof JoinedContent)) return undefined
  const files = content.parts.map(filesOf)
  return files.some(file => file === undefined) ? undefined : (files.flat() as SavedFile[])
}

/** The files of a version; none if its bytes are not in files. */
function contentFiles(version: ObjectVersion): SavedFile[] {
  return version.kind === 'object' ? (filesOf(version.content) ?? []) : []
}

/** A directory that is a content store and a journal. */
export class Folder implements ContentStore, Journal {
  readonly #path: string
  /** The file of each version that has one. */
  readonly #files = new WeakMap<ObjectVersion, string>()

  /**
   * Opens a directory, and creates it if missing.
   *
   * @throws {@link OptionError} if it contains anything else: its files would count as leftovers
   */
  constructor(path: string) {
    this.#path = path
    mkdirSync(path, { recursive: true })
    const mark = join(path, 'local-s3.json')
    if (!existsSync(mark)) {
      if (readdirSync(path).length > 0) {
        throw new OptionError('folder', `Option "folder" must be empty or a LocalS3's own, got ${path}`, path)
      }
      writeFileSync(mark, JSON.stringify(MARK))
    }
    for (const name of ['content', 'buckets']) mkdirSync(join(path, name), { recursive: true })
  }

  create(): ContentWriter {
    return new FileWriter(this.#contentPath(newId()))
  }

  /** Loads the directory into a store, and deletes files that nothing refers to. */
  restore(store: ObjectStore): void {
    for (const name of readdirSync(join(this.#path, 'buckets'))) {
      if (existsSync(this.#bucketFile(name))) store.restore(this.#readBucket(name))
      // The process ended while creating it.
      else rmSync(this.#bucketPath(name), { recursive: true })
    }
    const versions = store.buckets.flatMap(bucket => bucket.keys.flatMap(key => bucket.versionsOf(key)))
    const used = new Set(versions.flatMap(contentFiles).map(({ file }) => file))
    for (const file of readdirSync(join(this.#path, 'content'))) {
      if (!used.has(file)) rmSync(this.#contentPath(file))
    }
  }

  bucketChanged({ name, createdAt, versioning }: Bucket): void {
    mkdirSync(join(this.#bucketPath(name), 'versions'), { recursive: true })
    writeJson(this.#bucketFile(name), { createdAt, versioning })
  }

  bucketRemoved({ name }: Bucket): void {
    rmSync(this.#bucketPath(name), { recursive: true })
  }

  versionStored(bucket: Bucket, version: ObjectVersion): void {
    const content = version.kind === 'object' ? filesOf(version.content) : []
    // Generated content can't be saved: it lives as long as the process.
    if (!content) return
    const file = join(this.#bucketPath(bucket.name), 'versions', `${newId()}.json`)
    writeJson(file, { ...version, content })
    this.#files.set(version, file)
  }

  versionRemoved(_bucket: Bucket, version: ObjectVersion): void {
    const file = this.#files.get(version)
    if (file !== undefined) rmSync(file, { force: true })
  }

  #readBucket(name: string): Bucket {
    const { createdAt, versioning } = readJson<SavedBucket>(this.#bucketFile(name))
    const bucket = new Bucket(name, this, new Date(createdAt), versioning)
    const folder = join(this.#bucketPath(name), 'versions')
    // Names are ids, which sort by creation time.
    for (const file of readdirSync(folder).sort()) {
      if (!file.endsWith('.json')) {
        // The process ended while writing it.
        rmSync(join(folder, file))
        continue
      }
      const replaced = bucket.restore(this.#readVersion(join(folder, file)))
      if (replaced) this.versionRemoved(bucket, replaced)
    }
    return bucket
  }

  #readVersion(path: string): ObjectVersion {
    const saved = readJson<ObjectVersion & { readonly content: readonly SavedFile[] }>(path)
    const contents = saved.content.map(({ file, size }) => new FileContent(this.#contentPath(file), size))
    const content = contents.length === 1 ? contents[0]! : new JoinedContent(contents)
    const version = { ...saved, lastModified: new Date(saved.lastModified), content } as ObjectVersion
    this.#files.set(version, path)
    return version
  }

  #bucketFile(name: string): string {
    return join(this.#bucketPath(name), 'bucket.json')
  }

  #bucketPath(name: string): string {
    return join(this.#path, 'buckets', name)
  }

  #contentPath(file: string): string {
    return join(this.#path, 'content', file)
  }
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

/** Atomic: a reader finds the old text or the new one. */
function writeJson(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify(value))
  renameSync(`${path}.new`, path)
}
