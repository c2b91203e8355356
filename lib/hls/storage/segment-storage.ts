import type { Writable } from 'node:stream'
import { mediaTypeOfName } from '../../io/media-types/media-types.js'
import { optionError, stringOption } from '../../options.js'

/** Properties of an object opened for writing. */
export interface StoredObjectInfo {
  /** The media type a server should send: `video/mp4`. See {@link contentTypeOf}. */
  readonly contentType: string
  /**
   * The `Cache-Control` header a server should send: `public, max-age=31536000, immutable`. A storage without headers,
   * such as a directory, ignores it.
   */
  readonly cacheControl?: string | undefined
  /**
   * The object has an unknown length, perhaps GiB: the media of a whole rendition instead of a segment or a playlist.
   * The storage then has to pass on the bytes as they are written, and must not collect them.
   * @defaultValue `false`
   */
  readonly large?: boolean | undefined
  /**
   * `'*'`: the object is stored only if nothing exists under the name, as the storage finds when it makes it visible;
   * otherwise the stream fails, and what is there stays.
   * @defaultValue an object that exists is replaced
   */
  readonly ifNoneMatch?: '*' | undefined
}

/**
 * The destination of packaged media: a few methods, so that any store fits. {@link S3Storage} and
 * {@link DirectoryStorage} are included; a CDN's own API, a database or memory take a few lines.
 *
 * Names are relative, like URIs in playlists: `720p/segment-00001.m4s`. `/` separates their segments; no segment is
 * empty, `.` or `..`, and names contain no backslash and no control character.
 *
 * Several objects may be open at the same time; a stored name may be opened again, which replaces its object (the
 * playlist of a live stream).
 */
export interface SegmentStorage {
  /**
   * Opens a name for writing.
   *
   * The object is visible when the stream has emitted `'finish'`, and not a byte of it before; until then an older
   * object stays. A stream destroyed before its end leaves nothing. Backpressure is honoured. The packager waits 10 s
   * for a destroyed stream and for a removal; after that it abandons them.
   *
   * @throws an error if the name can't be stored at all; the stream emits all other errors
   */
  open(name: string, info: StoredObjectInfo): Writable
  /**
   * Removes the object of a name; a missing object is not an error. Needed when the window of a live stream moves on,
   * and to clean up after a failure: without it, stored objects stay.
   *
   * @param signal - aborted if the packager no longer waits, because the storage has not answered for long
   */
  delete?(name: string, signal?: AbortSignal): Promise<void>
  /**
   * Reads the object of a name; resolves with `undefined` if there is none. The packager only reads playlists and
   * manifests, to find the objects of an older packaging that are replaced: without it, or without an answer within 10
   * s, these stay unknown.
   *
   * @param maxSize - a larger object is an error: a playlist of a million segments has some 40 MB
   */
  read?(name: string, maxSize: number): Promise<Uint8Array | undefined>
  /**
   * Rejects if an object exists under the name, with the error of a stream that {@link open} has opened with
   * `ifNoneMatch`. With `ifNoneMatch`, the packager calls it for the multivariant playlist and the manifest: before it
   * stores anything, and again before it stores the first of the two. Without it, only their streams tell.
   */
  checkAbsent?(name: string): Promise<void>
}

/**
 * The media type of an object by the ending of its name; `application/octet-stream` for an unknown ending.
 *
 * @param kind - the content of an MP4, which its ending does not show
 */
export function contentTypeOf(name: string, kind: 'video' | 'audio' = 'video'): string {
  const type = mediaTypeOfName(name) ?? 'application/octet-stream'
  return kind === 'audio' && type === 'video/mp4' ? 'audio/mp4' : type
}

/** An empty segment, `.`, `..`, or a character with a special meaning on some system. */
const BAD_NAME = /^$|^\/|\/$|\/\/|(^|\/)\.{1,2}(\/|$)|[\\\p{Cc}]/u

/** Whether every storage can store an object with this name. */
export function isStorageName(name: string): boolean {
  return !BAD_NAME.test(name)
}

/**
 * Returns the name if every storage can store it.
 *
 * @throws {@link OptionError} `AVIO_ERR_OPTION` if it is absolute, leads out of the storage, or is malformed
 */
export function storageName(name: unknown): string {
  if (typeof name === 'string' && isStorageName(name)) return name
  throw optionError(
    'name',
    'relative, its segments separated by "/" and none of them empty, "." or "..", without a backslash or a control ' +
      'character',
    name,
  )
}

/** A name that needs no escaping, as an object name or in a URI. */
export function nameOption<D extends string | undefined>(
  options: object,
  option: string,
  rule: { default: D },
): string | D {
  const value = stringOption(options, option, rule)
  if (value === undefined) return value
  if (/^[\w-][\w.-]*$/.test(value)) return storageName(value)
  throw optionError(option, 'of letters, digits, "-", "_" and "." (not the first)', value)
}
