import t from 'tap'
import { LogReader } from '../../../lib/ffmpeg/log/log.js'
import { StreamMapping } from '../../../lib/ffmpeg/report/stream-mapping.js'

function read(...lines: string[]): StreamMapping {
  const report = new StreamMapping()
  const log = new LogReader(entry => report.push(entry))
  log.push(Buffer.from(lines.map(line => `${line}\n`).join('')))
  log.end()
  return report
}

const input = [
  "[info] Input #0, mpegts, from 'pipe:0':",
  '[info]   Duration: N/A, start: 1.400000, bitrate: N/A',
  '[info]   Program 1 ',
  '[info]   Stream #0:0[0x100]: Video: h264 ([27][0][0][0] / 0x001B), none, 90k tbr, 90k tbn',
  '[info]   Stream #0:1[0x101](und): Audio: aac (LC) ([15][0][0][0] / 0x000F), 48000 Hz, stereo, fltp',
  '[info]   Stream #0:2(eng): Subtitle: dvb_subtitle ([6][0][0][0] / 0x0006)',
]

t.test('reads the streams of an input and where they go', async t => {
  const report = read(
    ...input,
    '[info] Stream mapping:',
    '[info]   Stream #0:1 -> #0:0 (copy)',
    '[info]   Stream #0:0 -> #1:0 (h264 (native) -> h264 (libx264))',
    '[info] Press [q] to stop, [?] for help',
  )
  t.same(Object.fromEntries(report.streams), {
    '0:0': { kind: 'Video', codec: 'h264', isCover: false },
    '0:1': { kind: 'Audio', codec: 'aac', isCover: false },
    '0:2': { kind: 'Subtitle', codec: 'dvb_subtitle', isCover: false },
  })
  t.same(report.mappings, [
    { input: 0, inputStream: 1, output: 0, outputStream: 0, isCopy: true },
    { input: 0, inputStream: 0, output: 1, outputStream: 0, isCopy: false },
  ])
  t.match(report.streamOf(report.mappings[0]!), { codec: 'aac' })
  t.equal(report.isComplete, true)
})

t.test('places the result of a filter graph among the streams of an output', async t => {
  const report = read(
    ...input,
    '[info] Stream mapping:',
    '[info]   Stream #0:0 (h264) -> scale:default',
    '[info]   scale:default -> Stream #0:0 (libx264)',
    '[info]   Stream #0:1 -> #0:1 (copy)',
  )
  t.same(report.mappings, [
    { input: -1, inputStream: -1, output: 0, outputStream: 0, isCopy: false },
    { input: 0, inputStream: 1, output: 0, outputStream: 1, isCopy: true },
  ])
  t.equal(report.streamOf(report.mappings[0]!), undefined)
})

t.test('completes the mapping only when another line follows it', async t => {
  const lines = [...input, '[info] Stream mapping:', '[info]   Stream #0:1 -> #0:0 (copy)']
  t.equal(read(...lines).isComplete, false)
  t.equal(read(...lines, "[info] Output #0, mp4, to 'pipe:1':").isComplete, true)
  t.equal(read(...input, "[info] Output #0, mp4, to 'pipe:1':").isComplete, false)
})

t.test('recognizes cover art by its label, not by its time base', async t => {
  const report = read(
    "[info] Input #0, mp3, from 'pipe:0':",
    '[info]   Stream #0:1: Video: mjpeg (Baseline), yuvj420p, 640x480, 90k tbr, 90k tbn (attached pic)',
    '[info]   Stream #0:2: Video: png, rgb24(pc), 640x480, 25 fps, 90k tbr, 90k tbn (default)',
    '[info]   Stream #0:3: Video: mjpeg (Baseline), yuvj420p, 640x480, 25 fps, 25 tbr, 25 tbn',
  )
  t.same(
    [...report.streams.values()].map(({ isCover }) => isCover),
    [true, false, false],
  )
})

t.test('counts neither output streams as inputs, nor inputs of a filter as mappings', async t => {
  const report = read(
    "[info] Output #0, mp4, to 'pipe:1':",
    '[info]   Stream #0:0: Audio: aac (LC), 48000 Hz',
    '[info] Stream mapping:',
    '[info]   Stream #0:0 (h264) -> scale:default (graph 0)',
    '[info]   scale:default (graph 0) -> Stream #0:0 (libx264)',
  )
  t.equal(report.streams.size, 0)
  t.match(report.mappings, [{ input: -1, output: 0, outputStream: 0 }])
  t.equal(report.mappings.length, 1)
})

t.test('ignores text from the media that looks like a report', async t => {
  const report = read(
    ...input,
    '[info]     Stream #0:1: Video: png (attached pic): a title',
    '[info]     title           : Stream mapping:',
    '[info]                     :   Stream #0:9 -> #0:9 (copy)',
    '[info] Stream mapping:',
    '[info]   Stream #0:1 -> #0:0 (copy)',
  )
  t.match(report.streams.get('0:1'), { kind: 'Audio', isCover: false })
  t.equal(report.mappings.length, 1)
})
