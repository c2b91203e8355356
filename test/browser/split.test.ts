import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { runJob } from '../../lib/job/run-job.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { noBrowser, openPage } from '../support/browser.js'
import { Playback } from '../support/playback.js'
import { AS_MP4, splitSource } from '../support/split.js'

const RATE = 25
const SECONDS = 10
const CHUNK = 3

t.test(
  'an object made in pieces plays to its end, and seeks over its joins',
  { skip: noBrowser },
  async t => {
    const s3 = await LocalS3.start({ buckets: ['masters', 'work', 'web'], publicRead: true })
    const client = new S3Client(s3.clientConfig())
    t.teardown(async () => {
      client.destroy()
      await s3.close()
    })
    const source = await splitSource({ seconds: SECONDS, size: '320x180', rate: String(RATE), more: AS_MP4 })
    await s3.put('masters', 'film', source)
    await runJob(
      {
        version: 1,
        inputs: [{ url: 's3://masters/film' }],
        outputs: [
          {
            ...{ type: 'object', url: 's3://web/film.mp4', format: 'mp4', layout: 'file' },
            ...{ video: { codec: 'h264', preset: 'ultrafast' }, audio: { codec: 'aac' } },
          },
        ],
        split: { work: 's3://work/', mode: 'required', chunkSeconds: CHUNK, gop: RATE },
      },
      { client, concurrency: 2 },
    )
    const server = createServer((_request, response) => {
      const page = `<!doctype html><video preload="auto" src="${s3.endpoint}/web/film.mp4"></video>`
      response.setHeader('content-type', 'text/html').end(page)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const video = new Playback(await openPage(t, url))
    const duration = await video.duration()
    t.ok(Math.abs(duration - SECONDS) < 0.1, `${duration} s of ${SECONDS} s`)
    const onGrid = (time: number) => Math.abs(time * RATE - Math.round(time * RATE)) < 0.1
    // Backwards, so that each join is reached by a seek, and not by playing on.
    for (const join of [9, 6, 3]) {
      const before = join - 2 / RATE
      await video.seek(before + 0.5 / RATE)
      const times = await video.pictures(6)
      t.ok(times.every(onGrid), `frames at ${times.join(' s, ')} s`)
      t.ok(times[0]! >= before - 1 / RATE, 'from the place sought on')
      t.ok(times.at(-1)! >= join, 'over the join')
      await video.seek(join + 0.5 / RATE)
      t.ok((await video.pictures(1))[0]! >= join, 'to the first frame of a chunk')
    }
    await video.seek(0)
    await video.ended()
    const { time, error, width } = await video.state()
    t.match({ error, width }, { error: null, width: 320 })
    t.ok(Math.abs(time - duration) <= 2 / RATE, 'playback reaches the end')
  },
)
