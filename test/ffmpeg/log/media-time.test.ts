import t from 'tap'
import { expectedDuration, parseMediaTime } from '../../../lib/ffmpeg/log/media-time.js'

t.test('reads times in every notation of ffmpeg', async t => {
  const times: [string, number | undefined][] = [
    ['00:00:05.02', 5.02],
    ['100:00:00', 360_000],
    ['01:30', 90],
    ['-00:01:34.5', -94.5],
    ['12.5', 12.5],
    ['.5', 0.5],
    ['7.', 7],
    ['200ms', 0.2],
    ['200000us', 0.2],
    ['55s', 55],
    ['-3', -3],
    ['N/A', undefined],
    ['', undefined],
    ['1:2:3:4', undefined],
    ['12h', undefined],
  ]
  for (const [text, seconds] of times) t.equal(parseMediaTime(text), seconds, `"${text}"`)
})

t.test('derives the expected duration from -ss, -to and -t on both sides', async t => {
  const of = (input: string, output: string) =>
    expectedDuration(100, input.split(' ').filter(Boolean), output.split(' ').filter(Boolean))
  t.equal(of('', ''), 100)
  t.equal(of('', '-c copy -t 5'), 5)
  t.equal(of('-ss 90', '-t 30'), 10, 'at most the rest of the input')
  t.equal(of('-ss 10 -to 30', ''), 20)
  t.equal(of('-ss 10 -to 30 -t 5', ''), 5, '-t wins over -to')
  t.equal(of('-t 50', '-ss 00:00:20'), 30)
  t.equal(of('-ss 200', ''), 0)
  t.equal(of('', '-t nonsense'), 100)
  t.equal(of('', '-t'), 100)
})
