import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { type RunJobOptions, runJobOptions } from '../../lib/job/run-job-options.js'

const client = { send: () => undefined, config: {} }
const read = (options: object) => runJobOptions({ client, ...options } as unknown as RunJobOptions)

t.test('has a default for every option', async t => {
  const { isStranger, signal, onProgress, onLog, stdin, stdout, ffmpegPath, env } = read({})
  t.same(
    { isStranger, signal, onProgress, onLog, stdin, stdout, ffmpegPath, env },
    {
      ...{ isStranger: false, signal: undefined, onProgress: undefined, onLog: undefined, stdin: undefined },
      ...{ stdout: undefined, ffmpegPath: undefined, env: undefined },
    },
  )
})

t.test('accepts each option, and refuses invalid ones by name', async t => {
  const stdin = Readable.from([])
  const stdout = new PassThrough()
  t.match(read({ trust: 'strangers', stdin, stdout, ffmpegPath: 'f', ffprobePath: 'p', env: { A: 'b' } }), {
    ...{ isStranger: true, stdin, stdout, ffmpegPath: 'f', ffprobePath: 'p', env: { A: 'b' } },
  })
  for (const [option, value] of Object.entries({
    ...{ client: 7, trust: 'anybody', signal: 1, onProgress: 1, onLog: 1, stdin: 'x', stdout: 1 },
    ...{
      ffmpegPath: 1,
      ffprobePath: 1,
      env: { A: 1 },
      concurrency: 0,
      onUnsplit: 1,
      onMonitor: 1,
      allow: 'all',
      workers: 2,
    },
  })) {
    t.throws(() => read({ [option]: value }), { code: 'AVIO_ERR_OPTION', option }, option)
  }
  t.throws(() => runJobOptions(7 as never), { code: 'AVIO_ERR_OPTION' })
})
