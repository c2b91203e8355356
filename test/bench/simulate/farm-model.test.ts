import t, { type Test } from 'tap'
import { type Farm, type FarmJob, type Work, runFarm } from '../../../bench/simulate/farm-model.js'
import { Random } from '../../../bench/simulate/random.js'

const FREE = { firstByte: 0, readsPerSecond: Infinity, writesPerSecond: Infinity }

/** A farm that costs nothing beside the work. */
function farm(workers: number, more: Partial<Farm> = {}): Farm {
  return {
    ...{ workers, workerStart: 0, engine: { latency: 0, perSecond: Infinity } },
    store: FREE,
    ...more,
  }
}

const work = (cpu: number, reads = 0, writes = 0, trips = 0): Work => ({ cpu, reads, writes, trips })
const near = (t: Test, found: number, wanted: number, tolerance: number, what: string) =>
  t.ok(Math.abs(found / wanted - 1) <= tolerance, `${what}: ${found} for ${wanted}`)

const FILM: FarmJob = {
  ...{ at: 0, plan: work(2), join: work(3) },
  chunks: [4, 9, 1, 6].map(cpu => work(cpu)),
}

t.test('one worker takes the sum of all steps', t => {
  const run = runFarm(farm(1), [FILM])
  t.match(run, { seconds: 25, steps: 6, cpuSeconds: 25, lostSeconds: 0, workerSeconds: 25, slowestChunk: 9 })
  t.equal(run.used.workers, 1)
  const parts = { workerStart: 5, engine: { latency: 0.5, perSecond: Infinity } }
  t.equal(
    runFarm(farm(1, parts), [FILM]).seconds,
    5 + 25 + 6 * 0.5,
    'and its start, and what the engine takes',
  )
  t.end()
})

t.test('any number of workers take the plan, the slowest piece and the join', t => {
  t.equal(runFarm(farm(1000), [FILM]).seconds, 2 + 9 + 3)
  const audio = runFarm(farm(1000), [{ ...FILM, audio: work(20) }])
  t.match(audio, { seconds: 2 + 20 + 3, slowestChunk: 9, steps: 7 })
  t.end()
})

t.test('equal pieces are done in rounds', t => {
  for (const [workers, rounds] of [
    [1, 12],
    [3, 4],
    [5, 3],
    [11, 2],
    [12, 1],
  ] as const) {
    const job = { at: 0, chunks: Array.from({ length: 12 }, () => work(10)) }
    t.equal(runFarm(farm(workers), [job]).seconds, 10 * rounds, `${workers} workers`)
  }
  t.end()
})

t.test('workers that share cores are as slow as these', t => {
  const job = { at: 0, chunks: Array.from({ length: 8 }, () => work(10)) }
  const seconds = (workers: number, more: Partial<Farm>) => runFarm(farm(workers, more), [job]).seconds
  t.equal(seconds(4, { workersPerHost: 4, coresPerHost: 2 }), 40)
  t.equal(seconds(4, { workersPerHost: 2, coresPerHost: 2 }), 20)
  t.equal(seconds(4, { workersPerHost: 2, coresPerHost: 1 }), 40)
  t.equal(seconds(1, { coresPerHost: 2, coresPerStep: 1.6 }), 50, 'and one alone uses several')
  t.end()
})

t.test('jobs that come at random wait as long as the formula of Erlang says', t => {
  const [servers, load, count] = [4, 0.8, 200_000]
  const random = new Random(11)
  let at = 0
  const jobs = Array.from({ length: count }, (): FarmJob => {
    at += random.sample({ exponential: 1 })
    return { at, chunks: [work(random.sample({ exponential: servers * load }))] }
  })
  const run = runFarm(farm(servers), jobs)
  const offered = servers * load
  const terms = Array.from({ length: servers }, (_, n) => offered ** n / factorial(n))
  const all = offered ** servers / factorial(servers) / (1 - load)
  const waiting = all / (terms.reduce((sum, term) => sum + term, 0) + all)
  const service = servers * load
  const wanted = service + (waiting * service) / (servers * (1 - load))
  const mean = run.jobs.reduce((sum, { at, end }) => sum + end - at, 0) / count
  near(t, mean, wanted, 0.03, 'time in the farm')
  near(t, run.used.workers, load, 0.01, 'busy')
  t.end()
})

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1)
}

t.test('a limit of requests bites where arithmetic says', t => {
  // A step of a second with ten requests: 500 a second are enough for 50 workers.
  const limits: [string, Partial<Farm>, Work][] = [
    ['reads', { store: { firstByte: 0, readsPerSecond: 500, writesPerSecond: Infinity } }, work(1, 10, 1)],
    ['writes', { store: { firstByte: 0, readsPerSecond: Infinity, writesPerSecond: 500 } }, work(1, 1, 10)],
    ['engine', { engine: { latency: 0, perSecond: 50 } }, work(1, 10, 10)],
  ]
  for (const [name, more, step] of limits) {
    const run = (workers: number) =>
      runFarm(farm(workers, more), [{ at: 0, chunks: Array.from({ length: 40 * workers }, () => step) }])
    for (const workers of [10, 40]) {
      const { steps, seconds } = run(workers)
      near(t, steps / seconds, workers, 0.06, `${name}: ${workers} workers do as much as they can`)
    }
    for (const workers of [100, 200]) {
      const { steps, seconds, used } = run(workers)
      near(t, steps / seconds, 50, 0.06, `${name}: ${workers} workers do no more than 50 a second`)
      near(t, used[name as 'reads'], 1, 0.06, `${name} is used up`)
    }
  }
  t.end()
})

t.test('an engine is asked at the start of a step and while it runs, and bites where arithmetic says', t => {
  // A step of 100 s asks 3 + 2 × 100 times: 400 requests a second are enough for some 200 workers.
  const engine = { latency: 0, perSecond: 400, perStep: 3, perStepSecond: 2 }
  const run = (workers: number) =>
    runFarm(farm(workers, { engine }), [
      { at: 0, chunks: Array.from({ length: 40 * workers }, () => work(100)) },
    ])
  const half = run(100)
  near(t, half.used.engine, (100 * 2.03) / 400, 0.1, 'used by 100')
  near(t, half.steps / half.seconds, 1, 0.06, '100 workers do as much as they can')
  const more = run(400)
  near(t, more.used.engine, 1, 0.06, 'used by 400')
  t.ok(
    more.steps / more.seconds < 2.4,
    `400 workers do ${more.steps / more.seconds} steps a second, no more than some 200`,
  )
  t.end()
})

t.test('a step waits for each first byte', t => {
  const more = { store: { firstByte: 0.5, readsPerSecond: Infinity, writesPerSecond: Infinity } }
  t.equal(runFarm(farm(1, more), [{ at: 0, chunks: [work(1, 1, 0, 3), work(1)] }]).seconds, 3.5)
  t.end()
})

t.test('each death loses one step at most, which another worker does again', t => {
  const failures = { hours: 0.02, noticed: 30 }
  const jobs = Array.from({ length: 20 }, () => ({
    ...FILM,
    chunks: [5, 20, 20, 10, 20].map(cpu => work(cpu)),
  }))
  for (const seed of [1, 2, 3]) {
    const calm = runFarm(farm(5), jobs, seed)
    const run = runFarm(farm(5, { failures, workerStart: 10 }), jobs, seed)
    t.ok(run.deaths > 10, `${run.deaths} deaths`)
    t.ok(run.lostSeconds > 0 && run.lostSeconds <= 20 * run.deaths, `${run.lostSeconds} s lost`)
    t.equal(run.steps, calm.steps, 'all steps are done, none twice')
    near(t, run.cpuSeconds - run.lostSeconds, calm.cpuSeconds, 1e-9, 'and their work')
    t.ok(run.seconds > calm.seconds)
    t.ok(run.jobs.every(({ end }) => end > 0))
  }
  t.end()
})

t.test('a worker that dies while its step waits loses it, too, and ends nothing later', t => {
  const failures = { hours: 0.02, noticed: 5 }
  const cases: [string, Partial<Farm>, Work][] = [
    ['first bytes', { store: { ...FREE, firstByte: 20 } }, work(1, 0, 0, 2)],
    ['requests', { store: { ...FREE, writesPerSecond: 10 } }, work(1, 0, 100)],
    ['the engine', { engine: { latency: 40, perSecond: Infinity } }, work(1)],
  ]
  for (const [what, more, step] of cases) {
    const jobs = [{ at: 0, chunks: Array.from({ length: 20 }, () => step) }]
    const run = runFarm(farm(3, { ...more, failures }), jobs)
    t.ok(run.deaths > 3, `${what}: ${run.deaths} deaths`)
    t.equal(run.steps, 20)
    near(t, run.cpuSeconds - run.lostSeconds, 20, 1e-9, 'CPU time of what succeeded')
  }
  t.end()
})

t.test('the step of a dead worker waits until that is noticed', t => {
  const jobs = [{ at: 0, chunks: [work(400)] }]
  for (const noticed of [10, 5000]) {
    const { deaths, seconds, lostSeconds } = runFarm(farm(1, { failures: { hours: 0.1, noticed } }), jobs)
    t.ok(deaths > 0 && lostSeconds > 0)
    t.ok(seconds >= 400 + lostSeconds + noticed, `${seconds} s`)
  }
  t.end()
})

t.test('a worker that dies while it is idle takes one step at a time afterwards', t => {
  const jobs = [{ at: 1000, chunks: Array.from({ length: 20 }, () => work(10)) }]
  const more = { coresPerHost: 20, failures: { hours: 0.05, noticed: 0 } }
  const { deaths, seconds } = runFarm(farm(1, more), jobs)
  t.ok(deaths > 3, `${deaths} deaths`)
  t.ok(seconds >= 1000 + 20 * 10, `${seconds} s`)
  t.end()
})

t.test('deaths come as often as they are said to', t => {
  const jobs = [{ at: 0, chunks: Array.from({ length: 50_000 }, () => work(1)) }]
  const { deaths, seconds } = runFarm(farm(10, { failures: { hours: 0.1, noticed: 1 } }), jobs)
  near(t, deaths, (10 * seconds) / 360, 0.2, 'deaths')
  t.end()
})

t.test('the same seed gives the same run', t => {
  const noisy = farm(5, {
    engine: { latency: { exponential: 1 }, perSecond: 100 },
    workerStart: { exponential: 3 },
  })
  t.same(runFarm(noisy, [FILM], 1), runFarm(noisy, [FILM], 1))
  t.not(runFarm(noisy, [FILM], 1).seconds, runFarm(noisy, [FILM], 2).seconds)
  t.end()
})

t.test('a thousand workers encode ten thousand objects an hour', t => {
  const random = new Random(3)
  const jobs = Array.from({ length: 10_000 }, () => ({
    at: random.next() * 3600,
    chunks: [work(random.sample({ exponential: 300 }), 10, 5)],
  }))
  const { steps, used, jobs: done } = runFarm(farm(1000), jobs)
  t.equal(steps, 10_000)
  t.ok(used.workers > 0.4 && used.workers <= 1, `${used.workers}`)
  t.ok(done.every(({ at, end }) => end >= at))
  t.end()
})
