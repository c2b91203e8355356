import t from 'tap'
import { parseWorkerName, workerName } from '../../../lib/engines/bullmq/worker-name.js'

const info = { host: 'node-7', pid: 4_194_304, concurrency: 12, ffmpeg: '7.1.5', build: '0123abcd' }

t.test('a worker’s name says what it is', async t => {
  t.same(parseWorkerName(workerName(info, 'avio-streams')), info)
})

t.test('fits into the name of a connection, and loses the least important part first', async t => {
  const long = {
    ...info,
    host: 'ip-10-0-0-1.a-long-name.internal'.repeat(9),
    ffmpeg: '7.1.5-0+deb13u1 by me',
  }
  const queue = 'q'.repeat(30)
  const name = workerName(long, queue)
  t.ok(`${queue}:w:${name}`.length <= 63)
  t.notMatch(name, /[\s:]/)
  t.match(parseWorkerName(name), { build: '0123abcd', concurrency: 12, pid: 4_194_304, ffmpeg: '7.1.5-0-' })
})

t.test('other names are not taken for one', async t => {
  for (const name of ['', 'worker', 'abc_1_2_3_4', '0123abcd_x_1_2_3'])
    t.equal(parseWorkerName(name), undefined)
})
