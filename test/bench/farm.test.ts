import t from 'tap'
import { run } from '../../bench/farm.js'
import { mean, middle } from '../../bench/simulate/random.js'
import { Unavailable } from '../support/servers/debian-tree.js'
import { Postgres } from '../support/servers/postgres.js'
import { Redis } from '../support/servers/redis.js'

/** Why there is nothing to measure; in CI that is a failure. */
async function noEngine(): Promise<string | false> {
  try {
    for (const server of [Redis, Postgres]) await (await server.start()).stop()
    return false
  } catch (error) {
    if (error instanceof Unavailable && process.env['CI'] !== 'true') return error.message
    throw error
  }
}

t.test('measures steps, engines and farms, and prints them', { skip: await noEngine() }, async t => {
  const printed: string[] = []
  t.intercept(console, 'log', { value: (line: string) => printed.push(line) })
  const { measured } = await run({
    steps: {
      films: [
        { seconds: 4, chunkSeconds: 2 },
        { seconds: 12, chunkSeconds: 6 },
      ],
      ...{ frame: '128x96', rounds: 1, wait: 100 },
    },
    engine: { latency: 20, throughput: 200 },
    overhead: { objects: 3, chunks: 3, nothing: 10, turns: 2 },
    farms: {
      ...{ processes: [1, 2], objects: 3, film: { seconds: 6, chunkSeconds: 2 } },
      ...{ frame: '128x96', rounds: 1 },
    },
    starts: 1,
  })
  const { plan, chunk, audio, join, whole } = measured
  for (const [name, times] of Object.entries({ plan, chunk, audio, join, whole })) {
    t.ok(times.fixed + times.perMediaSecond > 0, `${name} takes CPU time`)
    t.ok(times.reads + times.readsPerMediaSecond > 0, `${name} reads`)
    t.ok(times.trips >= 0 && times.trips < 100, `${name} waits ${times.trips} times`)
  }
  t.ok(chunk.writes >= 2, 'a chunk stores its media and its result')
  t.equal(plan.writes, 0, 'a plan stores nothing')
  for (const name of ['redis', 'postgres']) {
    const { latency, perSecond } = measured.engines[name]!
    t.ok(mean(latency) > 0 && perSecond > 0, name)
  }
  t.same(Object.keys(measured.overheads), ['redis', 'postgres'])
  for (const [name, { object, piece, nothing }] of Object.entries(measured.overheads)) {
    for (const { seconds } of [object, piece, nothing])
      t.ok(middle(seconds).every(Number.isFinite), `${name} adds ${String(middle(seconds))} s`)
    t.ok(middle(nothing.seconds)[1] > 0, 'a job that does nothing takes time')
    t.equal(nothing.requests, 0)
    t.equal(object.requests, 1, 'a look at the target')
    t.ok(piece.requests > 1, 'at least the plan')
  }
  const farms = measured.farms.times.map(({ engine, workers }) => `${workers} ${engine}`)
  t.same(farms, ['1 none', '1 redis', '1 postgres', '2 none', '2 redis', '2 postgres'])
  t.ok(measured.farms.times.every(({ objects, film }) => objects > 0 && film > 0))
  const text = printed.join('\n')
  for (const line of [
    /^chunk +\d/m,
    /^redis +[\d.]+ ms/m,
    /^1 on no engine +\d/m,
    /^2 on postgres +\d/m,
    /^a whole job, on Redis +-?[\d.]+ ms/m,
  ])
    t.match(text, line)
})
