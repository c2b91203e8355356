import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { PlayerPage } from '../../examples/support/player-page.js'
import { CmafPackager } from '../../lib/hls/cmaf-packager.js'
import type { PresentationLayout } from '../../lib/hls/presentation/presentation.js'
import { S3Storage } from '../../lib/hls/storage/s3-storage.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { noBrowser, openPage } from '../support/browser.js'
import { HlsPlayback } from '../support/hls-playback.js'
import { AAC, audioInput, FRAGMENTED, ffmpegToPipe, H264_B_FRAMES, videoInput } from '../support/media.js'
import { source } from '../support/uploads.js'

const SECONDS = 16
/** Video in two sizes with the same key frames, and audio. */
const RENDITIONS = {
  '90p': [...videoInput({ seconds: SECONDS }), ...H264_B_FRAMES],
  '180p': [...videoInput({ seconds: SECONDS, size: '320x180' }), ...H264_B_FRAMES],
  audio: [...audioInput({ seconds: SECONDS }), ...AAC],
}

/** Packages the renditions into an in-process S3, and opens a page that plays them from there. */
async function openLadder(t: Test, layout: PresentationLayout) {
  const s3 = await LocalS3.start({ buckets: ['web'], publicRead: true })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  const storage = new S3Storage({ client, bucket: 'web', prefix: 'talk/' })
  const packager = new CmafPackager({ storage, layout, targetDuration: 2 })
  const renditions = Object.entries(RENDITIONS).map(([name, args]) => ({
    args,
    to: packager.rendition({ name }),
  }))
  for (const { args, to } of renditions) {
    await pipeline(source(await ffmpegToPipe([...args, ...FRAGMENTED])), to)
  }
  const { presentation } = await packager.result
  const page = await PlayerPage.start(`${s3.endpoint}/web/talk/main.m3u8`)
  t.teardown(() => page.stop())
  return { s3, presentation, video: await HlsPlayback.watch(await openPage(t, page.url)) }
}

for (const layout of ['segments', 'byterange'] as const) {
  t.test(`plays, switches and seeks in hls.js with layout "${layout}"`, { skip: noBrowser }, async t => {
    const { presentation, video } = await openLadder(t, layout)
    const levels = await video.levels()
    t.match(levels, [
      { width: 160, height: 90, videoCodec: /^avc1\./, audioCodec: 'mp4a.40.2' },
      { width: 320, height: 180, videoCodec: /^avc1\./, audioCodec: 'mp4a.40.2' },
    ])
    t.equal(levels.length, 2)

    for (const [index, level] of levels.entries()) {
      await video.choose(index, level)
      const times = await video.pictures(3)
      t.ok(times[2]! > times[0]!, `${level.width} × ${level.height} at ${times.join(' s, ')} s`)
      t.match(await video.state(), { width: level.width, height: level.height, error: null })
    }
    t.same(
      (await video.switched()).slice(-2),
      [0, 1],
      'the player switches from the first level to the second',
    )

    const duration = await video.duration()
    t.ok(Math.abs(duration - presentation.duration) < 0.1, `${duration} s of ${presentation.duration} s`)
    await video.seek(0.8 * duration)
    const after = await video.pictures(5)
    t.ok(after[0]! >= 0.8 * duration - 0.04 && after[4]! > after[0]!, `frames at ${after.join(' s, ')} s`)
    await video.ended()
    t.same(await video.failures(), [])
  })
}
