import t from 'tap'
import { PercentDone } from '../../../lib/ffmpeg/log/percent-done.js'

const info = (message: string) => ({ level: 'info' as const, message })
const at = (outTime: number) => ({ outTime, done: false })

t.test("takes the duration from ffmpeg's report on its input", async t => {
  const completion = new PercentDone([], [])
  t.equal(completion.percent(at(1), 0), undefined)
  completion.see(info('  Duration: 00:00:01.00, start: 0.000000, bitrate: 1 kb/s'))
  t.equal(completion.duration, undefined, 'not before that report begins')
  completion.see(info("Input #0, matroska,webm, from 'pipe:0':"))
  completion.see(info('    title           :   Duration: 00:00:02.00, start: 0'))
  completion.see({ level: 'error', message: '  Duration: 00:00:03.00, start: 0.000000' })
  completion.see(info('  Duration: N/A, start: 0.000000, bitrate: N/A'))
  t.equal(completion.duration, undefined)
  completion.see(info('  Duration: 00:00:05.00, start: 0.000000, bitrate: 804 kb/s'))
  completion.see(info('  Duration: 00:00:09.00, start: 0.000000, bitrate: 804 kb/s'))
  t.equal(completion.duration, 5)
})

t.test('computes percent from media time, between 0 and 100', async t => {
  const completion = new PercentDone(['-ss', '1'], ['-t', '2'])
  completion.see(info("Input #0, matroska,webm, from 'pipe:0':"))
  completion.see(info('  Duration: 00:00:05.00, start: 0.000000, bitrate: 804 kb/s'))
  completion.inputSize = 1000
  t.equal(completion.percent(at(1), 10), 50)
  t.equal(completion.percent(at(3), 10), 100)
  t.equal(completion.percent(at(-3), 10), 0)
  t.equal(completion.percent({ done: false }, 10), 0)
})

t.test('computes percent from bytes without a duration, if the size is known', async t => {
  const completion = new PercentDone([], [])
  completion.inputSize = 1000
  t.equal(completion.percent(at(1), 250), 25)
  completion.inputSize = 0
  t.equal(completion.percent(at(1), 0), 100)
})
