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

/** Options of {@link LocalS3.start}. */
export interface LocalS3Options {
  /** The port on 127.0.0.1: 0 to 65,535. @defaultValue 0: any free port */
  readonly port?: number
  /** Initial buckets. @defaultValue none */
  readonly buckets?: readonly string[]
  /**
   * A directory for buckets and objects, instead of memory, so that they outlive the process (incomplete
   * uploads do not). It is created if missing, and must be empty or from an earlier server.
   * @defaultValue none: in memory
   */
  readonly folder?: string
  /** Stores sizes, ETags and checksums, but no bytes: they read as zeros. Not with `folder`. @defaultValue `false` */
  readonly discard?: boolean
  /** The only accepted access key. @defaultValue `AKIALOCALS3` */
  readonly accessKeyId?: string
  /** Its secret. @defaultValue `local-s3-secret` */
  readonly secretAccessKey?: string
  /** The region requests must be signed for. @defaultValue `us-east-1` */
  readonly region?: string
  /** Minimum size of every part but the last, in bytes: 1 to 5 GiB. @defaultValue 5 MiB, as in S3 */
  readonly minPartSize?: number
  /**
   * Whether bodies are checked against their signed hash. Turning it off makes the server cheaper in
   * benchmarks; signatures of headers are still checked, and all checksums (see `verifyChecksums`).
   * @defaultValue `true`
   */
  readonly verifyPayload?: boolean
  /**
   * Whether checksums and `Content-MD5` are checked against the bytes. Off, a checksum is stored as the client gives
   * it, and computed only where one is needed and none is given: cheaper, for benchmarks.
   * @defaultValue `true`
   */
  readonly verifyChecksums?: boolean
  /**
   * `md5`: the ETag of a single-part object is its MD5. `opaque`: it is random, as in S3 with KMS encryption;
   * cheaper, and it finds clients that rely on the MD5.
   * @defaultValue `md5`
   */
  readonly etag?: 'md5' | 'opaque'
  /**
   * Whether GET and HEAD of objects need no signature, and pages of other origins may read them.
   * @defaultValue `false`
   */
  readonly publicRead?: boolean
  /** The speed of all connections. @defaultValue unlimited */
  readonly pace?: Pace
  /**
   * Serves HTTPS: with a self-signed certificate, or with the given key and certificate (PEM).
   * @defaultValue `false`
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
  'verifyChecksums',
  'etag',
  'publicRead',
  'pace',
  'tls',
] as const satisfies readonly (keyof LocalS3Options)[]

/** Validates the options. */
export function readOptions(options: LocalS3Options): Settings {
  optionsObject(options, 'LocalS3')
  knownOptions(options, 'LocalS3', NAMES)
  const pace = readPace(options.pace ?? {}, 'pace')
  const folder = stringOption(options, 'folder', { default: undefined })
  const discard = booleanOption(options, 'discard', { default: false })
  if (discard && folder !== undefined) {
    throw new OptionError('discard', 'Options "discard" and "folder" are mutually exclusive', discard)
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
    verifyChecksums: booleanOption(options, 'verifyChecksums', { default: true }),
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
