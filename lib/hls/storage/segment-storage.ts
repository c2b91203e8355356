import type { Writable } from 'node:stream'
import { mediaTypeOfName } from '../../io/media-types/media-types.js'
import { optionError, stringOption } from '../../options.js'

/** What is told of an object when it is opened for writing. */
export interface StoredObjectInfo {
  /** The object's media type, as a server is to send it: `video/mp4`. See {@link contentTypeOf}. */
  readonly contentType: string
  /**
   * The `Cache-Control` header that a server is to send with it: `public, max-age=31536000, immutable`.
   * A storage without headers, such as a folder, has no use for it.
   */
  readonly cacheControl?: string | undefined
  /**
   * The object is of unknown length, perhaps GiB: the media of a whole rendition rather than a segment or a playlist.
   * A storage then has to pass on what is written as it comes, and must not collect it.
   * @defaultValue `false`
   */
  readonly large?: boolean | undefined
}

/**
 * Where packaged media goes: a few methods, so that any store fits. {@link S3Storage} and {@link DirectoryStorage} are
 * ours; a CDN's own API, a database or memory take a few lines.
 *
 * Names are relative, as URIs in playlists are: `720p/segment-00001.m4s`. Segments of a name are separated by `/`;
 * none is empty, `.` or `..`, and there is no backslash and no control character in them.
 *
 * Several objects may be open at the same time; a name may be opened again after it was stored, and is replaced then
 * (the playlist of a live stream).
 */
export interface SegmentStorage {
  /**
   * Opens a name for writing.
   *
   * What is written is visible when the stream has emitted `'finish'`, and not a byte of it before; until then an
   * older object stays. A stream that is destroyed before its end leaves nothing. Backpressure is honoured. A stream
   * that was destroyed, and a removal, are waited for 10 s; what has not settled by then is left behind.
   *
   * @throws an error where the name can't be stored at all; whatever else goes wrong is the stream's error
   */
  open(name: string, info: StoredObjectInfo): Writable
  /**
   * Removes what is stored under a name; what is not there is no error. Needed where the window of a live stream moves
   * on, and to clean up after a failure: without it, what was stored stays.
   */
  delete?(name: string): Promise<void>
  /**
   * Reads what is stored under a name; resolves with `undefined` where nothing is. It is asked for playlists and
   * manifests only, to tell which objects of an older packaging are replaced: without it, that stays unknown. So it
   * does where there is no answer within 10 s, which is as long as it is waited for.
   *
   * @param maxSize - an object of more bytes is an error: a playlist of a million segments has some 40 MB
   */
  read?(name: string, maxSize: number): Promise<Uint8Array | undefined>
}

/**
 * The media type of an object by the ending of its name; `application/octet-stream` for an ending that is not
 * known.
 *
 * @param kind - what is in an MP4, which its ending does not tell
 */
export function contentTypeOf(name: string, kind: 'video' | 'audio' = 'video'): string {
  const type = mediaTypeOfName(name) ?? 'application/octet-stream'
  return kind === 'audio' && type === 'video/mp4' ? 'audio/mp4' : type
}

/** An empty segment, `.`, `..`, or what some system takes for something else than a part of a name. */
const BAD_NAME = /^$|^\/|\/$|\/\/|(^|\/)\.{1,2}(\/|$)|[\\\p{Cc}]/u

/** Whether every storage can store an object of this name. */
export function isStorageName(name: string): boolean {
  return !BAD_NAME.test(name)
}

/**
 * The name itself, where it is one that every storage can store.
 *
 * @throws {@link OptionError} `AVIO_ERR_OPTION` where it is absolute, leads out of the storage, or is malformed
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

/** A name that needs no escaping, neither as a name of an object nor in a URI. */
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
