import { getEventListeners, once } from 'node:events'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { FfmpegProcess, type FfmpegProcessOptions } from '../../lib/ffmpeg/ffmpeg-process.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { exists, fixture, resources, resourcesSince } from '../support/child.js'
import { matroska, transportStream } from '../support/media.js'
import { LoggedAccess } from '../support/random-accesses.js'
import { ChunkedSource, Collector } from '../support/sources.js'

/** Whatever fails in a graph fails all of it, with the first error; no sink has seen an end, and nothing is left. */

const COPY = { format: 'matroska', args: ['-an', '-c', 'copy'] }
const TS = { format: 'mpegts', args: ['-c', 'copy'] }
const ENDLESS = { endless: true, chunkSize: 16_384 }

interface Run {
  graph: FfmpegProcess
  sources: readonly Readable[]
  sinks: readonly Collector[]
  pid: Promise<number>
}

/** A graph of endless sources (one a piped input) and a sink for each output, on its way. */
async function start(
  options: Partial<FfmpegProcessOptions> = {},
  sources?: readonly Readable[],
): Promise<Run> {
  const graph = new FfmpegProcess({ inputs: [{}, {}], outputs: [COPY, TS, TS], ...options })
  const media = await transportStream()
  const piped = graph.inputs.filter(input => input !== undefined)
  const from = sources ?? piped.map(() => new ChunkedSource(media, ENDLESS))
  const sinks = graph.outputs.map(() => new Collector())
  const pid = once(graph, 'spawn').then(([{ pid }]) => (pid as number | undefined) ?? 0)
  pid.catch(() => undefined)
  const flows = [
    ...piped.map((input, n) => pipeline(from[n]!, input)),
    ...graph.outputs.map((output, n) => pipeline(output, sinks[n]!)),
  ]
  for (const flow of flows) flow.catch(() => undefined)
  return { graph, sources: from, sinks, pid }
}

/** What every failure has in common; gives the error. */
async function checkFailure(t: Test, { graph, sources, sinks }: Run, before: Record<string, number>) {
  const error: unknown = await graph.result.then(
    () => t.fail('it did not fail'),
    (reason: unknown) => reason,
  )
  for (const stream of [...graph.inputs, ...graph.outputs] as (Readable | Writable | undefined)[]) {
    t.equal(stream?.closed ?? true, true)
  }
  for (const source of sources) t.equal(source.destroyed, true, 'a source is let go of')
  for (const sink of sinks) t.equal(sink.sawEnd, false, 'a sink has seen no end')
  t.same(await resourcesSince(before), {})
  return error
}

t.test('fails all streams with any output', async t => {
  for (const n of [0, 1, 2]) {
    const before = resources()
    const run = await start()
    const pid = await run.pid
    const boom = new Error('disk full')
    run.sinks[n]!.destroy(boom)
    const error = await checkFailure(t, run, before)
    t.equal(error, boom)
    for (const output of run.graph.outputs) t.equal(output.errored, boom)
    t.equal(exists(pid), false)
  }
})

t.test('fails the other outputs when a reader leaves one', async t => {
  const before = resources()
  const run = await start()
  await run.pid
  run.graph.outputs[1]!.destroy()
  t.match(await checkFailure(t, run, before), {
    code: 'AVIO_ERR_OUTPUT_CLOSED',
    message: 'outputs[1] of FfmpegProcess',
  })
})

t.test('fails all streams with any input, before and after the start', async t => {
  for (const n of [0, 1]) {
    for (const when of ['before', 'behind']) {
      const before = resources()
      const run = await start()
      if (when === 'behind') await run.pid
      const boom = new Error('connection lost')
      run.sources[n]!.destroy(boom)
      t.equal(await checkFailure(t, run, before), boom, `${n} ${when}`)
    }
  }
})

t.test('fails all streams with an input closed before its end', async t => {
  const before = resources()
  const run = await start()
  await run.pid
  run.graph.inputs[1]!.destroy()
  t.match(await checkFailure(t, run, before), {
    code: 'AVIO_ERR_UPSTREAM_CLOSED',
    message: 'inputs[1] of FfmpegProcess',
  })
})

t.test('rejects an input that is empty, or can’t be read in order, before ffmpeg starts', async t => {
  for (const [bytes, code] of [
    ['', 'AVIO_ERR_INPUT_INVALID'],
    ['\0\0\0\x10ftypisom\0\0\0\0\x7f\0\0\0mdat', 'AVIO_ERR_INPUT_NEEDS_SEEK'],
  ] as const) {
    const before = resources()
    const graph = new FfmpegProcess({ inputs: [{}, {}], outputs: [COPY] })
    graph.once('spawn', () => t.fail('started'))
    for (const stream of [...graph.inputs, ...graph.outputs]) stream!.on('error', () => undefined)
    graph.outputs[0]!.resume()
    graph.inputs[0]!.write((await transportStream()).subarray(0, 2000))
    graph.inputs[1]!.end(Buffer.from(bytes, 'latin1'))
    await t.rejects(graph.result, { code })
    t.same(await resourcesSince(before), {})
  }
})

t.test('fails all streams with the error of a source that breaks', async t => {
  const before = resources()
  const media = await matroska({ seconds: 4 })
  const error = new Error('The connection was cut')
  const source = new LoggedAccess(media, { failAt: Math.floor(media.length / 2), error })
  const run = await start({ inputs: [{ source: new BytesSource({ bytes: media }) }, { source }] })
  t.equal(await checkFailure(t, run, before), error)
})

t.test(
  'a source that fails after ffmpeg had enough fails all: no output has ended before its end',
  async t => {
    const before = resources()
    const source = new PassThrough()
    // Somebody else reads it as well, so it is not ended.
    const other = source.pipe(new PassThrough()).resume()
    t.teardown(() => other.destroy())
    const outputs = [TS, TS].map(output => ({ ...output, args: [...output.args, '-t', '1'] }))
    const run = await start({ inputs: [{}], outputs }, [source])
    const enough = once(run.graph, 'early-exit')
    source.write(await transportStream({ seconds: 10 }))
    await enough
    // Time for an end that must not come.
    await setTimeout(200)
    t.ok(run.sinks.every(({ chunks, sawEnd }) => chunks.length > 0 && !sawEnd))
    const boom = new Error('boom')
    source.destroy(boom)
    t.equal(await checkFailure(t, run, before), boom)
  },
)

t.test('fails all streams with ffmpeg', async t => {
  const before = resources()
  const wrong = await start({ outputs: [COPY, { format: 'mpegts', args: ['-c:v', 'libnope'] }] })
  t.match(await checkFailure(t, wrong, before), { code: 'AVIO_ERR_UNKNOWN_ENCODER', exitCode: Number })
  const exits = await start({ ffmpegPath: fixture('exits-1') })
  t.match(await checkFailure(t, exits, before), { code: 'AVIO_ERR_FFMPEG_EXIT', exitCode: 1 })
  const absent = await start({ ffmpegPath: '/nowhere/ffmpeg' })
  t.match(await checkFailure(t, absent, before), { code: 'AVIO_ERR_FFMPEG_NOT_FOUND' })
})

t.test('fails all streams for an empty output, although ffmpeg exits with 0', async t => {
  const before = resources()
  const source = new BytesSource({ bytes: await matroska() })
  for (const n of [0, 1, 2]) {
    const outputs = [COPY, TS, { format: 'mp4', args: ['-c', 'copy'] }]
    outputs[n] = { ...outputs[n]!, args: ['-ss', '100', ...outputs[n]!.args] }
    const error = await checkFailure(t, await start({ inputs: [{ source }], outputs }), before)
    t.match(error, { code: 'AVIO_ERR_FFMPEG_NO_OUTPUT', message: `outputs[${n}]`, exitCode: 0 })
  }
})

t.test('leaves nothing after destroy() or an abort at any moment', async t => {
  for (const when of ['at once', 'when it runs']) {
    for (const how of ['destroy', 'destroy with an error', 'abort']) {
      const before = resources()
      const controller = new AbortController()
      const run = await start({ signal: controller.signal })
      const pid = when === 'at once' ? undefined : await run.pid
      const boom = new Error('boom')
      if (how === 'abort') controller.abort()
      else run.graph.destroy(how === 'destroy' ? undefined : boom).destroy(new Error('a second time'))
      const error = await checkFailure(t, run, before)
      if (how === 'destroy with an error') t.equal(error, boom)
      else t.match(error, { name: 'AbortError' })
      if (pid !== undefined) t.equal(exists(pid), false)
      t.same(getEventListeners(controller.signal, 'abort'), [])
    }
  }
})

t.test('closes at once with an already aborted signal', async t => {
  const graph = new FfmpegProcess({ inputs: [{}], outputs: [COPY], signal: AbortSignal.abort() })
  for (const stream of [...graph.inputs, ...graph.outputs]) stream!.on('error', () => undefined)
  await t.rejects(graph.result, { name: 'AbortError' })
})

t.test('ignores destroy() after the end', async t => {
  const { signal } = new AbortController()
  const source = new BytesSource({ bytes: await matroska() })
  const graph = new FfmpegProcess({ inputs: [{ source }], outputs: [COPY], signal })
  await pipeline(graph.outputs[0]!, new Collector())
  await graph.result
  t.same(getEventListeners(signal, 'abort'), [])
  graph.destroy(new Error('too late'))
  await graph.result
})
