import t from 'tap'
import { FarmWorker } from '../../../lib/engines/bullmq/farm-worker.js'
import { worker } from '../../../lib/engines/bullmq/worker.js'
import { freePort } from '../../support/servers/free-port.js'
import { REDIS } from '../../support/farm.js'

t.test('wrong options are errors at once, an engine out of reach when asked', async t => {
  t.throws(() => worker({ connection: 'redis://h', concurrency: 0 }), {
    code: 'AVIO_ERR_OPTION',
    option: 'concurrency',
  })
  const one = worker({ connection: `redis://127.0.0.1:${await freePort()}` })
  t.type(one, FarmWorker)
  await t.rejects(one.ready(), { code: 'AVIO_ERR_QUEUE_UNREACHABLE' })
  await one.close()
})

t.test('a machine without ffmpeg takes no job', { skip: REDIS.missing }, async t => {
  const { url } = await REDIS.start(t)
  const one = worker({ connection: url, ffmpegPath: '/none/ffmpeg' })
  await t.rejects(one.ready(), { code: 'AVIO_ERR_FFMPEG_NOT_FOUND' })
  await one.close()
})
