import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { UNLIMITED } from '../../../lib/ffmpeg/limits/limits.js'
import { FfmpegFlow } from '../../../lib/ffmpeg/run/ffmpeg-flow.js'
import type { RunListener } from '../../../lib/ffmpeg/run/run-spec.js'
import { PipedOutput } from '../../../lib/ffmpeg/output/piped-output.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { resources, resourcesSince } from '../../support/child.js'
import { matroska } from '../../support/media.js'

const SETTINGS = {
  ...{ ffmpegPath: undefined, globalArgs: [], env: { PATH: process.env['PATH']! }, killTimeout: 5000 },
  limits: UNLIMITED,
  cacheSize: 1024 ** 2,
}
const COPY = { format: 'matroska', args: ['-c', 'copy'], layout: 'stream' as const }

/** A flow from bytes to `count` outputs, with a record of its events and errors. */
async function make(count: number, ffmpegPath?: string) {
  const source = new BytesSource({ bytes: await matroska() })
  const events: string[] = []
  const errors: Error[] = []
  const listener: RunListener = {
    onSpawn: () => events.push('spawn'),
    onLog: () => undefined,
    onProgress: () => undefined,
    onInput: () => undefined,
    hearsInput: () => false,
    onError: error => errors.push(error),
    hasProgress: () => false,
  }
  const stages = Array.from({ length: count }, (_, n) => {
    const stage: Readable = new Readable({ read: () => output.read() })
    const output = new PipedOutput(stage, 'Stage', COPY, { onRead: () => flow.read(n) })
    return { stage, output }
  })
  const input = { format: undefined, args: [], formatWhitelist: ['matroska'], source }
  const flow: FfmpegFlow = new FfmpegFlow(
    { ...SETTINGS, ffmpegPath },
    { inputs: [input], outputs: stages.map(({ output }) => output) },
    listener,
  )
  return { flow, stages, events, errors }
}

t.test('starts at the first read, and ends every output once each has a reader', async t => {
  const before = resources()
  const { flow, stages, events, errors } = await make(2)
  const [first, second] = stages as [(typeof stages)[0], (typeof stages)[0]]
  t.equal(flow.bytesIn, 0)
  const outputs = stages.map(({ stage }) => buffer(stage))
  let ended = 0
  for (const { stage } of stages) stage.once('end', () => ended++)
  first.output.want()
  await flow.begin()
  t.same(events, ['spawn'])
  await setTimeout(300)
  t.equal(ended, 0)
  second.output.want()
  flow.endWhenComplete()
  for (const bytes of await Promise.all(outputs)) t.ok(bytes.length > 1000)
  t.ok(flow.bytesIn > 0)
  t.ok(flow.bytesFetched > 0)
  await flow.kill()
  t.same(errors, [])
  t.same(await resourcesSince(before), {})
})

t.test('ends no output if one of them can’t be completed', async t => {
  const { flow, stages } = await make(2)
  const [first, second] = stages as [(typeof stages)[0], (typeof stages)[0]]
  const completed = new Promise<void>(resolve => {
    second.output.complete = () => {
      resolve()
      return false
    }
  })
  first.stage.once('end', () => t.fail('ended'))
  for (const { stage, output } of stages) {
    output.want()
    stage.resume()
  }
  await completed
  await new Promise(setImmediate)
  t.equal(first.stage.readableEnded, false)
  await flow.kill()
})

t.test('ends a single output without a reader', async t => {
  const { flow, stages } = await make(1)
  t.ok((await buffer(stages[0]!.stage)).length > 1000)
  await flow.kill()
})

t.test('reports a failed start', async t => {
  const { flow, stages, errors } = await make(1, '/nowhere/ffmpeg')
  stages[0]!.output.read()
  await t.rejects(flow.begin(), { code: 'AVIO_ERR_FFMPEG_NOT_FOUND' })
  t.match(errors, [{ code: 'AVIO_ERR_FFMPEG_NOT_FOUND' }])
  await flow.kill()
})

t.test('never starts after an abort', async t => {
  const { flow, events } = await make(1)
  await flow.kill()
  const begun = flow.begin().then(() => 'settled')
  await flow.kill()
  // The stage that began it is destroyed by then, and gets no answer.
  t.equal(await Promise.race([begun, setTimeout(50, 'open')]), 'open')
  t.same(events, [])
})
