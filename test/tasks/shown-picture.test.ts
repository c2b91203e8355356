import t from 'tap'
import {
  fromClock,
  landingArguments,
  landings,
  onClock,
  pictureTime,
  timeLineOf,
} from '../../lib/tasks/shown-picture.js'

const ts = timeLineOf({ startTime: 1.4, names: ['mpegts'] })
const mp4 = timeLineOf({ names: ['mov', 'mp4'] })

t.test('counts from the start of the media, but not from the preroll of a decoder', async t => {
  t.equal(onClock(2, ts), 3_400_000)
  t.equal(fromClock(3_400_000, ts), 2)
  t.equal(onClock(100 / 30, mp4), 3_333_333)
  t.same(timeLineOf({ startTime: -0.007, names: ['matroska', 'webm'] }).start, 0)
})

t.test('seeks to the time itself first, then to points before it', async t => {
  t.same(landings(100, mp4), [100, 96, 84, 36, undefined])
  t.same(landings(3, mp4), [3, undefined])
  t.same(landings(0, mp4), [undefined])
  t.same(landings(100, ts), [96, 84, 36, undefined], 'without an index, a seek lands after a key frame')
  t.same(landings(100, { start: 0, names: ['gif'] }), [undefined], 'each frame builds on the previous frame')
  t.same(landingArguments(undefined), [])
  t.same(landingArguments(1e-7), ['-noaccurate_seek', '-ss', '0.000000'])
})

t.test('reads the times of frames to the microsecond, and nothing else', async t => {
  const line = (message: string, component = 'Parsed_showinfo_2 @ 0x55') =>
    pictureTime({ level: 'info', component, message })
  t.equal(line('n:   3 pts:36000040000 pts_time:36000   pos:   48 fmt:yuv420p'), 36_000_040_000)
  t.equal(line('n:   0 pts:  -7000 pts_time:-0.007 duration:  33000'), -7000)
  t.equal(line('n:   0 pts:NOPTS pts_time:NOPTS'), undefined)
  t.equal(line('config in time_base: 1/1000000, frame_rate: 25/1'), undefined)
  t.equal(line('n:   3 pts:   40 pts_time:1 ', 'Parsed_scale_0 @ 0x55'), undefined)
})
