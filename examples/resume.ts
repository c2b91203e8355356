/**
 * A long copy that goes on where an earlier run ended: kill it, run it again, and it sends only what is missing.
 *
 *   npx tsx examples/resume.ts s3://masters/talk.mov s3://archive/talk.mov talk.checkpoint.json
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import {
  S3MultipartWritable,
  S3RangeReadable,
  type S3UploadSettings,
  type UploadCheckpoint,
  type UploadResult,
} from 'avio-streams'
import { bytes } from './support/format.js'

export async function main(
  [from, to, file]: readonly string[],
  options: S3UploadSettings = {},
): Promise<UploadResult> {
  if (from === undefined || to === undefined || file === undefined)
    throw new Error('Usage: resume.ts s3://bucket/source s3://bucket/target checkpoint.json')
  const saved = await readState(file)
  const sink = new S3MultipartWritable({
    ...options,
    uri: to,
    checkpoint: { ...saved, save: state => writeState(file, state) },
  })
  sink.on('resume', upload => console.log(`${bytes(upload.bytes)} are there already`))
  await pipeline(new S3RangeReadable({ client: options.client, uri: from }), sink)
  const result = await sink.result
  await rm(file, { force: true })
  console.log(`${to}: ${bytes(result.bytes)}`)
  return result
}

async function readState(file: string): Promise<UploadCheckpoint | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as UploadCheckpoint
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Under its name in one step: a killed process leaves the old state or the new one, never a half. */
async function writeState(file: string, state: UploadCheckpoint): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(state))
  await rename(`${file}.new`, file)
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
