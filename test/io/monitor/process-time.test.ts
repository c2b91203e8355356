import { platform } from 'node:os'
import t from 'tap'
import { processTime } from '../../../lib/io/monitor/process-time.js'

t.test('reads the CPU time of a process where there is /proc', { skip: platform() !== 'linux' }, async t => {
  const first = processTime(process.pid)!
  const { user, system } = process.cpuUsage()
  // Both count all threads; /proc in ticks of 10 ms.
  t.ok(first > 0 && first <= (user + system) / 1000 + 20, `${first} ms`)
  const busy = process.cpuUsage()
  while (process.cpuUsage(busy).user < 50_000);
  t.ok(processTime(process.pid)! > first)
})

t.test('knows nothing of a process that is gone', async t => {
  // Beyond the largest id that Linux gives.
  t.equal(processTime(2 ** 22 + 1), undefined)
})
