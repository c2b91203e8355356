import { randomUUID } from 'node:crypto'
import { finished } from 'node:stream/promises'
import { buffer } from 'node:stream/consumers'
import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { isError } from '../../errors.js'
import { locateFfmpeg } from '../../ffmpeg/binary/locate-ffmpeg.js'
import { locateFfprobe } from '../../ffmpeg/binary/locate-ffprobe.js'
import { versionOf } from '../../ffmpeg/binary/read-version.js'
import { remarkOn } from '../../ffmpeg/binary/version.js'
import { childEnvironment } from '../../ffmpeg/child/environment.js'
import { runTool } from '../../ffmpeg/child/run-tool.js'
import { parsePrefix } from '../../job/schema/location.js'
import { S3MultipartWritable } from '../../s3/s3-multipart-writable.js'
import { S3Source } from '../../s3/s3-source.js'
import { inOwnOptions } from '../arguments/callers-words.js'
import { SHARED, readWords } from '../arguments/own-options.js'
import { usageError } from '../arguments/usage-error.js'
import { EXIT, exitCodeOf } from '../report/exit-code.js'
import type { Context } from './context.js'
import { storeClient } from './store-client.js'

/** Encoders that the documented command lines use, with what lacks without them. */
const ENCODERS: Readonly<Record<string, string>> = {
  libx264: 'H.264',
  libx265: 'HEVC',
  'libvpx-vp9': 'VP9',
  libsvtav1: 'AV1',
  aac: 'AAC',
  libopus: 'Opus',
  libmp3lame: 'MP3',
}

const MiB = 1024 * 1024

/** Runs checks one after the other, and says of each how it went. */
class Checks {
  exitCode: number = EXIT.done
  readonly #context: Context
  readonly #isJson: boolean

  constructor(context: Context, isJson: boolean) {
    this.#context = context
    this.#isJson = isJson
  }

  /**
   * @param failure - the exit code for an error that has none of its own
   * @returns what the check found; `undefined` if it failed
   */
  async run<Found>(
    name: string,
    check: () => Promise<{ found: Found; text: string }>,
    failure: number = EXIT.store,
  ): Promise<Found | undefined> {
    try {
      const { found, text } = await check()
      this.#tell(name, true, text)
      return found
    } catch (error) {
      this.#context.signal.throwIfAborted()
      this.#tell(name, false, isError(error) ? inOwnOptions(error).message : String(error))
      if (this.exitCode === EXIT.done)
        this.exitCode = exitCodeOf(error) === EXIT.fault ? failure : exitCodeOf(error)
      return undefined
    }
  }

  #tell(name: string, ok: boolean, text: string): void {
    const line = this.#isJson
      ? JSON.stringify({ check: name, ok, text })
      : `${ok ? '✔' : '✖'} ${name.padEnd(12)} ${text}`
    this.#context.stdout.write(`${line}\n`)
  }
}

/**
 * `avio-streams doctor [s3://bucket/prefix/]`: whether ffmpeg and the store are as jobs need them, and what to fix.
 * With a bucket it stores 6 MiB in two parts under a random key, reads a part of that, and deletes it.
 */
export async function doctorCommand(words: readonly string[], context: Context): Promise<number> {
  const { values, words: places } = readWords(words, SHARED)
  const [place, ...more] = places
  const location = place === undefined ? undefined : parsePrefix(place.endsWith('/') ? place : `${place}/`)
  if (more.length > 0 || (place !== undefined && location?.kind !== 's3'))
    throw usageError(
      'doctor',
      'Name at most one bucket, or a prefix in it: avio-streams doctor s3://bucket/prefix/.',
    )
  const { signal } = context
  const checks = new Checks(context, values.json === true)
  const path = await checks.run('ffmpeg', () => checkFfmpeg(values.ffmpeg, signal), EXIT.ffmpeg)
  if (path !== undefined) await checks.run('encoders', () => checkEncoders(path, signal), EXIT.ffmpeg)
  await checks.run('ffprobe', () => checkFfprobe(values.ffprobe, values.ffmpeg), EXIT.ffmpeg)
  const client = storeClient(values)
  try {
    await checks.run('region', () => checkRegion(client))
    await checks.run('endpoint', () => checkEndpoint(client))
    await checks.run('credentials', () => checkCredentials(client))
    if (location?.kind === 's3') await checkBucket(location.bucket, location.key, client, checks, signal)
  } finally {
    client.destroy()
  }
  return checks.exitCode
}

async function checkFfmpeg(option: string | undefined, signal: AbortSignal) {
  const { path, from } = await locateFfmpeg(option)
  const version = await versionOf(path, childEnvironment({}), signal)
  const remark = remarkOn(path, version)
  return {
    found: path,
    text: `${version?.name ?? 'of unknown version'} (${path}, by ${from})${remark === undefined ? '' : `. ${remark}`}`,
  }
}

async function checkEncoders(path: string, signal: AbortSignal) {
  let list = ''
  const command = { path, args: ['-hide_banner', '-encoders'], env: childEnvironment({}), signal }
  await runTool(command, { onStdout: chunk => (list += chunk.toString()) })
  const has = (name: string) => new RegExp(`^ [VA][\\w.]{5} ${name} `, 'm').test(list)
  const missing = Object.keys(ENCODERS).filter(name => !has(name))
  const present = Object.keys(ENCODERS).filter(has)
  const lack = missing.map(name => `${name} (${ENCODERS[name]!})`).join(', ')
  return {
    found: present,
    text: `${present.join(', ')}${missing.length === 0 ? '' : `; not in this build: ${lack}`}`,
  }
}

async function checkFfprobe(option: string | undefined, ffmpeg: string | undefined) {
  const located = await locateFfprobe(option, ffmpeg)
  return { found: located, text: located?.path ?? 'none: ffmpeg itself is used instead' }
}

async function checkRegion(client: S3Client) {
  try {
    const region = await client.config.region()
    return { found: region, text: region }
  } catch (cause) {
    throw new Error(
      'none is set: set AWS_REGION or add --region, such as us-east-1 for a store that has no regions',
      { cause },
    )
  }
}

async function checkEndpoint(client: S3Client) {
  const { endpoint } = client.config
  // The SDK has the two as options, and keeps them as functions.
  const { forcePathStyle, serviceConfiguredEndpoint } = client.config as unknown as {
    forcePathStyle?: boolean | (() => Promise<boolean>)
    serviceConfiguredEndpoint?: () => Promise<string | undefined>
  }
  const custom = endpoint === undefined ? undefined : await endpoint()
  const url =
    custom === undefined
      ? await serviceConfiguredEndpoint?.()
      : `${custom.protocol}//${custom.hostname}${custom.port === undefined ? '' : `:${custom.port}`}`
  const isPath = typeof forcePathStyle === 'function' ? await forcePathStyle() : forcePathStyle
  const style = isPath === true ? 'the bucket in the path' : 'the bucket in the host name'
  return { found: url, text: `${url ?? 'AWS'}, ${style}` }
}

async function checkCredentials(client: S3Client) {
  try {
    const { expiration } = await client.config.credentials()
    const until = expiration === undefined ? '' : `, valid until ${expiration.toISOString()}`
    return { found: true, text: `found${until}` }
  } catch (cause) {
    const why = isError(cause) ? cause.message : String(cause)
    throw new Error(
      `none were found (${why}): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --profile`,
      { cause },
    )
  }
}

async function checkBucket(
  bucket: string,
  prefix: string,
  client: S3Client,
  checks: Checks,
  signal: AbortSignal,
): Promise<void> {
  const key = `${prefix}avio-streams-doctor-${randomUUID()}`
  const bytes = Buffer.alloc(6 * MiB, 'avio-streams doctor ')
  const stored = await checks.run('write', async () => {
    const sink = new S3MultipartWritable({ client, bucket, key, partSize: 5 * MiB, signal })
    sink.end(bytes)
    await finished(sink).catch(() => undefined)
    const { parts } = await sink.result
    return { found: true, text: `${bytes.length / MiB} MiB in ${parts} parts to s3://${bucket}/${prefix}` }
  })
  if (stored === undefined) return
  try {
    await checks.run('read', async () => {
      const [start, end] = [5 * MiB - 100, 5 * MiB + 99]
      const source = new S3Source({ client, bucket, key })
      const read = await buffer(source.createReadStream({ start, end, signal }))
      if (!read.equals(bytes.subarray(start, end + 1)))
        throw new Error('other bytes came back than were stored')
      return { found: true, text: `bytes ${start} to ${end}, across both parts` }
    })
  } finally {
    await checks.run('delete', async () => {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
      return { found: true, text: 'nothing is left' }
    })
  }
}
