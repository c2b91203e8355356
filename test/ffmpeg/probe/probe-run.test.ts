import t from 'tap'
import { runProbe } from '../../../lib/ffmpeg/probe/probe-run.js'
import { fixture, resources, resourcesSince } from '../../support/child.js'

const command = (name: string, more: object = {}) => ({
  path: fixture(name),
  args: [],
  env: { PATH: process.env['PATH']! },
  input: undefined,
  signal: new AbortController().signal,
  onLog: () => undefined,
  ...more,
})

t.test('returns the output of the tool and its outcome', async t => {
  t.match(await runProbe(command('copies', { input: Buffer.from('abc') })), {
    exit: { code: 0, signal: null },
    stdout: 'abc',
    failure: undefined,
  })
  t.match(await runProbe(command('exits-1')), {
    exit: { code: 1 },
    failure: { code: 'AVIO_ERR_FFMPEG_EXIT' },
  })
})

t.test('ends the tool on an abort, and on endless output or logs', async t => {
  const before = resources()
  const reason = new Error('The source broke')
  const abort = new AbortController()
  const waiting = runProbe(command('forever', { signal: abort.signal }))
  abort.abort(reason)
  await t.rejects(waiting, reason)
  await t.rejects(runProbe(command('forever', { signal: AbortSignal.abort(reason) })), reason)
  await t.rejects(runProbe({ ...command('copies'), path: '/usr/bin/yes' }), {
    code: 'AVIO_ERR_INPUT_INVALID',
    message: /more than 16777216 bytes/,
  })
  await t.rejects(runProbe({ ...command('copies'), path: '/bin/sh', args: ['-c', 'exec yes >&2'] }), {
    code: 'AVIO_ERR_INPUT_INVALID',
  })
  await t.rejects(runProbe(command('no-such-program')), { code: 'AVIO_ERR_FFMPEG_SPAWN' })
  t.same(await resourcesSince(before), {})
})
