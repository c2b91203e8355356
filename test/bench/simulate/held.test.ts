import t from 'tap'
import { missedGoals, missedOverheads } from '../../../bench/farm.js'
import { coresOfStep, held } from '../../../bench/simulate/held.js'
import type { Added, Measurements, StepTimes } from '../../../bench/simulate/measurements.js'

const step = (fixed: number, perMediaSecond: number): StepTimes => ({
  ...{ fixed, perMediaSecond, spread: 1, trips: 0 },
  ...{ reads: 1, writes: 1, readsPerMediaSecond: 0, writesPerMediaSecond: 0 },
})

const added = (seconds: number): Added => ({ seconds, cpu: 0, engineCpu: 0, requests: 0 })

/** A film of 40 s in chunks of 10 s: 1 s for the plan, 4 × 10 s, 5 s for the audio, 2 s for the join. */
const MEASURED: Measurements = {
  origin: { command: '', date: '', ffmpeg: '', cores: 2, load: 0, media: '' },
  ...{ plan: step(1, 0), chunk: step(5, 0.5), audio: step(5, 0), join: step(2, 0), whole: step(0, 1) },
  ...{ workerStart: 1, engines: { redis: { latency: 0.1, perSecond: 1e9 } } },
  overheads: { redis: { object: added(0.01), piece: added(0.02), nothing: added(1) } },
  farms: {
    ...{ objects: 10, film: { seconds: 40, chunkSeconds: 10 } },
    times: [
      { engine: 'none', workers: 1, objects: 20, film: 48 },
      { engine: 'none', workers: 2, objects: 10, film: 30 },
      { engine: 'none', workers: 4, objects: 10, film: 30 },
      { engine: 'redis', workers: 1, objects: 20.1, film: 47 },
      { engine: 'redis', workers: 1, objects: 20.1, film: 49 },
      { engine: 'redis', workers: 1, objects: 20.1, film: 90 },
    ],
  },
}

t.test('runs the measured farms in the model, on the cores of the machine', t => {
  const [one, two, four, redis, ...more] = held(MEASURED)
  t.same(more, [])
  const near = (found: number | undefined, wanted: number) =>
    t.ok(Math.abs(found! - wanted) < 0.01, `${found}`)
  near(one!.modelled, 1 + 45 + 2)
  t.match(one, { engine: 'none', workers: 1, measured: 48, speedUp: 1, objects: 1800, chunks: 300 })
  // 5 + 10 + 10 on one worker, and meanwhile 10 + 10 on the other.
  near(two!.modelled, 1 + 25 + 2)
  t.equal(two!.speedUp, 1.6)
  // Four workers share two cores, and the fourth chunk begins when the audio ends.
  near(four!.modelled, 1 + 25 + 2)
  near(redis!.modelled, 48 + 7 * 0.02)
  t.equal(redis!.measured, 49, 'the median of the rounds')
  t.end()
})

t.test('takes from one bare worker how many cores a step uses, and holds the others against it', t => {
  t.equal(coresOfStep(MEASURED), 1)
  const times = [
    { engine: 'none', workers: 1, objects: 20, film: 32 },
    { engine: 'none', workers: 2, objects: 10, film: 30 },
  ]
  const measured = { ...MEASURED, farms: { ...MEASURED.farms, times } }
  t.equal(coresOfStep(measured), 1.5, '48 CPU seconds in 32 s')
  const [one, two] = held(measured)
  t.ok(Math.abs(one!.modelled - 32) < 0.01, `${one!.modelled}`)
  // The plan and the join use 1.5 cores, the pieces in between share two.
  t.ok(two!.modelled > 3 / 1.5 + 45 / 2 && two!.modelled < 28, `${two!.modelled}`)
  const all = { ...measured, farms: { ...measured.farms, times: [{ ...times[0]!, film: 1 }] } }
  t.equal(coresOfStep(all), 2, 'never more than there are')
  t.end()
})

t.test('tells engines that add too much to a step, and farms that the model misses', t => {
  t.same(missedOverheads(MEASURED.overheads), [])
  const slow = { object: added(0.0201), piece: added(0.03), nothing: added(1) }
  t.match(missedOverheads({ redis: slow }), [
    /^farm: redis adds 20\.1 ms to a step \(object\), goal 20 ms$/,
    /^farm: redis adds 30\.0 ms to a step \(piece\)/,
  ])
  t.same(missedGoals(MEASURED), [])
  const off = { engine: 'none', workers: 1, objects: 20, film: 100 }
  t.match(missedGoals({ ...MEASURED, farms: { ...MEASURED.farms, times: [off] } }), [
    /^farm: the model has 48\.0 s for 1 on none, measured are 100\.0 s$/,
  ])
  const unknown = { ...off, film: NaN }
  t.equal(missedGoals({ ...MEASURED, farms: { ...MEASURED.farms, times: [unknown] } }).length, 1)
  t.end()
})
