import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { FaststartMp4 } from '../../lib/mp4/faststart-mp4.js'
import { MiB } from '../../lib/options.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { LocalS3, type S3Call } from '../../lib/testing/index.js'
import { noBrowser, openPage } from '../support/browser.js'
import { bothInputs, ffmpegToPipe, ffmpegToFile, ffprobeJson, FRAGMENTED } from '../support/media.js'
import { AAC, H264_B_FRAMES } from '../support/media.js'
import { Playback } from '../support/playback.js'
import { source } from '../support/uploads.js'

const RATE = 25
/** Twelve seconds in more than one part of 5 MiB. */
const ENCODED = [
  ...bothInputs({ seconds: 12, size: '640x360', rate: RATE }),
  ...H264_B_FRAMES,
  '-qp',
  '4',
  ...AAC,
]

async function openStore(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['web'], publicRead: true })
  t.teardown(() => s3.close())
  return s3
}

/** Opens a page with the video, on another origin than the store's. */
async function openVideo(t: Test, s3: LocalS3, key: string): Promise<Playback> {
  const page = `<!doctype html><video preload="metadata" src="${s3.endpoint}/web/${key}"></video>`
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end(page)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return new Playback(await openPage(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`))
}

/** Serves the first MiB and stalls later requests below `end`: the player has to manage without the rest. */
function holdBack(s3: LocalS3, end: number): void {
  s3.fault({ operation: 'GetObject', stall: MiB })
  s3.fault({ operation: 'GetObject', times: Infinity, when: call => startOf(call) < end, stall: true })
}

function startOf({ range = '' }: S3Call): number {
  return Number(/^bytes=(\d+)-/.exec(range)?.[1])
}

/** The first byte of each request for the video. */
function starts(s3: LocalS3): number[] {
  return s3.calls.map(startOf)
}

t.test('plays, seeks and shows the length of a progressive MP4 from S3', { skip: noBrowser }, async t => {
  const s3 = await openStore(t)
  const client = new S3Client(s3.clientConfig())
  t.teardown(() => client.destroy())
  const target = { client, bucket: 'web', key: 'talk.mp4', contentType: 'video/mp4', partSize: 5 * MiB }
  const sink = new S3MultipartWritable(target)
  await pipeline(source(await ffmpegToPipe([...ENCODED, ...FRAGMENTED])), new FaststartMp4(), sink)
  t.equal((await sink.result).parts, 2)

  const stored = (await s3.get('web', 'talk.mp4'))!
  s3.clearCalls()
  holdBack(s3, stored.length / 2)
  const video = await openVideo(t, s3, 'talk.mp4')
  const { format } = await ffprobeJson<{ format: { duration: string } }>(stored, ['-show_format'])
  const duration = await video.duration()
  t.ok(
    Math.abs(duration - Number(format.duration)) <= 1 / RATE,
    `${duration} s, ${format.duration} s according to ffprobe`,
  )
  t.ok(Math.abs(duration - 12) <= 1 / RATE, `${duration} s of 12 s`)
  const first = await video.pictures(5)
  t.ok(
    first[0]! < 2 && first.every((time, n) => n === 0 || time > first[n - 1]!),
    `frames at ${first.join(' s, ')} s`,
  )
  t.ok(
    starts(s3).every(start => start < stored.length / 2),
    'the player reads only the first half',
  )

  await video.seek(0.8 * duration)
  const after = await video.pictures(5)
  t.ok(after[0]! >= 0.8 * duration - 1 / RATE, `frames at ${after.join(' s, ')} s`)
  t.ok(after[4]! > after[0]!)
  t.ok(
    starts(s3).some(start => start > stored.length / 2),
    `requests start at bytes ${starts(s3).join()} of ${stored.length}`,
  )
  await video.ended()
  t.match(await video.state(), { width: 640, height: 360, error: null })
  t.ok(Math.abs((await video.state()).time - duration) <= 1 / RATE, 'playback reaches the end')
})

t.test('reads the end of an MP4 first if its index is last', { skip: noBrowser }, async t => {
  const s3 = await openStore(t)
  const media = await ffmpegToFile(ENCODED, 'index-last.mp4')
  await s3.put('web', 'talk.mp4', media, { contentType: 'video/mp4' })
  holdBack(s3, media.length / 2)
  const video = await openVideo(t, s3, 'talk.mp4')
  await video.duration()
  t.ok(
    starts(s3).some(start => start > media.length / 2),
    'the player reads the second half, which the test above rules out',
  )
})
