import { S3Client } from '@aws-sdk/client-s3'
import { runJob } from '../../../lib/job/run-job.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { type FilmJob, PLACES, digest, film, filmJob } from './film.js'

const known = new Map<string, Promise<string>>()

/** The digest of what a job makes of the film in this process, without any fault. */
export function reference(settings: FilmJob = {}, ffmpegPath?: string): Promise<string> {
  const name = JSON.stringify([settings, ffmpegPath])
  let found = known.get(name)
  if (found === undefined) known.set(name, (found = made(settings, ffmpegPath)))
  return found
}

async function made(settings: FilmJob, ffmpegPath: string | undefined): Promise<string> {
  const s3 = await LocalS3.start({ buckets: ['case'] })
  const client = new S3Client(s3.clientConfig())
  try {
    await s3.put('case', PLACES.source, await film())
    await runJob(filmJob('case', settings), { client, ffmpegPath, concurrency: 2 })
    return digest((await s3.get('case', PLACES.target))!)
  } finally {
    client.destroy()
    await s3.close()
  }
}
