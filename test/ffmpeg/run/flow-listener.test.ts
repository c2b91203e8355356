import { PassThrough } from 'node:stream'
import t from 'tap'
import { flowListener } from '../../../lib/ffmpeg/run/flow-listener.js'

t.test('emits the events of a flow on its stage, and destroys it on failure', async t => {
  const stage = new PassThrough()
  const listener = flowListener(stage)
  const events: unknown[] = []
  t.same([listener.hasProgress(), listener.hearsInput()], [false, false])
  for (const event of ['spawn', 'log', 'input', 'progress', 'error'])
    stage.on(event, (...args: unknown[]) => events.push([event, ...args]))
  t.same([listener.hasProgress(), listener.hearsInput()], [true, true])
  const child = { path: '/bin/ffmpeg', from: 'PATH' as const, args: [], pid: 7 }
  const entry = { level: 'info' as const, message: 'hello' }
  const input = { input: 0, format: { names: ['mov'], tags: {} }, streams: [], chapters: [], notes: [] }
  const report = { done: false }
  const boom = new Error('boom')
  listener.onSpawn(child)
  listener.onLog(entry)
  listener.onInput(input)
  listener.onProgress(report)
  listener.onError(boom)
  listener.onInput(input)
  listener.onProgress(report)
  await new Promise(setImmediate)
  t.same(events, [
    ['spawn', child],
    ['log', entry],
    ['input', input],
    ['progress', report],
    ['error', boom],
  ])
})
