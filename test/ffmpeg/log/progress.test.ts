import t from 'tap'
import { type FfmpegProgress, ProgressReader } from '../../../lib/ffmpeg/log/progress.js'

function read(text: string, step = Infinity): FfmpegProgress[] {
  const reports: FfmpegProgress[] = []
  const progress = new ProgressReader(report => reports.push(report))
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += step) progress.push(bytes.subarray(at, at + step))
  return reports
}

const VIDEO = `frame=125
fps=61.50
stream_0_0_q=-1.0
bitrate= 800.2kbits/s
total_size=501695
out_time_us=5015510
out_time_ms=5015510
out_time=00:00:05.015510
dup_frames=1
drop_frames=2
speed= 973x
progress=continue
`

t.test('converts a block to numbers, in the units of the type', async t => {
  t.same(read(VIDEO), [
    {
      frame: 125,
      fps: 61.5,
      bitrate: 800_200,
      totalSize: 501_695,
      outTime: 5.01551,
      dupFrames: 1,
      dropFrames: 2,
      speed: 973,
      done: false,
    },
  ])
})

t.test('omits fields unknown to ffmpeg', async t => {
  const [start, none, audio] = read(
    'frame=0\nfps=0.00\nbitrate=N/A\ntotal_size=N/A\nout_time_us=N/A\nspeed=N/A\nprogress=continue\n' +
      'total_size=105\nout_time_us=-9223372036854775807\nout_time=-577014:32:22.775807\nprogress=end\n' +
      'total_size=0\nout_time_us=-94984489\nspeed=3.62e+03x\nprogress=end\n',
  )
  t.same(start, { frame: 0, fps: 0, done: false })
  t.same(none, { totalSize: 105, done: true }, 'no time yet, in the notation of ffmpeg 5')
  t.same(audio, { totalSize: 0, outTime: -94.984489, speed: 3620, done: true }, 'negative times are valid')
})

t.test('the time of the output never goes back', async t => {
  // ffmpeg 7.1 ends with the time of the shortest stream.
  const times = ['N/A', -40_000, 0, 4_980_000, 2_040_000, 'N/A', 5_000_000]
  const reports = read(times.map(time => `out_time_us=${time}\nprogress=continue\n`).join(''))
  t.same(
    reports.map(({ outTime }) => outTime),
    [undefined, -0.04, 0, 4.98, 4.98, undefined, 5],
  )
})

t.test('reads the same blocks in any chunking', async t => {
  const text = VIDEO + VIDEO.replace('continue', 'end')
  const reports = read(text)
  t.same(
    reports.map(({ done }) => done),
    [false, true],
  )
  for (let step = 1; step < text.length; step += 1) t.same(read(text, step), reports)
})

t.test('does not report half a block, or mix it into the next one', async t => {
  t.same(read('frame=1\nfps=2'), [])
  t.same(read('frame=1\nprogress=continue\nfps=2\nprogress=end\n'), [
    { frame: 1, done: false },
    { fps: 2, done: true },
  ])
})
