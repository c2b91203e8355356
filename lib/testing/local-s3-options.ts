import {
  booleanOption,
  GiB,
  integerOption,
  knownOptions,
  MiB,
  oneOfOption,
  optionError,
  optionsObject,
  stringOption,
  stringsOption,
} from '../options.js'
import { OptionError } from '../errors.js'
import { type KeyAndCertificate, selfSignedCertificate } from './server/certificate.js'
import { isBucketName } from './store/object-store.js'
import type { ServerSettings } from './operations/operation-context.js'
import { type Pace, readPace } from './wire/pacer.js'
import type { SigningIdentity } from './wire/sigv4.js'

/** What a {@link LocalS3} is started with. */
export interface LocalS3Options {
  /** The port to listen on, on 127.0.0.1. Default: 0, any that is free. */
  readonly port?: number
  /** Buckets to begin with. Default: none. */
  readonly buckets?: readonly string[]
  /**
   * A folder to keep buckets and objects in, in place of memory, so that they outlive the process (uploads that were
   * not completed do not). It is made where there is none; it has to be empty or an earlier server's own.
   */
  readonly folder?: string
  /** Keeps sizes, entity tags and checksums, but no bytes: they read as zeros. Default: false. */
  readonly discard?: boolean
  /** The one access key that is accepted. Default: `AKIALOCALS3`. */
  readonly accessKeyId?: string
  /** Its secret. Default: `local-s3-secret`. */
  readonly secretAccessKey?: string
  /** The region that requests have to be signed for. Default: `us-east-1`. */
  readonly region?: string
  /** The least that every part but the last has to have, in bytes. Default: 5 MiB, S3's own. */
  readonly minPartSize?: number
  /**
   * Whether bodies are checked against their signed hash. Off, the server costs a client's benchmark less; signatures
   * of headers and all checksums are checked all the same. Default: true.
   */
  readonly verifyPayload?: boolean
  /**
   * `md5`: the entity tag of an object in one piece is its MD5. `opaque`: it is random, as on S3 with encryption by
   * KMS; cheaper, and a test of clients that rely on it. Default: `md5`.
   */
  readonly etag?: 'md5' | 'opaque'
  /** Whether GET and HEAD of objects need no signature, and other origins' pages may read them. Default: false. */
  readonly publicRead?: boolean
  /** How fast all connections are. Default: as fast as they can. */
  readonly pace?: Pace
  /**
   * Speaks HTTPS: with a certificate of its own making, or with a key and a certificate (PEM) that are given.
   * Default: false.
   */
  readonly tls?: boolean | KeyAndCertificate
}

/** The options with their defaults. */
export interface Settings extends ServerSettings, SigningIdentity {
  readonly port: number
  readonly buckets: readonly string[]
  readonly folder: string | undefined
  readonly discard: boolean
  readonly region: string
  readonly publicRead: boolean
  readonly pace: Pace
  readonly tls: KeyAndCertificate | undefined
}

const NAMES = [
  'port',
  'buckets',
  'folder',
  'discard',
  'accessKeyId',
  'secretAccessKey',
  'region',
  'minPartSize',
  'verifyPayload',
  'etag',
  'publicRead',
  'pace',
  'tls',
] as const satisfies readonly (keyof LocalS3Options)[]

/** Checks the options. */
export function readOptions(options: LocalS3Options): Settings {
  optionsObject(options, 'LocalS3')
  knownOptions(options, 'LocalS3', NAMES)
  const pace = readPace(options.pace ?? {}, 'pace')
  const folder = stringOption(options, 'folder', { default: undefined })
  const discard = booleanOption(options, 'discard', { default: false })
  if (discard && folder !== undefined) {
    throw new OptionError(
      'discard',
      'Options "discard" and "folder" exclude one another: keep bytes or do not',
      discard,
    )
  }
  return {
    port: integerOption(options, 'port', { min: 0, max: 65_535, default: 0 }),
    buckets: bucketNames(options),
    folder,
    discard,
    accessKeyId: stringOption(options, 'accessKeyId', { default: 'AKIALOCALS3' }),
    secretAccessKey: stringOption(options, 'secretAccessKey', { default: 'local-s3-secret' }),
    region: stringOption(options, 'region', { default: 'us-east-1' }),
    minPartSize: integerOption(options, 'minPartSize', {
      min: 1,
      max: 5 * GiB,
      default: 5 * MiB,
      unit: 'bytes',
    }),
    verifyPayload: booleanOption(options, 'verifyPayload', { default: true }),
    etag: oneOfOption(options, 'etag', { values: ['md5', 'opaque'], default: 'md5' }),
    publicRead: booleanOption(options, 'publicRead', { default: false }),
    pace,
    tls: readTls(options.tls),
  }
}

function readTls(tls: unknown): KeyAndCertificate | undefined {
  if (tls === undefined || tls === false) return undefined
  if (tls === true) return selfSignedCertificate()
  const { key, cert } = (tls ?? {}) as Partial<KeyAndCertificate>
  if (typeof key === 'string' && typeof cert === 'string') return { key, cert }
  throw optionError('tls', 'true, false, or { key, cert } in PEM', tls)
}

function bucketNames(options: LocalS3Options): string[] {
  const names = stringsOption(options, 'buckets')
  const wrong = names.find(name => !isBucketName(name))
  if (wrong === undefined) return names
  throw optionError('buckets', 'names of 3 to 63 lower-case letters, digits, dots and hyphens', wrong)
}
