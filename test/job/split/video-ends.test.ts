import t from 'tap'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { videoEnds } from '../../../lib/job/split/video-ends.js'
import { ffmpegFromFile, ffmpegToFile, ffmpegToPipe } from '../../support/media.js'
import { paffVideo } from '../../support/paff.js'
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

t.test('tells fields from frames by the packets of the first frames', async t => {
  const look = async (bytes: Buffer, duration: number) =>
    await videoEnds({ source: new BytesSource({ bytes }), map: '0:v', start: 0, duration })
  const paff = paffVideo({ frames: 50, gop: 25, rate: 25 })
  const fields = await ffmpegFromFile(paff, ['-f', 'h264'], ['-c', 'copy'], 'a.mp4')
  t.match(await look(fields, 2), {
    isFieldCoded: true,
    spacing: { least: 40_000, most: 40_000 },
  })
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '25']
  const changing = "testsrc2=s=64x64:r=50:d=14,select='gte(t,1)+not(mod(n,2))'"
  const slowAtFirst = await ffmpegToFile(
    ['-f', 'lavfi', '-i', changing, '-fps_mode', 'vfr', ...x264],
    'a.mp4',
  )
  t.match(await look(slowAtFirst, 14), { isFieldCoded: false, spacing: { least: 20_000, most: 20_000 } })
  const plain = await ffmpegToFile(['-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=50:d=2', ...x264], 'a.mp4')
  t.match(await look(plain, 2), { isFieldCoded: false, spacing: { least: 20_000, most: 20_000 } })
})
