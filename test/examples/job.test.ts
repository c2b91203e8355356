import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import t from 'tap'
import { main } from '../../examples/job.js'
import type { Job } from '../../lib/job/schema/job.js'
import { ffprobeJson, indexLastMp4 } from '../support/media.js'

t.test('runs the job of a file', async t => {
  const folder = t.testdir()
  await writeFile(join(folder, 'in.mp4'), await indexLastMp4({ seconds: 2 }))
  const here = relative(process.cwd(), folder)
  const video = { codec: 'h264', height: 144, preset: 'ultrafast' } as const
  const job: Job = {
    version: 1,
    inputs: [{ url: join(here, 'in.mp4') }],
    outputs: [
      { type: 'object', url: join(here, 'out.mp4'), format: 'mp4', layout: 'file', video, audio: 'copy' },
      { type: 'thumbnails', prefix: `${join(here, 'pictures')}/`, count: 2, width: 64 },
    ],
  }
  await writeFile(join(folder, 'job.json'), JSON.stringify(job))
  const { outputs } = await main([join(folder, 'job.json')])
  t.match(outputs, [{ type: 'object' }, { type: 'thumbnails' }])
  const { streams } = await ffprobeJson<{ streams: unknown[] }>(await readFile(join(folder, 'out.mp4')), [
    ...['-show_entries', 'stream=codec_name,height'],
  ])
  t.match(streams[0], { codec_name: 'h264', height: 144 })
  t.ok((await readFile(join(folder, 'pictures', 'thumbnail-00002.jpg'))).length > 0)
})

t.test('prints the usage for too few arguments', async t => {
  await t.rejects(main([]), { message: /^Usage/ })
})
