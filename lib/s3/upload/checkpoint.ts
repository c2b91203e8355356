import {
  functionOption,
  integerOption,
  knownOptions,
  objectOption,
  optionError,
  show,
  stringOption,
} from '../../options.js'
import { MAX_PARTS, MAX_PART_SIZE } from './part-size-schedule.js'
import type { S3Location } from '../request/s3-location.js'
import type { UploadChecksum } from './upload-commands.js'

/**
 * What another process needs to resume a multipart upload: plain JSON of a few hundred bytes, which contains no
 * secret. `save` receives it; keep it until the object is stored, then remove it.
 */
export interface UploadCheckpoint {
  /** The version of this format. */
  version: 1
  /** The bucket. */
  bucket: string
  /** The object's key. */
  key: string
  /** The upload's id. */
  uploadId: string
  /** Time of creation, by the store's clock, as an ISO 8601 string; absent if the store does not report it. */
  created?: string | undefined
  /** The option `partSize` with which the upload began, in bytes. */
  partSize: number
  /** The option `partGrowth` with which it began. */
  partGrowth: boolean
  /** The option `concurrency` with which it began: sizes from part 2,001 on depend on it. */
  concurrency: number
  /** The option `headerReserve` with which it began, in bytes. */
  headerReserve?: number | undefined
  /** The option `checksum` with which it began. */
  checksum: UploadChecksum
  /** Whether the store computes a checksum of the whole object: agreed at the creation of the upload. */
  wholeChecksum: 'kept' | 'asked' | 'none'
  /** Whether the ETags of the parts are known not to be MD5s, as under SSE-KMS. */
  opaqueEtags: boolean
  /** The resulting object. Set just before the commit. */
  commit?: UploadCheckpointCommit | undefined
}

/** The properties by which a later process recognizes the resulting object. */
export interface UploadCheckpointCommit {
  /** The object's size, in bytes. */
  bytes: number
  /** The ETag that follows from the ETags of the parts, with its quotes, if they are MD5s. */
  etag?: string | undefined
  /** The CRC-32 of all bytes, as an unsigned integer, with `checksum: 'crc32'`. */
  crc32?: number | undefined
}

/**
 * The option `checkpoint` of {@link S3MultipartWritable}: `save`, and the state saved by an earlier process, completely
 * (`{ ...saved, save }`) or only its `uploadId`.
 */
export type UploadCheckpointOption = {
  [Name in keyof UploadCheckpoint]?: UploadCheckpoint[Name] | undefined
} & {
  /**
   * Keeps the state for a later process. Called, and awaited, once the upload exists and before its first part is sent;
   * again just before the commit; and for the upload that replaces a vanished one. If it throws or rejects, the stream
   * fails with `AVIO_ERR_CHECKPOINT_SAVE`; an upload whose id was never saved is aborted.
   */
  save: (state: UploadCheckpoint) => unknown
}

/** The known state of the upload to resume. */
export type SavedUpload = Partial<UploadCheckpoint> & { readonly uploadId: string }

/** The option in internal form. */
export interface Checkpoint {
  /** The upload to resume, if any. */
  readonly saved: SavedUpload | undefined
  readonly save: (state: UploadCheckpoint) => unknown
}

/** Options that determine the boundaries and checksums of parts: they can't change during an upload. */
const FIXED = ['partSize', 'partGrowth', 'headerReserve', 'checksum'] as const

const NAMES = [
  'save',
  'version',
  'bucket',
  'key',
  'uploadId',
  'created',
  ...FIXED,
  'concurrency',
  'wholeChecksum',
  'opaqueEtags',
  'commit',
]

/** Reads and checks the option `checkpoint`. */
export function checkpointOption(options: object, location: S3Location): Checkpoint | undefined {
  const given = objectOption<UploadCheckpointOption>(options, 'checkpoint')
  if (given === undefined) return undefined
  knownOptions(given, 'checkpoint', NAMES)
  const save = functionOption<Checkpoint['save']>(given, 'checkpoint.save')
  if (save === undefined) throw optionError('checkpoint.save', 'a function', undefined)
  const uploadId = stringOption(given, 'checkpoint.uploadId', { default: undefined })
  if (uploadId === undefined) return { saved: undefined, save }
  if (given.version !== undefined && (given.version as number) !== 1)
    throw optionError('checkpoint.version', '1, the only version that this release reads', given.version)
  for (const name of ['bucket', 'key'] as const) {
    if (given[name] !== undefined && given[name] !== location[name])
      throw optionError(`checkpoint.${name}`, `${show(location[name])}, as the option "${name}"`, given[name])
  }
  const { created } = given
  if (created !== undefined && Number.isNaN(Date.parse(created)))
    throw optionError('checkpoint.created', 'a date in ISO 8601', created)
  const max = MAX_PARTS * MAX_PART_SIZE
  integerOption(objectOption(given, 'checkpoint.commit') ?? {}, 'checkpoint.commit.bytes', {
    min: 0,
    max,
    default: 0,
  })
  // Without save(), the rest is the saved state.
  const state: Partial<UploadCheckpointOption> = { ...given }
  delete state.save
  return { saved: { ...(state as Partial<UploadCheckpoint>), uploadId }, save }
}

/**
 * Completes the options with those at the start of the upload to resume.
 *
 * @throws {@link OptionError} `AVIO_ERR_OPTION` for a changed option
 */
export function withSaved(options: object, checkpoint: Checkpoint | undefined): object {
  const saved = checkpoint?.saved
  if (saved === undefined) return options
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  for (const name of FIXED) {
    const isKnown = saved[name] !== undefined || saved.version !== undefined
    if (given[name] === undefined || !isKnown || given[name] === saved[name]) continue
    const began = saved[name] === undefined ? 'omitted' : show(saved[name])
    throw optionError(name, `${began}, as when upload ${saved.uploadId} began`, given[name])
  }
  const { partSize, partGrowth, headerReserve, checksum, concurrency } = saved
  return { partSize, partGrowth, headerReserve, checksum, concurrency, ...given }
}
