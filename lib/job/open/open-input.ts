import { Transform, type Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { tooManyBytes } from '../../ffmpeg/limits/limit-errors.js'
import type { RandomAccess } from '../../io/random-access.js'
import { FileSource } from '../../io/sources/file-source.js'
import { HttpSource } from '../../io/sources/http-source.js'
import { S3Source } from '../../s3/s3-source.js'
import type { HttpAllow } from '../../io/sources/http-allow.js'
import type { JobInput } from '../schema/job.js'
import type { ReadVersion } from '../schema/job-result.js'
import { type Location, shownLocation } from '../schema/location.js'

/** Settings for opening inputs. */
export interface OpenSettings {
  readonly client: S3Client | undefined
  readonly http: HttpAllow
  readonly stdin: Readable | undefined
  readonly signal: AbortSignal
  readonly maxInputBytes: number
}

/** An open input: all of its readers read the same version. */
export interface OpenInput {
  /** The source; `undefined` for standard input, which can be read once. */
  readonly source: RandomAccess | undefined
  /** Creates a sequential reader; a stage that seeks finds its random access. */
  readonly stream: () => Readable
  /** Size and version, once they are known. */
  readonly version: () => Promise<ReadVersion>
}

/**
 * Opens an input and checks its size.
 *
 * @param location - its location, checked by the policy
 */
export async function openInput(
  input: JobInput,
  location: Location,
  settings: OpenSettings,
): Promise<OpenInput> {
  const { url } = input
  if (location.kind === 'stdio') return openStdin(settings)
  const source = sourceAt(input, location, settings)
  const size = await source.size(settings.signal)
  if (size > settings.maxInputBytes)
    throw tooManyBytes(`${shownLocation(url)} has ${size} bytes,`, settings.maxInputBytes)
  return {
    source,
    stream: () => source.createReadStream(),
    version: async () => ({ bytes: await source.size(), ...versionOf(source) }),
  }
}

function sourceAt(
  { etag, versionId }: JobInput,
  location: Exclude<Location, { kind: 'stdio' }>,
  { client, http }: OpenSettings,
): S3Source | HttpSource | FileSource {
  if (location.kind === 's3') {
    return new S3Source({ client, bucket: location.bucket, key: location.key, etag, versionId })
  }
  if (location.kind === 'http') return new HttpSource({ url: location.url, etag, allow: http })
  return new FileSource({ path: location.path, etag })
}

function versionOf(source: S3Source | HttpSource | FileSource): ReadVersion {
  const { etag, versionId } = source instanceof S3Source ? (source.info ?? {}) : { etag: source.etag }
  return { ...(etag !== undefined && { etag }), ...(versionId !== undefined && { versionId }) }
}

function openStdin({ stdin, maxInputBytes }: OpenSettings): OpenInput {
  let bytes = 0
  const count = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytes += chunk.length
      if (bytes > maxInputBytes)
        callback(tooManyBytes(`Standard input has ${bytes} bytes or more,`, maxInputBytes))
      else callback(null, chunk)
    },
  })
  return {
    source: undefined,
    stream: () => {
      stdin!.on('error', error => count.destroy(error))
      return stdin!.pipe(count)
    },
    version: () => Promise.resolve({ bytes }),
  }
}
