import t from 'tap'
import { run } from '../../bench/split.js'
import { GOALS, type JudgedFigures, missedGoals } from '../../bench/support/split-goals.js'

t.test('encodes a film whole and in pieces, by processes that share the work', async t => {
  const printed: string[] = []
  t.intercept(console, 'log', { value: (line: string) => printed.push(line) })
  const options = { seconds: 4, chunkSeconds: 2, frame: '128x96', rounds: 1, processes: [1, 2] }
  const { figures, missed } = await run(options)
  t.same([...figures.keys()], [1, 2])
  for (const [count, one] of figures) {
    // A source this short is read again for each chunk, and the plan reads all of it.
    t.ok(one.fetched >= 2 && one.fetched <= 16, `${count}: ${one.fetched} × the source`)
    t.ok(one.overhead > 0 && one.cpu > one.overhead, `${count}: CPU time of ffmpeg is counted`)
    t.ok(Math.abs(one.ssim) <= GOALS.ssim, `${count}: the same picture, not one moved by a frame`)
    t.equal(one.ofLimit, one.speedUp / one.limit, `${count}: the speed-up against the machine's own limit`)
  }
  t.equal(figures.get(1)!.limit, 1)
  t.ok(figures.get(2)!.limit > 0 && figures.get(2)!.limit !== 1, 'the limit of two processes is measured')
  t.equal(figures.get(1)!.size, figures.get(2)!.size, 'the number of processes changes no byte')
  t.ok(
    missed.some(line => /^split over 1: .* × the source is fetched/.test(line)),
    'and so misses a goal',
  )
  const report = printed.join('\n')
  t.match(report, /^One object in pieces: 4 s .*chunks of 2 s/)
  t.match(report, /^processes +wall +speed-up +limit +of the limit /m)
  for (const step of ['plan', 'audio', 'chunks', 'join']) t.match(report, new RegExp(`^${step} +\\d`, 'm'))
})

t.test('tells each goal that is missed', t => {
  const good: JudgedFigures = { overhead: 0.05, fetched: 2.2, size: 1.02, ssim: -0.002, ofLimit: 0.9 }
  t.same(missedGoals({ ...good, size: 1.0199 }), [])
  t.same(missedGoals({ ...good, size: 1.0199, ofLimit: undefined }), [], 'not judged')
  const bad: [Partial<JudgedFigures>, RegExp][] = [
    [{ overhead: 0.051 }, /^plan and join take 5\.1 %/],
    [{ fetched: 2.21 }, /^2\.21 × the source/],
    [{ size: 1.021 }, /^the size is 1\.021 ×/],
    [{ size: 0.979 }, /^the size is 0\.979 ×/],
    [{ ssim: 0.0021 }, /^SSIM is 0\.0021 off/],
    [{ ssim: -0.0021 }, /^SSIM is -0\.0021 off/],
    [{ ssim: NaN }, /^SSIM is NaN off/],
    [{ ofLimit: 0.89 }, /^the speed-up is 89\.0 % of the machine's limit/],
    [{ ofLimit: NaN }, /^the speed-up is NaN %/],
  ]
  for (const [wrong, message] of bad) {
    const lines = missedGoals({ ...good, size: 1, ...wrong })
    t.equal(lines.length, 1, JSON.stringify(wrong))
    t.match(lines[0], message)
  }
  t.end()
})
