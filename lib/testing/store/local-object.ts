import type { Checksum } from '../wire/checksum.js'
import type { ObjectPart, ObjectProperties, StoredObject } from './stored-object.js'
import { propertiesOf } from './stored-object.js'

/** Properties of an object that is stored without a request. */
export interface PutOptions {
  /** The media type. @defaultValue `binary/octet-stream` */
  readonly contentType?: string
  /** User metadata, by names in lower case and without `x-amz-meta-`. @defaultValue none */
  readonly metadata?: Readonly<Record<string, string>>
  /** The storage class: `GLACIER` and `DEEP_ARCHIVE` cannot be read. @defaultValue `STANDARD` */
  readonly storageClass?: string
}

/** A stored object, without its bytes. */
export interface LocalObject {
  /** Its key. */
  readonly key: string
  /** Its size, in bytes. */
  readonly size: number
  /** With its quotes. */
  readonly etag: string
  /** The version ID; the word `null` if the bucket is not versioned. */
  readonly versionId: string
  /** When it was stored, to the millisecond; S3's responses give seconds. */
  readonly lastModified: Date
  /** `content-type`; the same as in `headers`. */
  readonly contentType: string | undefined
  /** All content headers, by names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** User metadata, by names in lower case and without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>
  /** `STANDARD` unless it was put with another. */
  readonly storageClass: string
  /** The checksum that the client sent, or asked for. */
  readonly checksum: Checksum | undefined
  /** The parts it was uploaded in; absent if it was stored by one request. */
  readonly parts: readonly ObjectPart[] | undefined
}

/** A multipart upload that was neither completed nor aborted. */
export interface LocalUpload {
  /** The key that its object is to have. */
  readonly key: string
  /** Its id. */
  readonly uploadId: string
  /** The parts that were stored, by number. */
  readonly parts: readonly LocalPart[]
}

/** A part that was uploaded. */
export interface LocalPart extends ObjectPart {
  /** With its quotes. */
  readonly etag: string
}

/** The description of a stored object. */
export function describeObject(object: StoredObject): LocalObject {
  const { key, etag, versionId, lastModified, headers, metadata, storageClass, checksum, parts } = object
  return {
    key,
    size: object.content.size,
    etag,
    versionId,
    lastModified,
    contentType: headers['content-type'],
    headers,
    metadata,
    storageClass,
    checksum,
    parts,
  }
}

/** The properties in the options of a direct put. */
export function propertiesFrom({ contentType, metadata = {}, storageClass }: PutOptions): ObjectProperties {
  const headers = {
    ...(contentType !== undefined && { 'content-type': contentType }),
    ...(storageClass !== undefined && { 'x-amz-storage-class': storageClass }),
  }
  return { ...propertiesOf(headers), metadata }
}
