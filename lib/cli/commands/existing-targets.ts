import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { FileError, S3Error } from '../../errors.js'
import type { Job, JobOutput } from '../../job/schema/job.js'
import { type Location, parseLocation, parsePrefix } from '../../job/schema/location.js'

/**
 * Refuses a job whose targets exist, before anything is read: what `ifNoneMatch` would refuse at the end, after hours
 * of encoding; and packages and pictures, which have no such condition: of those it looks for the object that the next
 * run would replace. A store that doesn't say (403) is left to the end.
 *
 * @throws {@link S3Error} `AVIO_ERR_PRECONDITION_FAILED`; {@link FileError} `AVIO_ERR_FILE_EXISTS`
 */
export async function refuseExisting(job: Job, client: S3Client, signal: AbortSignal): Promise<void> {
  for (const location of job.outputs.flatMap(targetsOf)) {
    if (location.kind === 's3' && (await isObject(location, client, signal))) {
      const { bucket, key } = location
      throw new S3Error(
        'AVIO_ERR_PRECONDITION_FAILED',
        `s3://${bucket}/${key} exists. Nothing was read or written. Add -y to replace it.`,
        { bucket, key, operation: 'HeadObject' },
      )
    }
    if (location.kind === 'file' && (await isFile(location.path))) {
      const { path } = location
      const message = `${path} exists. Nothing was read or written. Add -y to replace it.`
      throw new FileError('AVIO_ERR_FILE_EXISTS', message, { path })
    }
  }
}

/** What a run of this output would replace. */
function targetsOf(output: JobOutput): Location[] {
  if (!('prefix' in output)) {
    const location = output.url === undefined ? undefined : parseLocation(output.url)
    return location === undefined ? [] : [location]
  }
  const names = {
    package: () => [output.type === 'package' ? (output.playlist ?? 'main.m3u8') : ''],
    thumbnails: () => ['thumbnail-00001.jpg', 'thumbnail-00001.png', 'thumbnail-00001.webp'],
    storyboard: () => ['storyboard.vtt'],
  }[output.type]()
  const prefix = parsePrefix(output.prefix)
  if (prefix?.kind === 's3') return names.map(name => ({ ...prefix, key: `${prefix.key}${name}` }))
  return prefix?.kind === 'file' ? names.map(name => ({ kind: 'file', path: join(prefix.path, name) })) : []
}

async function isObject(
  { bucket, key }: { bucket: string; key: string },
  client: S3Client,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal })
    return true
  } catch {
    // Whatever else is wrong with the store, the job itself will say.
    signal.throwIfAborted()
    return false
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}
