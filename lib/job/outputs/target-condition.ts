import { join } from 'node:path'
import type { S3Client } from '@aws-sdk/client-s3'
import { S3Error } from '../../errors.js'
import { checkNoFile } from '../../io/file/file-exists.js'
import { type ObjectState, headObject } from '../../s3/commit/head-object.js'
import { isBucketFault } from '../../s3/request/check-bucket.js'
import { type WriteCondition, conditionFailure } from '../../s3/commit/write-condition.js'
import type { JobOutput } from '../schema/job.js'
import { type Location, parseLocation, parsePrefix } from '../schema/location.js'
import { firstThumbnail } from './images.js'

/** Whether the job says what an output may replace. */
export function hasCondition(output: JobOutput): boolean {
  const { ifNoneMatch, ifMatch } = output as WriteCondition
  return ifNoneMatch !== undefined || ifMatch !== undefined
}

/** Where the look is sent, and what it overlooks. */
export interface LookSettings {
  readonly client: S3Client
  readonly signal: AbortSignal | undefined
  /** An object that meets any condition, since this very job has stored it. */
  readonly isOwn: (found: ObjectState) => boolean
  /** What a look has found just now under the keys of outputs that are objects: an ETag, or `null` for nothing. */
  readonly seen?: readonly (string | null)[] | undefined
}

/**
 * Refuses outputs whose conditions (`ifNoneMatch`, `ifMatch`) do not hold, before anything is read: the commit would
 * refuse them as well, but after hours of encoding. Looks at the names that are known before the run: the object, the
 * report, both playlists of a package, the index of a storyboard, the first thumbnail. A store that does not tell is
 * left to the commit.
 *
 * @throws {@link S3Error} `AVIO_ERR_PRECONDITION_FAILED`, `AVIO_ERR_NO_SUCH_BUCKET`, `AVIO_ERR_WRONG_REGION`;
 *   `FileError` `AVIO_ERR_FILE_EXISTS`
 */
export async function checkTargets(outputs: readonly JobOutput[], settings: LookSettings): Promise<void> {
  const looks = outputs.flatMap((output, n) => {
    if (!hasCondition(output)) return []
    const seen = output.type === 'object' ? settings.seen?.[n] : undefined
    return fixedTargets(output).map(location => look(output as WriteCondition, location, settings, seen))
  })
  // The first in the order of the outputs, however long each look takes.
  const refused = (await Promise.allSettled(looks)).find(one => one.status === 'rejected')
  if (refused !== undefined) throw refused.reason
}

/** The targets of an output whose names are known before the run. */
function fixedTargets(output: JobOutput): Location[] {
  switch (output.type) {
    case 'object':
    case 'probe': {
      const location = output.url === undefined ? undefined : parseLocation(output.url)
      return location === undefined ? [] : [location]
    }
    case 'package': {
      const { prefix, playlist = 'main.m3u8', mpd } = output
      return below(prefix, mpd === undefined ? [playlist] : [playlist, mpd])
    }
    case 'thumbnails':
      return below(output.prefix, [firstThumbnail(output.format)])
    case 'storyboard':
      return below(output.prefix, ['storyboard.vtt'])
  }
}

function below(prefix: string, names: readonly string[]): Location[] {
  const place = parsePrefix(prefix)
  if (place?.kind === 's3') return names.map(name => ({ ...place, key: `${place.key}${name}` }))
  return place?.kind === 'file' ? names.map(name => ({ kind: 'file', path: join(place.path, name) })) : []
}

async function look(
  condition: WriteCondition,
  location: Location,
  { client, signal, isOwn }: LookSettings,
  seen: string | null | undefined,
): Promise<void> {
  if (location.kind === 'file') await checkNoFile(location.path)
  if (location.kind !== 's3') return
  if (seen !== undefined) {
    const refused = conditionFailure(condition, location, seen ?? undefined)
    if (refused !== undefined) throw refused
    return
  }
  let found: ObjectState | undefined
  try {
    found = await headObject(client, location, { signal })
  } catch (error) {
    if (!(error instanceof S3Error) || isBucketFault(error)) throw error
    return
  }
  const failure = conditionFailure(condition, location, found?.etag)
  if (failure !== undefined && !(found !== undefined && isOwn(found))) throw failure
}
