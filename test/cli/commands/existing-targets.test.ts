import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { LocalS3 } from '../../../lib/testing/local-s3.js'
import { refuseExisting } from '../../../lib/cli/commands/existing-targets.js'
import type { JobOutput } from '../../../lib/job/schema/job.js'
import { jobOf } from '../../support/jobs.js'

const s3 = await LocalS3.start({ buckets: ['web'] })
const client = new S3Client({ ...s3.clientConfig(), maxAttempts: 1 })
const folder = await mkdtemp(join(tmpdir(), 'avio-streams-cli-'))
t.teardown(async () => {
  client.destroy()
  await s3.close()
  await rm(folder, { recursive: true, force: true })
})

const OUTPUTS: Record<string, JobOutput> = {
  'a b/%41.mp4': { type: 'object', url: 's3://web/a b/%41.mp4', format: 'mp4' },
  'p/main.m3u8': { type: 'package', prefix: 's3://web/p/', renditions: [{ name: 'a' }] },
  'q/x.m3u8': { type: 'package', prefix: 's3://web/q/', playlist: 'x.m3u8', renditions: [{ name: 'a' }] },
  't/thumbnail-00001.png': { type: 'thumbnails', prefix: 's3://web/t/', count: 1 },
  'storyboard.vtt': { type: 'storyboard', prefix: 's3://web/', count: 1 },
  'r.json': { type: 'probe', url: 's3://web/r.json' },
}
const never = new AbortController().signal
const check = (output: JobOutput, signal = never) => refuseExisting(jobOf([output]), client, signal)

t.test('looks for what each kind of output would replace', async t => {
  for (const [key, output] of Object.entries(OUTPUTS)) {
    await check(output)
    await s3.put('web', key, Buffer.from('x'))
    await t.rejects(check(output), { code: 'AVIO_ERR_PRECONDITION_FAILED', key, bucket: 'web' }, key)
    s3.delete('web', key)
  }
  await check({ type: 'probe' })
  await check({ type: 'object', url: '-', format: 'nut' })
})

t.test('looks for files, too', async t => {
  const path = join(folder, 'thumbnail-00001.jpg')
  const outputs: JobOutput[] = [
    { type: 'object', url: path, format: 'mjpeg' },
    { type: 'thumbnails', prefix: `${folder}/`, count: 1 },
  ]
  for (const output of outputs) await check(output)
  await writeFile(path, 'x')
  for (const output of outputs) await t.rejects(check(output), { code: 'AVIO_ERR_FILE_EXISTS', path })
})

t.test('leaves it to the job if the store does not say', async t => {
  s3.fault({ operation: 'HeadObject', status: 403 })
  await t.resolves(check(OUTPUTS['r.json']!))
  s3.clearFaults()
})

t.test('stops at the signal', async t => {
  const over = new AbortController()
  over.abort(new Error('over'))
  await t.rejects(check(OUTPUTS['r.json']!, over.signal), { message: 'over' })
})
