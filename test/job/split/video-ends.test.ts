import t from 'tap'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { videoEnds } from '../../../lib/job/split/video-ends.js'
import { ffmpegToPipe } from '../../support/media.js'
import { splitSource } from '../../support/split.js'

t.test('finds the first and the last frame, by the clock of the source', async t => {
  const source = new BytesSource({ bytes: await splitSource({ rate: '25', seconds: 3 }) })
  const ends = await videoEnds({ source, map: '0:v', start: 1_400_000, duration: 3.1 })
  t.ok(ends !== undefined)
  const { first, end } = ends!
  t.ok(Math.abs(end - first - 3_000_000) < 50, `${first} to ${end}`)
})

t.test('looks further back if the video ends long before the audio', async t => {
  const bytes = await ffmpegToPipe([
    ...['-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=25:d=2', '-f', 'lavfi', '-i', 'sine=r=8000:d=30'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', '-f', 'mpegts'],
  ])
  const ends = await videoEnds({ source: new BytesSource({ bytes }), map: '0:v', start: 0, duration: 30 })
  t.ok(Math.abs(ends!.end - ends!.first - 2_000_000) < 50)
})
