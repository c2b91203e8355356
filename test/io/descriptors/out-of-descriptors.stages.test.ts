import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { LocalS3 } from '../../../lib/testing/index.js'
import { fragmentedMp4, transportStream } from '../../support/media.js'
import { programArgs } from '../../support/program.js'

const STAGES = [
  ...['S3RangeReadable', 'S3MultipartWritable', 'FfmpegTransform by pipe', 'FfmpegTransform by range'],
  ...['FfmpegReadable', 'FfmpegProcess', 'probe', 'keyframes by packets', 'keyframes by index', 'thumbnails'],
  ...['CmafPackager', 'FileWritable'],
]
/** These start a child process, or the range server for it, before anything else. */
const STARTS_FFMPEG = new Set([
  'FfmpegTransform by pipe',
  'FfmpegReadable',
  'FfmpegProcess',
  'probe',
  'thumbnails',
])
const PROGRAM = programArgs(new URL('../../fixtures/without-descriptors.ts', import.meta.url))

t.test('fails every stage with an AvioError and a remedy when no descriptors are left', async t => {
  const s3 = await LocalS3.start({ buckets: ['bkt'] })
  t.teardown(() => s3.close())
  await s3.put('bkt', 'film.mp4', await fragmentedMp4())
  const folder = t.testdir({})
  writeFileSync(join(folder, 'film.ts'), await transportStream())
  const config = JSON.stringify(s3.clientConfig())
  for (const stage of STAGES) {
    const command = 'ulimit -n 256; exec "$@"'
    const args = ['-c', command, 'sh', process.execPath, ...PROGRAM, stage, config, folder]
    const { stdout } = await promisify(execFile)('sh', args, { timeout: 60_000 })
    const end = JSON.parse(stdout) as { end: boolean | 'done'; code: string; message: string }
    t.comment(stage, end)
    if (end.end === 'done') t.pass(stage)
    else {
      const code = STARTS_FFMPEG.has(stage) ? 'AVIO_ERR_DESCRIPTORS' : /^AVIO_ERR_/
      t.match(end, { end: true, code, message: /ulimit -n/ }, stage)
    }
  }
})
