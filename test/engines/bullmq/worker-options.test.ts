import t from 'tap'
import { type WorkerOptions, workerSettings } from '../../../lib/engines/bullmq/worker-options.js'

const client = { send: () => undefined, config: {} }
const read = (options: object) =>
  workerSettings({ connection: 'redis://h', client, ...options } as unknown as WorkerOptions)

t.test('has a default for every option', async t => {
  t.match(read({}), {
    ...{
      queue: 'avio-streams',
      concurrency: 1,
      globalConcurrency: undefined,
      limiter: undefined,
      trust: 'owner',
    },
    ...{ drainTimeout: 20_000, lockDuration: 30_000, stalledInterval: 30_000, elsewhereDelay: 10_000 },
    maxStalledCount: 5,
  })
})

t.test('accepts each option, and refuses invalid ones by name', async t => {
  const given = {
    ...{ concurrency: 2, globalConcurrency: 9, limiter: { max: 5, duration: 100 }, trust: 'strangers' },
    ...{ allow: { buckets: ['web'] }, ffmpegPath: 'f', ffprobePath: 'p', env: { A: 'b' }, drainTimeout: 0 },
    ...{ lockDuration: 500, stalledInterval: 100, elsewhereDelay: 100 },
    maxStalledCount: 7,
  }
  t.match(read(given), given)
  for (const [option, value] of [
    ...([
      ['concurrency', 0],
      ['globalConcurrency', 0],
      ['limiter', 7],
      ['trust', 'me'],
      ['env', { A: 1 }],
    ] as const),
    ...([
      ['drainTimeout', -1],
      ['lockDuration', 499],
      ['stalledInterval', 0],
      ['elsewhereDelay', 1],
      ['maxStalledCount', 4],
    ] as const),
    ...([
      ['ffmpegPath', 1],
      ['ffprobePath', 1],
      ['client', 7],
      ['attempts', 3],
    ] as const),
  ]) {
    t.throws(() => read({ [option]: value }), { code: 'AVIO_ERR_OPTION', option })
  }
  t.throws(() => read({ limiter: { max: 0 } }), { code: 'AVIO_ERR_OPTION', option: 'limiter.max' })
  t.throws(() => read({ limiter: { most: 1 } }), { code: 'AVIO_ERR_OPTION', option: 'most' })
  t.throws(() => read({ allow: { buckets: [7] } }), { code: 'AVIO_ERR_OPTION' })
})
