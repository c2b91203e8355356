import { once } from 'node:events'
import { Redis } from 'ioredis'
import t from 'tap'
import { addJob } from '../../../lib/engines/bullmq/add-job.js'
import type { FarmStep, FarmWorker } from '../../../lib/engines/bullmq/farm-worker.js'
import { framesOf } from '../../support/media.js'
import type { JobPackageResult } from '../../../lib/job/schema/job-result.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { packageOf } from '../../support/split-package.js'
import { REDIS, eventually, filmJob, openFarm } from '../../support/farm.js'

for (const kind of QUEUE_SERVERS) {
  const { name, missing: skip } = kind

  t.test(`over ${name}, two workers share the pieces of a split job`, { skip }, async t => {
    const { s3, left, options, start, until, look } = await openFarm(t, kind)
    const steps: FarmStep[] = []
    for (const one of [await start(), await start()]) one.on('done', step => void steps.push(step))
    const { id } = await addJob(filmJob('a', { isSplit: true }), options)
    const info = await until(id, 'done')
    t.match(info.result, { outputs: [{ type: 'object', url: 's3://web/a.mp4', etag: /^"/ }] })
    const frames = await framesOf((await s3.get('masters', 'film.mov'))!)
    t.equal((await framesOf((await s3.get('web', 'a.mp4'))!)).length, frames.length)
    t.same(left(), [])
    await eventually(() => steps.length === 6)
    t.same(steps.map(({ piece, name }) => piece ?? name).sort(), [
      ...['audio', 'chunk-00000', 'chunk-00001', 'chunk-00002', 'chunk-00003', 'job'],
    ])
    const { queue } = await look()
    t.match(await queue.getJobCounts(), { completed: 1, active: 0, 'waiting-children': 0, prioritized: 0 })
  })

  t.test(`over ${name}, close() waits for what runs`, { skip }, async t => {
    const { s3, options, start, info } = await openFarm(t, kind)
    const slow = s3.fault({ bucket: 'web', operation: 'PutObject', hold: true })
    const { id } = await addJob(filmJob('a'), options)
    const next = await addJob(filmJob('b'), options)
    const one = await start()
    await slow.reached
    const closing = one.close()
    slow.release()
    await closing
    t.match(await info(id), { state: 'done' })
    t.match(await info(next.id), { state: 'waiting' }, 'and takes nothing more')
    t.equal(one.running, 0)
  })

  t.test(`over ${name}, what does not end in time goes back without an attempt`, { skip }, async t => {
    const { s3, left, hold, options, start, info, until } = await openFarm(t, kind)
    const stuck = hold()
    const { id } = await addJob(filmJob('a'), { ...options, attempts: 1 })
    const one = await start({ drainTimeout: 100 })
    const backs: string[] = []
    one.on('back', (_step, error) => void backs.push(String(error.code)))
    await stuck.reached
    await one.close()
    t.same(backs, ['AVIO_ERR_QUEUE_CLOSING'])
    t.match(await info(id), { state: 'waiting', attempts: 0 })
    t.same([...left(), ...s3.keys('web')], [])
    stuck.release()
    await start()
    await until(id, 'done')
  })
}

const { missing: skip } = REDIS

t.test('two workers share the pieces of a split package, and leave nothing else', { skip }, async t => {
  const { s3, left, options, start, until, look } = await openFarm(t)
  const steps: string[] = []
  for (const one of [await start(), await start()]) {
    one.on('done', ({ piece, name }) => void steps.push(piece ?? name))
  }
  const job = filmJob('a', { isSplit: true, outputs: [packageOf('film/', { images: { count: 3 } })] })
  const { id } = await addJob(job, options)
  const { result } = await until(id, 'done')
  const { playlists, run, leftBehind } = result!.outputs[0] as JobPackageResult
  t.same(leftBehind, [])
  t.equal(
    playlists.length,
    6,
    'one for each rendition and the images, the manifest, and the multivariant one',
  )
  const stored = s3.keys('web')
  const named = new Set(playlists.map(name => `film/${name}`))
  for (const name of playlists.filter(name => name.endsWith('.m3u8'))) {
    const folder = `film/${name}`.replace(/[^/]*$/, '')
    const text = String(await s3.get('web', `film/${name}`))
    for (const [, map, line = map!] of text.matchAll(/URI="([^"]+)"|^([^#\s].*)$/gm)) named.add(folder + line)
  }
  t.same([...named].sort(), [...stored].sort(), 'each object is named by a playlist, and each name is stored')
  t.ok(stored.filter(key => key.startsWith(`film/${run}/`)).length > 8, 'a segment of each chunk, at least')
  t.same(left(), [])
  await eventually(() => steps.includes('job'))
  const chunks = ['chunk-00000', 'chunk-00001', 'chunk-00002']
  t.same(steps.filter(step => step !== 'job').sort(), ['audio', ...chunks, 'images'])
  t.match(await (await look()).queue.getJobCounts(), { completed: 1, active: 0, 'waiting-children': 0 })
})

t.test('close({ force }) stops what runs, also after close()', { skip }, async t => {
  const { hold, options, start, info } = await openFarm(t)
  const stuck = hold()
  const { id } = await addJob(filmJob('a'), options)
  const one = await start({ drainTimeout: 600_000 })
  await stuck.reached
  const closing = one.close()
  await one.close({ force: true })
  await closing
  t.match(await info(id), { state: 'waiting' })
})

t.test('a step whose lock is lost stops, and another worker ends it', { skip }, async t => {
  const { s3, hold, server, options, start, until } = await openFarm(t)
  const stuck = hold()
  const { id } = await addJob(filmJob('a'), options)
  const one = await start({ lockDuration: 1000 })
  const backs: string[] = []
  one.on('back', (_step, error) => void backs.push(String(error.code)))
  await stuck.reached
  // Nothing renews the lock while the engine does not answer.
  server.freeze()
  await once(one, 'back')
  stuck.release()
  server.thaw()
  t.same(backs, ['AVIO_ERR_QUEUE_LOCK_LOST'])
  t.match(await until(id, 'done'), { attempts: 1 })
  t.same(s3.keys('web'), ['a.mp4'])
})

for (const [maxStalledCount, deaths, end] of [
  [undefined, 4, 'done'],
  [undefined, 5, 'failed'],
  [6, 5, 'done'],
  [6, 6, 'failed'],
] as const) {
  const name = maxStalledCount === undefined ? 'by default' : `with maxStalledCount: ${maxStalledCount}`
  t.test(`${name}, a step is ${end} whose workers died ${deaths + 1} times`, { skip }, async t => {
    const { server, options, start, look, until } = await openFarm(t)
    const { bull, queue, engine, backend } = await look()
    const { id } = await addJob(filmJob('a'), options)
    const dead = new bull.Worker(
      queue.name,
      null,
      { connection: engine.connection, lockDuration: 1 },
      backend,
    )
    t.equal((await dead.getNextJob('dead')).id, id, 'its last worker takes it, and is not heard of again')
    await dead.close(true)
    const redis = new Redis(server.url)
    // The deaths before, as BullMQ counts them.
    await redis.hset(`bull:${queue.name}:${id}`, 'stc', deaths)
    redis.disconnect()
    await start({ maxStalledCount, stalledInterval: 100 })
    const { error } = await until(id, end)
    t.equal(error?.code, end === 'done' ? undefined : 'AVIO_ERR_QUEUE_STALLED')
  })
}

for (const kind of QUEUE_SERVERS) {
  const { name, missing } = kind

  t.test(`over ${name}, takes jobs by their priorities`, { skip: missing }, async t => {
    const { options, start, until } = await openFarm(t, kind)
    const ids: string[] = []
    const priorities = { last: 9, first: 0, middle: 4, then: 0 }
    for (const [film, priority] of Object.entries(priorities))
      ids.push((await addJob(filmJob(film), { ...options, priority })).id)
    const order: string[] = []
    await start({}, one => one.on('start', step => void order.push(step.job)))
    for (const id of ids) await until(id, 'done')
    t.same(order, [ids[1], ids[3], ids[2], ids[0]])
  })

  t.test(`over ${name}, starts no more steps than the limiter allows`, { skip: missing }, async t => {
    const { options, start, look, until, info } = await openFarm(t, kind)
    const ids: string[] = []
    for (const film of ['a', 'b', 'c']) ids.push((await addJob(filmJob(film), options)).id)
    const limiter = { max: 2, duration: 3_600_000 }
    let started = 0
    const workers = [await start({ limiter }, count), await start({ limiter }, count)]
    function count(one: FarmWorker) {
      one.on('start', () => started++)
    }
    await until(ids[0]!, 'done')
    await until(ids[1]!, 'done')
    const { queue } = await look()
    await eventually(async () => (await queue.getRateLimitTtl(limiter.max)) > 0)
    t.match(await info(ids[2]!), { state: 'waiting' })
    for (const one of workers) await one.close()
    t.equal(started, 2)
    await queue.removeRateLimitKey()
    await start()
    await until(ids[2]!, 'done')
  })

  t.test(`over ${name}, globalConcurrency holds for all workers`, { skip: missing }, async t => {
    const { s3, hold, options, start, look, until } = await openFarm(t, kind)
    const held = hold()
    const ids: string[] = []
    for (const film of ['a', 'b', 'c', 'd']) ids.push((await addJob(filmJob(film), options)).id)
    const workers = [await start({ concurrency: 4, globalConcurrency: 2 }), await start({ concurrency: 4 })]
    const running = () => workers.reduce((sum, one) => sum + one.running, 0)
    let most = 0
    for (const one of workers) one.on('start', () => (most = Math.max(most, running())))
    const { queue } = await look()
    await eventually(async () => (await queue.getActiveCount()) === 2)
    t.equal(await queue.getGlobalConcurrency(), 2)
    s3.clearFaults()
    held.release()
    for (const id of ids) await until(id, 'done')
    t.equal(most, 2)
  })
}
