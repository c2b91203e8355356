import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { AvioError } from '../../lib/errors.js'
import { seeded } from '../support/hostile.js'
import { campaign } from './campaign.js'
import { type Target, collectGarbage, findOf } from './find.js'
import { minimised } from './minimise.js'
import { mutated } from './mutate.js'
import { TARGETS } from './targets.js'
import { programOf } from '../support/program.js'

const SEED = Buffer.from(Array.from({ length: 300 }, (_, n) => n % 200))

const target = (run: Target['run']): Target => ({ seeds: [SEED], inputs: 0, run })

/** Keeps the thread busy for this many milliseconds of CPU time. */
function work(milliseconds: number): void {
  const before = process.cpuUsage()
  for (let used = 0; used < milliseconds;) {
    const { user, system } = process.cpuUsage(before)
    used = (user + system) / 1000
  }
}

t.test('makes the same inputs from the same seed', async t => {
  const run = (seed: number) => {
    const seen: Buffer[] = []
    const one = target(input => void seen.push(input))
    return campaign(one, seed, 200).then(({ digest, inputs, found }) => ({ seen, digest, inputs, found }))
  }
  const [first, again, other] = [await run(7), await run(7), await run(8)]
  t.match(first, { inputs: 200, found: undefined })
  t.equal(first.digest, again.digest)
  t.ok(Buffer.concat(first.seen).equals(Buffer.concat(again.seen)))
  t.not(first.digest, other.digest)
  t.equal(new Set(first.seen.map(bytes => bytes.toString('latin1'))).size > 190, true, 'nearly all differ')
})

t.test('changes bytes, their number, and numbers among them', async t => {
  const random = seeded(3)
  const made = Array.from({ length: 500 }, () => mutated(SEED, limit => Math.floor(random() * limit)))
  t.ok(made.some(({ length }) => length < SEED.length / 2))
  t.ok(made.some(({ length }) => length > 10_000))
  t.ok(made.some(bytes => bytes.includes(Buffer.from('7fffffff', 'hex'))))
  t.ok(
    SEED.equals(Buffer.from(Array.from({ length: 300 }, (_, n) => n % 200))),
    'the seed file stays unchanged',
  )
})

t.test('finds a throw, and minimises its input', async t => {
  const { found } = await campaign(
    target(input => {
      if (input.includes(0xfe)) throw new TypeError('bad byte')
    }),
    1,
    5000,
  )
  t.match(found, { kind: 'throw', what: /bad byte/ })
  t.same(found?.input, Buffer.from([0xfe]))
})

t.test('accepts an AvioError, thrown or rejected', async t => {
  const refusal = new AvioError('AVIO_ERR_OPTION', 'no')
  const refuse = () => {
    throw refusal
  }
  t.equal(await findOf(target(refuse), SEED), undefined)
  t.equal(
    await findOf(
      target(() => Promise.reject(refusal)),
      SEED,
    ),
    undefined,
  )
  t.match(
    await findOf(
      target(() => Promise.reject(new RangeError('far'))),
      SEED,
    ),
    { kind: 'throw' },
  )
})

t.test('finds a long slice, before and after a wait, but not one that occurs only once', async t => {
  t.match(
    await findOf(
      target(() => work(250)),
      SEED,
    ),
    { kind: 'slice' },
  )
  const later = async () => {
    await new Promise(resolve => setImmediate(resolve))
    work(250)
    await new Promise(resolve => setImmediate(resolve))
  }
  t.match(await findOf(target(later), SEED), { kind: 'slice' })
  let runs = 0
  t.equal(
    await findOf(
      target(() => work(runs++ === 0 ? 250 : 0)),
      SEED,
    ),
    undefined,
  )
  t.equal(runs, 2)
})

/** Waits until another thread has freed earlier memory; otherwise the next measurement would see it being released. */
async function atRest(): Promise<void> {
  let [least, same] = [Infinity, 0]
  while (same < 5) {
    collectGarbage()
    await delay(20)
    const rss = process.memoryUsage.rss()
    same = rss < 0.99 * least ? 0 : same + 1
    least = Math.min(least, rss)
  }
}

t.test('finds memory growth, whether the memory is kept or not', async t => {
  const kept: Buffer[] = []
  const keeps = async () => {
    for (let n = 0; n < 15; n++) {
      kept.push(Buffer.alloc(10 * 2 ** 20, 1))
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  await atRest()
  t.match(await findOf(target(keeps), SEED), { kind: /memory|slice/ })
  kept.length = 0
  await atRest()
  const takes = () => Buffer.alloc(150 * 2 ** 20, 1).length
  t.match(await findOf(target(takes), SEED), { kind: /memory|slice/ })
})

t.test('removes what a find does not need, within a number of attempts', async t => {
  let tries = 0
  const isFind = (bytes: Buffer) => {
    tries++
    return Promise.resolve(bytes.includes(7) && bytes.includes(150))
  }
  t.same(
    [...(await minimised(SEED, isFind, 400))].sort((a, b) => a - b),
    [7, 150],
  )
  t.ok(tries <= 400, `${tries} tries`)
  tries = 0
  const least = await minimised(SEED, isFind, 5)
  t.equal(tries, 5)
  t.ok(least.includes(7) && least.includes(150) && least.length < SEED.length)
})

t.test('reports the hanging input, and exits', async t => {
  const { execArgv, path } = programOf(new URL('watchdog.ts', import.meta.url))
  const program = `
    import { Watchdog } from ${JSON.stringify(path)}
    const watchdog = new Watchdog('boxes', ${JSON.stringify(`${t.testdir({})}/kept/hangs.bin`)}, 300)
    watchdog.see(Buffer.from('first'))
    watchdog.see(Buffer.from('the hanging one'))
    for (;;);
  `
  const said = await new Promise<{ signal: unknown; stdout: string }>(resolve => {
    const child = execFile(
      process.execPath,
      [...execArgv, '--input-type=module', '--eval', program],
      (error, stdout) => resolve({ signal: error?.signal, stdout }),
    )
    child.stdin?.end()
  })
  t.match(said, { signal: 'SIGKILL', stdout: /boxes: an input hangs, kept as (.*)\n0 passed, 1 failed/ })
  const [, file] = /kept as (.*)\n/.exec(said.stdout) ?? []
  t.equal(readFileSync(file!, 'utf8'), 'the hanging one')
})

t.test('finds nothing in the seeds of each target, nor in twenty mutations of each', async t => {
  for (const [name, one] of Object.entries(TARGETS)) {
    const { found, inputs } = await campaign(one, 1, one.seeds.length + 20)
    t.equal(found, undefined, `${name}: ${inputs} inputs`)
  }
})
