import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { PlayerPage } from '../../examples/support/player-page.js'
import { runJob } from '../../lib/job/run-job.js'
import type { JobPackageResult } from '../../lib/job/schema/job-result.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { noBrowser, openPage } from '../support/browser.js'
import { HlsPlayback } from '../support/hls-playback.js'
import { splitSource } from '../support/split.js'
import { packageOf } from '../support/split-package.js'

for (const layout of ['byterange', 'segments'] as const) {
  t.test(
    `hls.js plays a package from pieces, and seeks over its joins (${layout})`,
    { skip: noBrowser },
    async t => {
      const s3 = await LocalS3.start({ buckets: ['masters', 'work', 'web'], publicRead: true })
      const client = new S3Client(s3.clientConfig())
      t.teardown(async () => {
        client.destroy()
        await s3.close()
      })
      await s3.put('masters', 'in', await splitSource({ seconds: 12 }))
      const { outputs } = await runJob(
        {
          ...{ version: 1, inputs: [{ url: 's3://masters/in' }], outputs: [packageOf('talk/', { layout })] },
          split: { work: 's3://work/pieces/', mode: 'required', chunkSeconds: 4 },
        },
        { client },
      )
      const { duration: stated } = outputs[0] as JobPackageResult
      const page = await PlayerPage.start(`${s3.endpoint}/web/talk/main.m3u8`)
      t.teardown(() => page.stop())
      const video = await HlsPlayback.watch(await openPage(t, page.url))
      const levels = await video.levels()
      t.match(levels, [
        { width: 48, height: 32 },
        { width: 96, height: 64 },
      ])
      for (const [index, level] of levels.entries()) {
        await video.choose(index, level)
        t.equal((await video.pictures(3)).length, 3)
      }
      const duration = await video.duration()
      t.ok(Math.abs(duration - stated) < 0.1, `${duration} s of ${stated} s`)
      for (const join of [3.8, 7.8]) {
        await video.seek(join)
        const [first, ...others] = await video.pictures(10)
        t.ok(first! >= join - 0.05 && others.at(-1)! > join + 0.2, `frames at ${others.join(' s, ')} s`)
      }
      await video.ended()
      t.same(await video.failures(), [])
    },
  )
}
