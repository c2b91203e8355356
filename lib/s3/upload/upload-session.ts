import { S3Error } from '../../errors.js'
import { untilAborted } from '../../io/async/abort-error.js'
import { PARTS } from '../../io/diagnostics/channels.js'
import { Stopwatch } from '../../io/diagnostics/stopwatch.js'
import type { Checkpoint, SavedUpload, UploadCheckpoint } from './checkpoint.js'
import {
  checkListing,
  checkpointMismatch,
  checkpointNotSaved,
  checkpointRaced,
  describeSizes,
} from './checkpoint-errors.js'
import { CompleteUpload, expectedOf } from './complete-upload.js'
import { MultipartUpload } from './multipart-upload.js'
import type { PartBuffer } from './part-buffer.js'
import type { PartSizeSchedule } from './part-size-schedule.js'
import { type Expected, type StoreCommit, proveStored } from './prove-stored.js'
import { type ListedPart, comparePart, listStoredParts, md5InTurns } from './stored-parts.js'
import { unknownOutcome } from './upload-errors.js'
import type { StoredPart, UploadCommands } from './upload-commands.js'

/** How an upload is resumed, and by whom. */
export interface Resumption {
  readonly checkpoint: Checkpoint
  readonly sizes: PartSizeSchedule
  readonly headerReserve: number | undefined
}

/** Receives what becomes known of the upload. */
export interface SessionListener {
  /** An upload was created. */
  onUpload(upload: MultipartUpload): void
  /** An earlier upload goes on: how many parts it has, and their bytes. */
  onResume(upload: { uploadId: string; parts: number; bytes: number }): void
}

/** An upload that takes parts, and those that it had from the start. */
interface OpenUpload {
  readonly upload: MultipartUpload
  readonly listed: ReadonlyMap<number, ListedPart>
}

/** The object that an earlier process stored just before it ended. */
interface FinishedUpload {
  readonly uploadId: string
  readonly stored: StoreCommit
  readonly expected: Expected
}

/**
 * The upload that parts go to, opened for the first of them: a new one, or that of a checkpoint.
 *
 * An upload is resumed by the bytes that come again. For each part that the store already has, size and checksums are
 * compared: an equal part is not sent, a different one is an error, and one that nothing is known of is sent again. So
 * the object always consists of the bytes of this stream, whoever sent them.
 *
 * If the upload is gone, another one takes its place, and all parts are sent: resuming only saves time. There is one
 * exception. The earlier process may have ended between its commit and the removal of its state: then the state names
 * the object, and HEAD tells whether it is under the key. It is not sent again, since a condition (`ifNoneMatch`) would
 * fail, and a bucket with versions would get a second one; the bytes are only compared with it.
 *
 * With a checkpoint a failure leaves the upload in the bucket, as soon as its id is saved.
 */
export class UploadSession {
  readonly #requests: UploadCommands
  readonly #listener: SessionListener
  readonly #resumption: Resumption | undefined
  #found: Promise<OpenUpload | FinishedUpload | undefined> | undefined
  #opened: Promise<OpenUpload | FinishedUpload> | undefined
  #created: Promise<MultipartUpload> | undefined
  /** Whether another process knows of the upload. */
  #isSaved = false

  constructor(requests: UploadCommands, listener: SessionListener, resumption?: Resumption) {
    this.#requests = requests
    this.#listener = listener
    this.#resumption = resumption
  }

  /** Whether the checkpoint's upload goes on, however short the object is now. */
  async isResumed(signal: AbortSignal): Promise<boolean> {
    return (await this.#find(signal)) !== undefined
  }

  /** Stores a part, unless the upload has it. */
  async uploadPart(
    part: PartBuffer,
    partNumber: number,
    byteOffset: number,
    signal: AbortSignal,
  ): Promise<StoredPart> {
    const watch = PARTS.hasSubscribers ? new Stopwatch() : undefined
    const opened = await (this.#opened ??= this.#open(signal))
    const { size } = part
    if ('stored' in opened)
      return { partNumber, size, etag: await md5InTurns(part, signal), crc32: part.crc32 }
    const stored = await this.#store(opened, part, partNumber, byteOffset, signal)
    if (watch) {
      const { bucket, key } = this.#requests.target.location
      const { uploadId } = opened.upload
      const { isResumed } = stored
      const { timing } = watch
      PARTS.publish({ bucket, key, uploadId, partNumber, byteOffset, bytes: size, isResumed, ...timing })
    }
    return stored.part
  }

  async #store(
    { upload, listed }: OpenUpload,
    part: PartBuffer,
    partNumber: number,
    byteOffset: number,
    signal: AbortSignal,
  ): Promise<{ readonly part: StoredPart; readonly isResumed: boolean }> {
    const { size } = part
    const send = async () => ({
      part: await upload.uploadPart(part, partNumber, byteOffset, signal),
      isResumed: false,
    })
    const had = listed.get(partNumber)
    if (had === undefined) return send()
    const { target } = this.#requests
    const fields = { uploadId: upload.uploadId, partNumber, byteOffset }
    if (had.size !== size) throw checkpointMismatch(target, fields, describeSizes(had, size))
    const trusts = { crc32: target.checksum === 'crc32', etag: !upload.hidesMd5 }
    const verdict = await comparePart(part, had, trusts, signal)
    if (verdict === 'same')
      return { part: { partNumber, size, etag: had.etag, crc32: part.crc32 }, isResumed: true }
    if (verdict === 'unproved') return send()
    const bytes = `bytes ${byteOffset} to ${byteOffset + size - 1}`
    const happened =
      `Part ${partNumber} (${bytes}) differs from the one in the upload: the source has changed, or ` +
      'the stage before does not produce the same bytes each time, as few encoders do.'
    throw checkpointMismatch(target, fields, happened)
  }

  /**
   * Compares the whole with what the earlier process had: all parts are stored.
   *
   * @throws {@link S3Error} `AVIO_ERR_CHECKPOINT_MISMATCH` if that had more, or other bytes
   */
  async check(parts: readonly StoredPart[]): Promise<void> {
    const { target } = this.#requests
    const opened = await this.#opened!
    if ('stored' in opened) {
      const { uploadId, expected } = opened
      const now = expectedOf(parts, target.checksum === 'crc32')
      const isSame = expected.crc32 === undefined ? now.etag === expected.etag : now.crc32 === expected.crc32
      if (isSame && now.size === expected.size) return
      const happened = 'It is complete, and its object has other bytes than those that came now.'
      throw checkpointMismatch(target, { uploadId }, happened)
    }
    const { upload, listed } = opened
    const surplus = [...listed.keys()].find(partNumber => partNumber > parts.length)
    if (surplus === undefined) return
    const fields = { uploadId: upload.uploadId, partNumber: surplus }
    const happened = `The object ends with part ${parts.length}, and the upload has part ${surplus}.`
    throw checkpointMismatch(target, fields, happened)
  }

  /** Saves what the object will be, in case this process ends right after the commit. */
  async saveCommit(parts: readonly StoredPart[], signal: AbortSignal): Promise<void> {
    const opened = await this.#opened!
    if ('stored' in opened) return
    const { size, etag, crc32 } = expectedOf(parts, this.#requests.target.checksum === 'crc32')
    const commit = { bytes: size, ...(etag !== undefined && { etag }), ...(crc32 !== undefined && { crc32 }) }
    await this.#save(opened.upload, { commit }, signal)
  }

  /** Makes one object of the parts. */
  async commit(parts: readonly StoredPart[], signal?: AbortSignal): Promise<StoreCommit> {
    const opened = await this.#opened!
    if ('stored' in opened) return opened.stored
    const keeps = this.#resumption !== undefined
    try {
      return await new CompleteUpload(opened.upload, parts, { keeps }).run(signal)
    } catch (error) {
      if (!keeps || !(error instanceof S3Error) || error.s3Code !== 'InvalidPart') throw error
      throw checkpointRaced(this.#requests.target, error)
    }
  }

  /** Aborts the upload, unless another process can go on with it. No part may be in flight. */
  async discard(): Promise<void> {
    if (this.#isSaved) return
    const upload = await this.#created?.catch(() => undefined)
    await upload?.abort()
  }

  async #open(signal: AbortSignal): Promise<OpenUpload | FinishedUpload> {
    const found = await this.#find(signal)
    if (found) return found
    const upload = await (this.#created = MultipartUpload.create(this.#requests, signal))
    if (!signal.aborted) this.#listener.onUpload(upload)
    await this.#save(upload, {}, signal)
    return { upload, listed: new Map() }
  }

  #find(signal: AbortSignal): Promise<OpenUpload | FinishedUpload | undefined> {
    const { checkpoint, sizes } = this.#resumption ?? {}
    if (checkpoint?.saved === undefined) return Promise.resolve(undefined)
    return (this.#found ??= this.#lookFor(checkpoint.saved, sizes!, signal))
  }

  async #lookFor(
    saved: SavedUpload,
    sizes: PartSizeSchedule,
    signal: AbortSignal,
  ): Promise<OpenUpload | FinishedUpload | undefined> {
    const { uploadId, wholeChecksum } = saved
    const { target } = this.#requests
    const created = saved.created === undefined ? undefined : Date.parse(saved.created)
    const listing = await listStoredParts(this.#requests, uploadId, signal)
    if (listing === undefined) return this.#lookForObject(saved, created)
    checkListing(listing, uploadId, target, sizes)
    const told = target.checksum === 'crc32' && listing.sumsWhole ? 'kept' : 'none'
    const hidesMd5 = saved.opaqueEtags === true
    const identity = { uploadId, created, wholeSum: wholeChecksum ?? told, hidesMd5 }
    const upload = MultipartUpload.known(this.#requests, identity)
    this.#isSaved = true
    const bytes = [...listing.parts.values()].reduce((sum, part) => sum + part.size, 0)
    this.#listener.onResume({ uploadId, parts: listing.parts.size, bytes })
    return { upload, listed: listing.parts }
  }

  /** The object of an upload that is gone, if its commit may have been sent and can be proved. */
  async #lookForObject(
    { uploadId, commit, opaqueEtags }: SavedUpload,
    created: number | undefined,
  ): Promise<FinishedUpload | undefined> {
    if (commit === undefined) return undefined
    const etag = opaqueEtags === true ? undefined : commit.etag
    if (etag === undefined && commit.crc32 === undefined) return undefined
    const expected = { size: commit.bytes, etag, crc32: commit.crc32, created }
    const proof = await proveStored(this.#requests, expected)
    if (typeof proof === 'object') return { uploadId, stored: proof, expected }
    if (proof === 'other') return undefined
    const { target } = this.#requests
    const fields = { operation: 'HeadObject', uploadId }
    const why = 'the upload of the checkpoint is gone, and the store does not show the object.'
    throw unknownOutcome(
      new S3Error('AVIO_ERR_READ_FAILED', why, { ...target.location, ...fields }),
      target,
      fields,
    )
  }

  async #save(
    upload: MultipartUpload,
    more: Pick<UploadCheckpoint, 'commit'>,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#resumption === undefined) return
    const { checkpoint, sizes, headerReserve } = this.#resumption
    const { uploadId, created, wholeSum, hidesMd5 } = upload
    const { location, checksum } = this.#requests.target
    const state: UploadCheckpoint = {
      version: 1,
      bucket: location.bucket,
      key: location.key,
      uploadId,
      ...(created !== undefined && { created: new Date(created).toISOString() }),
      partSize: sizes.partSize,
      partGrowth: sizes.partGrowth,
      concurrency: sizes.concurrency,
      ...(headerReserve !== undefined && { headerReserve }),
      checksum,
      wholeChecksum: wholeSum,
      opaqueEtags: hidesMd5,
      ...more,
    }
    const saving = Promise.resolve(state).then(checkpoint.save)
    await untilAborted(saving, signal, () => undefined).catch((error: unknown) => {
      throw signal.aborted ? error : checkpointNotSaved(this.#requests.target, uploadId, error)
    })
    this.#isSaved = true
  }
}
