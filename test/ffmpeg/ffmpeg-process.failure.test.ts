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

/** Any failure fails every stream of a process with the first error; no sink sees an end, and nothing is left. */

const COPY = { format: 'matroska', args: ['-an', '-c', 'copy'] }
const TS = { format: 'mpegts', args: ['-c', 'copy'] }
const ENDLESS = { endless: true, chunkSize: 16_384 }

interface Run {
  ffmpeg: FfmpegProcess
  sources: readonly Readable[]
  sinks: readonly Collector[]
  pid: Promise<number>
}

/** Starts a process with an endless source for each piped input and a sink for each output. */
async function start(
  options: Partial<FfmpegProcessOptions> = {},
  sources?: readonly Readable[],
): Promise<Run> {
  const ffmpeg = new FfmpegProcess({ inputs: [{}, {}], outputs: [COPY, TS, TS], ...options })
  const media = await transportStream()
  const piped = ffmpeg.inputs.filter(input => input !== undefined)
  const from = sources ?? piped.map(() => new ChunkedSource(media, ENDLESS))
  const sinks = ffmpeg.outputs.map(() => new Collector())
  const pid = once(ffmpeg, 'spawn').then(([{ pid }]) => (pid as number | undefined) ?? 0)
  pid.catch(() => undefined)
  const flows = [
    ...piped.map((input, n) => pipeline(from[n]!, input)),
    ...ffmpeg.outputs.map((output, n) => pipeline(output, sinks[n]!)),
  ]
  for (const flow of flows) flow.catch(() => undefined)
  return { ffmpeg, sources: from, sinks, pid }
}

/** Checks what every failure has in common, and returns the error. */
async function checkFailure(t: Test, { ffmpeg, sources, sinks }: Run, before: Record<string, number>) {
  const error: unknown = await ffmpeg.result.then(
    () => t.fail('it did not fail'),
    (reason: unknown) => reason,
  )
  for (const stream of [...ffmpeg.inputs, ...ffmpeg.outputs] as (Readable | Writable | undefined)[]) {
    t.equal(stream?.closed ?? true, true)
  }
  for (const source of sources) t.equal(source.destroyed, true, 'the source is destroyed')
  for (const sink of sinks) t.equal(sink.sawEnd, false, 'the sink sees no end')
  t.same(await resourcesSince(before), {})
  return error
}

t.test('fails all streams when any output fails', async t => {
  for (const n of [0, 1, 2]) {
    const before = resources()
    const run = await start()
    const pid = await run.pid
    const boom = new Error('disk full')
    run.sinks[n]!.destroy(boom)
    const error = await checkFailure(t, run, before)
    t.equal(error, boom)
    for (const output of run.ffmpeg.outputs) t.equal(output.errored, boom)
    t.equal(exists(pid), false)
  }
})

t.test('fails the other outputs when the reader of one leaves', async t => {
  const before = resources()
  const run = await start()
  await run.pid
  run.ffmpeg.outputs[1]!.destroy()
  t.match(await checkFailure(t, run, before), {
    code: 'AVIO_ERR_OUTPUT_CLOSED',
    message: 'outputs[1] of FfmpegProcess',
  })
})

t.test('fails all streams when any input fails, before and after the start', async t => {
  for (const n of [0, 1]) {
    for (const when of ['before', 'after']) {
      const before = resources()
      const run = await start()
      if (when === 'after') await run.pid
      const boom = new Error('connection lost')
      run.sources[n]!.destroy(boom)
      t.equal(await checkFailure(t, run, before), boom, `${n} ${when}`)
    }
  }
})

t.test('fails all streams when an input closes before its end', async t => {
  const before = resources()
  const run = await start()
  await run.pid
  run.ffmpeg.inputs[1]!.destroy()
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
    const ffmpeg = new FfmpegProcess({ inputs: [{}, {}], outputs: [COPY] })
    ffmpeg.once('spawn', () => t.fail('started'))
    for (const stream of [...ffmpeg.inputs, ...ffmpeg.outputs]) stream!.on('error', () => undefined)
    ffmpeg.outputs[0]!.resume()
    ffmpeg.inputs[0]!.write((await transportStream()).subarray(0, 2000))
    ffmpeg.inputs[1]!.end(Buffer.from(bytes, 'latin1'))
    await t.rejects(ffmpeg.result, { code })
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

t.test('fails all streams if a source fails after an early exit, and ends no output before', async t => {
  const before = resources()
  const source = new PassThrough()
  // Another consumer reads it as well, so that the early exit does not end it.
  const other = source.pipe(new PassThrough()).resume()
  t.teardown(() => other.destroy())
  const outputs = [TS, TS].map(output => ({ ...output, args: [...output.args, '-t', '1'] }))
  const run = await start({ inputs: [{}], outputs }, [source])
  const earlyExit = once(run.ffmpeg, 'early-exit')
  source.write(await transportStream({ seconds: 10 }))
  await earlyExit
  // Leaves time for an end that would be wrong.
  await setTimeout(200)
  t.ok(run.sinks.every(({ chunks, sawEnd }) => chunks.length > 0 && !sawEnd))
  const boom = new Error('boom')
  source.destroy(boom)
  t.equal(await checkFailure(t, run, before), boom)
})

t.test('fails all streams when ffmpeg fails', async t => {
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

t.test('leaves nothing behind after destroy() or an abort at any moment', async t => {
  for (const when of ['at once', 'when it runs']) {
    for (const how of ['destroy', 'destroy with an error', 'abort']) {
      const before = resources()
      const controller = new AbortController()
      const run = await start({ signal: controller.signal })
      const pid = when === 'at once' ? undefined : await run.pid
      const boom = new Error('boom')
      if (how === 'abort') controller.abort()
      else run.ffmpeg.destroy(how === 'destroy' ? undefined : boom).destroy(new Error('a second time'))
      const error = await checkFailure(t, run, before)
      if (how === 'destroy with an error') t.equal(error, boom)
      else t.match(error, { name: 'AbortError' })
      if (pid !== undefined) t.equal(exists(pid), false)
      t.same(getEventListeners(controller.signal, 'abort'), [])
    }
  }
})

t.test('closes at once with an already aborted signal', async t => {
  const ffmpeg = new FfmpegProcess({ inputs: [{}], outputs: [COPY], signal: AbortSignal.abort() })
  for (const stream of [...ffmpeg.inputs, ...ffmpeg.outputs]) stream!.on('error', () => undefined)
  await t.rejects(ffmpeg.result, { name: 'AbortError' })
})

t.test('ignores destroy() after the end', async t => {
  const { signal } = new AbortController()
  const source = new BytesSource({ bytes: await matroska() })
  const ffmpeg = new FfmpegProcess({ inputs: [{ source }], outputs: [COPY], signal })
  await pipeline(ffmpeg.outputs[0]!, new Collector())
  await ffmpeg.result
  t.same(getEventListeners(signal, 'abort'), [])
  ffmpeg.destroy(new Error('too late'))
  await ffmpeg.result
})
