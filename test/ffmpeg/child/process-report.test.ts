import t from 'tap'
import { FfmpegChild } from '../../../lib/ffmpeg/child/ffmpeg-child.js'
import { ProcessReport } from '../../../lib/ffmpeg/child/process-report.js'
import { fixture } from '../../support/child.js'
import { fixed, listen } from '../../support/diagnostics.js'

const SECRET = 'sesame'

async function start(path: string, args: string[] = []): Promise<FfmpegChild> {
  const env = { PATH: process.env['PATH'] ?? '', SECRET }
  return FfmpegChild.start({ path, args, env, pipes: ['none', 'none', 'none'], killTimeout: 0 })
}

t.test('is not made without a subscriber', async t => {
  t.equal(ProcessReport.begin('/usr/bin/ffmpeg'), undefined)
})

t.test('tells start and exit by the program’s name, without folder, arguments and environment', async t => {
  const heard = listen(t)
  const child = await start(process.execPath, ['-e', `process.exitCode = 3 // ${SECRET}`])
  await child.exited
  await child.kill()
  const killed = await start(fixture('forever'))
  await killed.kill()
  t.same(fixed(heard.process), [
    { event: 'start', program: 'node' },
    { event: 'exit', program: 'node', exitCode: 3 },
    { event: 'start', program: 'forever.mjs' },
    { event: 'exit', program: 'forever.mjs', signal: 'SIGKILL' },
  ])
  t.same(
    heard.process.map(({ pid }) => pid),
    [child.pid, child.pid, killed.pid, killed.pid],
  )
  const [began, ended] = heard.process
  t.equal(began!.startTime, ended!.startTime)
  t.ok(began!.durationMs <= ended!.durationMs)
  t.equal(new Set(heard.process.map(message => Object.keys(message).join())).size, 1)
  t.notMatch(JSON.stringify(heard), new RegExp(`${SECRET}|/`))
})

t.test('tells a program that could not be started', async t => {
  const heard = listen(t)
  await t.rejects(start('/nowhere/ffmpeg'), { code: 'AVIO_ERR_FFMPEG_SPAWN' })
  t.same(fixed(heard.process), [{ event: 'error', program: 'ffmpeg', errorCode: 'AVIO_ERR_FFMPEG_SPAWN' }])
})
