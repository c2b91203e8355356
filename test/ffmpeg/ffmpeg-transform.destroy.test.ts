import { getEventListeners, once } from 'node:events'
import { type Readable, type Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import type { FfmpegTransformOptions } from '../../lib/ffmpeg/ffmpeg-options.js'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { exists, resources, resourcesSince } from '../support/child.js'
import { transportStream } from '../support/media.js'
import { ChunkedSource, Collector, LinkedSource, StalledSink } from '../support/sources.js'
import { standIn, spoke } from '../support/transform.js'

/** A destroyed stage reaps its child before 'close' and leaves nothing behind. */

const COPY: FfmpegTransformOptions = { output: { format: 'mpegts', args: ['-c', 'copy'] } }

const closed = (stream: Readable | Writable) => new Promise(resolve => stream.once('close', resolve))

/** The process id, once ffmpeg runs. */
async function pidOf(ffmpeg: FfmpegTransform): Promise<number> {
  const [{ pid }] = (await once(ffmpeg, 'spawn')) as [{ pid: number }]
  return pid
}

t.test('leaves no process, pipe or timer when destroyed at any moment from the first write on', async t => {
  const before = resources()
  for (let turns = 0; turns < 40; turns++) {
    const ffmpeg = new FfmpegTransform(standIn('forever'))
    let pid: number | undefined
    ffmpeg.once('spawn', child => (pid = child.pid))
    ffmpeg.write('some bytes')
    for (let turn = 0; turn < turns; turn++) await setImmediate()
    const boom = new Error('boom')
    const failed = once(ffmpeg, 'error')
    ffmpeg.destroy(boom)
    ffmpeg.destroy(new Error('a second time'))
    await closed(ffmpeg)
    t.equal((await failed)[0], boom)
    if (pid !== undefined) t.equal(exists(pid), false, `reaped after ${turns} turns`)
    t.same(await resourcesSince(before), {}, `nothing is left after ${turns} turns`)
  }
})

t.test('has no error when destroyed without one while ffmpeg starts', async t => {
  const media = await transportStream()
  for (const options of [COPY, standIn('forever')]) {
    for (let turns = 0; turns < 25; turns++) {
      const ffmpeg = new FfmpegTransform(options)
      const piped = pipeline(new LinkedSource(media), ffmpeg, new Collector())
      for (let turn = 0; turn < turns; turn++) await setImmediate()
      ffmpeg.destroy()
      const error: unknown = await piped.catch((reason: unknown) => reason)
      t.match(error, { code: 'ERR_STREAM_PREMATURE_CLOSE' }, `Node's own error, after ${turns} turns`)
      t.equal(ffmpeg.errored, null)
    }
  }
})

t.test('starts nothing when destroyed before the first write', async t => {
  const ffmpeg = new FfmpegTransform(COPY)
  ffmpeg.once('spawn', () => t.fail('started'))
  ffmpeg.destroy()
  await closed(ffmpeg)
  t.equal(ffmpeg.errored, null)
})

t.test('ends an ffmpeg that is blocked on its input, or whose output has no reader', async t => {
  const starving = new FfmpegTransform(COPY)
  starving.write((await transportStream()).subarray(0, 1000))
  const first = await pidOf(starving)
  starving.destroy()
  await closed(starving)
  t.equal(exists(first), false)

  const stuck = new FfmpegTransform(COPY)
  const sink = new StalledSink()
  const piped = pipeline(new ChunkedSource(await transportStream(), { endless: true }), stuck, sink)
  const second = await pidOf(stuck)
  await once(sink, 'stalled')
  stuck.destroy(new Error('boom'))
  await t.rejects(piped, { message: 'boom' })
  if (!stuck.closed) await closed(stuck)
  t.equal(exists(second), false)

  const flood = new FfmpegTransform(standIn('floods-stdout'))
  flood.write('some bytes')
  const third = await pidOf(flood)
  await once(flood, 'readable')
  flood.destroy()
  await closed(flood)
  t.equal(exists(third), false)
})

t.test('kills a child that ignores SIGTERM after killTimeout', async t => {
  const ffmpeg = new FfmpegTransform({ ...standIn('ignores-sigterm'), killTimeout: 30 })
  const said = spoke(ffmpeg)
  ffmpeg.write('some bytes')
  const pid = await pidOf(ffmpeg)
  await said
  ffmpeg.destroy()
  t.equal(exists(pid), true)
  await closed(ffmpeg)
  t.equal(exists(pid), false)
})

t.test('ends with an AbortError when its signal is aborted', async t => {
  const early = new FfmpegTransform({ ...COPY, signal: AbortSignal.abort() })
  t.match((await once(early, 'error'))[0], { name: 'AbortError', code: 'ABORT_ERR' })

  for (const when of ['at the first write', 'while it runs'] as const) {
    const controller = new AbortController()
    const ffmpeg = new FfmpegTransform({ ...standIn('forever'), signal: controller.signal })
    ffmpeg.write('some bytes')
    const pid = when === 'while it runs' ? await pidOf(ffmpeg) : undefined
    controller.abort()
    const failed = once(ffmpeg, 'error')
    await closed(ffmpeg)
    t.match((await failed)[0], { name: 'AbortError' }, when)
    if (pid !== undefined) t.equal(exists(pid), false)
  }
})

t.test('ends with an AbortError when the signal of its pipeline is aborted', async t => {
  const controller = new AbortController()
  const ffmpeg = new FfmpegTransform(COPY)
  const sink = new Collector()
  const source = new ChunkedSource(await transportStream(), { endless: true })
  const piped = pipeline(source, ffmpeg, sink, { signal: controller.signal })
  const pid = await pidOf(ffmpeg)
  controller.abort()
  await t.rejects(piped, { name: 'AbortError' })
  if (!ffmpeg.closed) await closed(ffmpeg)
  t.equal(exists(pid), false)
  t.equal(sink.sawEnd, false)
})

t.test('ends when its reader leaves', async t => {
  const source = new ChunkedSource(await transportStream(), { endless: true })
  const ffmpeg = source.pipe(new FfmpegTransform(COPY))
  const pid = pidOf(ffmpeg)
  for await (const chunk of ffmpeg) {
    t.ok((chunk as Buffer).length > 0)
    break
  }
  if (!ffmpeg.closed) await closed(ffmpeg)
  t.equal(exists(await pid), false)
  source.destroy()
})

t.test('leaves no listener on the signal, the source or the process', async t => {
  const { signal } = new AbortController()
  const events = ['error', 'close', 'end', 'data', 'readable', 'drain', 'unpipe']
  const onProcess = () => process.eventNames().map(name => [name, process.listenerCount(name)])
  const before = { process: onProcess(), resources: resources() }
  for (const end of ['completed', 'early-exit', 'destroyed', 'failed'] as const) {
    const options: Record<typeof end, FfmpegTransformOptions> = {
      completed: COPY,
      'early-exit': { output: { format: 'mpegts', args: ['-c', 'copy', '-t', '1'] } },
      destroyed: COPY,
      failed: { output: { format: 'mpegts', args: ['-c:v', 'libnope'] } },
    }
    const source = new LinkedSource(await transportStream(), {
      endless: end !== 'completed' && end !== 'failed',
    })
    const listeners = events.map(event => source.listenerCount(event))
    const ffmpeg = new FfmpegTransform({ ...options[end], signal })
    ffmpeg.on('error', () => undefined)
    source.pipe(ffmpeg)
    if (end === 'destroyed') ffmpeg.once('data', () => ffmpeg.destroy())
    ffmpeg.resume()
    await closed(ffmpeg)
    t.same(getEventListeners(signal, 'abort'), [], `the signal, ${end}`)
    if (end !== 'destroyed' && end !== 'failed' && !source.closed) await closed(source)
    const left = events.map(event => source.listenerCount(event))
    t.same(left, listeners, `the source, ${end}`)
    source.destroy()
    t.same(onProcess(), before.process, `the process, ${end}`)
    t.same(await resourcesSince(before.resources), {}, `handles, ${end}`)
  }
})

t.test('runs many stages at once', async t => {
  const media = await transportStream({ seconds: 1 })
  const before = resources()
  const copies = await Promise.all(
    Array.from({ length: 8 }, () => {
      const ffmpeg = new FfmpegTransform(standIn('copies'))
      ffmpeg.end(media)
      return buffer(ffmpeg)
    }),
  )
  for (const copy of copies) t.same(copy, media)
  t.same(await resourcesSince(before), {})
})
