import { once } from 'node:events'
import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import type { AvioError } from '../../lib/errors.js'
import { LINK, type Link, linkOf } from '../../lib/io/pipeline/link.js'
import { FragmentChecks } from '../../lib/mp4/checks/fragment-checks.js'
import { Fmp4Validator, type Fmp4ValidatorOptions } from '../../lib/mp4/fmp4-validator.js'
import { KiB } from '../../lib/options.js'
import { box, chunksOf, endlessBox, longBox, offsetOf, plainFragment, stream } from '../support/fmp4.js'
import { validate } from '../support/validate.js'
import { uncaught } from '../support/uncaught.js'

const good = stream(plainFragment(1), { ...plainFragment(2), mdat: longBox }, box('uuid', Buffer.alloc(30)), {
  ...plainFragment(3),
  mdat: endlessBox,
})

t.test('passes the bytes on unchanged, with a full report, however the stream is cut', async t => {
  const whole = await validate(good)
  t.equal(whole.error, undefined)
  t.equal(whole.fragments.length, 3)
  for (let size = 1; size <= good.length; size = size < 70 ? size + 1 : Math.ceil(size * 1.3)) {
    const { output, inits, fragments, report } = await validate(chunksOf(good, size))
    t.ok(Buffer.concat(output).equals(good), `chunks of ${size} bytes`)
    t.same([inits, fragments, report], [whole.inits, whole.fragments, whole.report], `chunks of ${size}`)
  }
})

t.test('passes two chunks cut at every byte', async t => {
  const whole = await validate(good)
  for (let cut = 1; cut < good.length; cut++) {
    const { error, output, fragments } = await validate([good.subarray(0, cut), good.subarray(cut)])
    const isSame = isDeepStrictEqual(fragments, whole.fragments)
    if (error || !isSame || !Buffer.concat(output).equals(good)) t.fail(`cut at ${cut}`)
  }
})

t.test('passes chunks on as the original objects, without copies', async t => {
  const chunks = chunksOf(good, 100)
  const { output } = await validate(chunks)
  t.equal(output.length, chunks.length)
  for (const [n, chunk] of output.entries()) {
    t.equal(chunk.buffer, chunks[n]!.buffer)
    t.equal(chunk.byteOffset, chunks[n]!.byteOffset)
  }
})

t.test('fails and never ends a stream cut off at any byte', async t => {
  const finite = stream(plainFragment(1), plainFragment(2))
  const between = offsetOf(finite, 'moof[1]')
  for (let length = 0; length < finite.length; length++) {
    const validator = new Fmp4Validator()
    const ends: number[] = []
    validator.on('end', () => ends.push(length)).resume()
    const failed = once(validator, 'error')
    if (length > 0) validator.write(finite.subarray(0, length))
    validator.end()
    if (length === between) {
      validator.destroy(new Error('a stream may end between fragments'))
      await failed
    } else {
      const [error] = (await failed) as [AvioError]
      if (ends.length > 0 || !error.code.startsWith('AVIO_ERR_MP4_'))
        t.fail(`cut at ${length}: ${error.code}`)
      t.equal(validator.report, undefined)
    }
  }
})

t.test('holds back the chunk with a fault, and passes those before it', async t => {
  const chunks = [good.subarray(0, 600), good.subarray(600), Buffer.from('no box at all')]
  const { error, output } = await validate([...chunks.slice(0, 1), Buffer.alloc(2000), ...chunks.slice(1)])
  t.match(error, { code: /^AVIO_ERR_MP4_/ })
  t.same(output, chunks.slice(0, 1))
})

t.test('passes all bytes on without strict, and ends', async t => {
  const wrong = Buffer.concat([stream(plainFragment(1), plainFragment(1)), Buffer.from('rubbish')])
  for (const bytes of [wrong, Buffer.alloc(0), Buffer.alloc(5000, 'text ')]) {
    for (const size of [1, 7, 1000]) {
      const { error, output, warnings, report } = await validate(chunksOf(bytes, size), { strict: false })
      t.equal(error, undefined)
      t.ok(Buffer.concat(output).equals(bytes))
      t.ok(warnings.length > 0)
      t.equal(report?.warningCount, warnings.length)
    }
  }
})

t.test('emits the report as an event before the end, and keeps it as a property', async t => {
  const validator = new Fmp4Validator()
  const order: string[] = []
  validator.on('report', report => order.push(`report ${report.fragments} ${validator.report === report}`))
  validator.on('end', () => order.push('end'))
  t.equal(validator.report, undefined)
  await pipeline(Readable.from([good], { objectMode: false }), validator, new PassThrough().resume())
  t.same(order, ['report 3 true', 'end'])
})

t.test('describes a fragment only for a listener', async t => {
  const { prototype } = FragmentChecks
  const own = Object.getOwnPropertyDescriptor(prototype, 'parts')!
  let described = 0
  const counted = function (this: FragmentChecks, ...args: []): unknown {
    described++
    return Reflect.apply(own.value as (...args: []) => unknown, this, args)
  }
  Object.defineProperty(prototype, 'parts', { ...own, value: counted })
  t.teardown(() => Object.defineProperty(prototype, 'parts', own))
  t.equal((await validate(good)).fragments.length, 3)
  t.equal(described, 3)
  const validator = new Fmp4Validator()
  await pipeline(Readable.from([good], { objectMode: false }), validator, new PassThrough().resume())
  t.equal(validator.report?.fragments, 3)
  t.equal(described, 3, 'none without one')
})

t.test('leaves an exception of a listener to the process, and continues', async t => {
  for (const event of ['init', 'fragment', 'report'] as const) {
    const validator = new Fmp4Validator()
    const bug = new Error(`in ${event}`)
    validator.on(event, () => {
      throw bug
    })
    const source = Readable.from([good], { objectMode: false })
    const thrown = await uncaught(() => pipeline(source, validator, new PassThrough().resume()))
    t.ok(thrown.length > 0 && thrown.every(error => error === bug), event)
    t.equal(validator.report?.complete, true)
  }
})

t.test('passes backpressure on to the source, within both high-water marks', async t => {
  let pulled = 0
  const head = stream(plainFragment(1))
  function* endless(): Generator<Buffer> {
    yield head
    yield Buffer.from('0000000166726565000fffffffffff00', 'hex')
    for (;;) {
      pulled++
      yield Buffer.alloc(KiB)
    }
  }
  const validator = new Fmp4Validator({ highWaterMark: 8 * KiB })
  const source = Readable.from(endless(), { objectMode: false, highWaterMark: KiB })
  let arrived!: () => void
  const full = new Promise<void>(resolve => {
    arrived = resolve
  })
  const sink = new Writable({ highWaterMark: 4 * KiB, write: arrived })
  const done = pipeline(source, validator, sink)
  await full
  // Once the source is blocked, a turn of the event loop changes nothing.
  let before = -1
  while (before !== pulled) {
    before = pulled
    await setImmediate()
  }
  t.ok(pulled * KiB <= (8 + 8 + 4 + 4) * KiB, `${pulled} KiB pulled`)
  t.ok(validator.writableNeedDrain)
  sink.destroy(new Error('early-exit'))
  await t.rejects(done, { message: 'early-exit' })
})

t.test('fails if its source fails or closes early under a plain pipe()', async t => {
  const boom = new Error('boom')
  for (const [reason, expected] of [
    [boom, boom],
    [undefined, { code: 'AVIO_ERR_UPSTREAM_CLOSED' }],
  ] as const) {
    const source = new PassThrough()
    const validator = source.pipe(new Fmp4Validator())
    const failed = once(validator, 'error')
    source.write(good.subarray(0, 500))
    source.destroy(reason)
    t.match((await failed)[0], expected)
    t.equal(validator.readableEnded, false)
  }
})

t.test('leaves no listener on its source', async t => {
  const source = Readable.from([good], { objectMode: false })
  const validator = new Fmp4Validator()
  const closed = once(validator, 'close')
  source.pipe(validator).resume()
  await closed
  t.same(
    ['error', 'close', 'data', 'end'].map(event => source.listenerCount(event)),
    [0, 0, 0, 0],
  )
})

t.test('aborts with a signal', async t => {
  const controller = new AbortController()
  const validator = new Fmp4Validator({ signal: controller.signal })
  const failed = once(validator, 'error')
  controller.abort()
  t.match((await failed)[0], { name: 'AbortError', code: 'ABORT_ERR' })
  const late = new Fmp4Validator({ signal: controller.signal })
  t.match((await once(late, 'error'))[0], { name: 'AbortError' }, 'the signal is already aborted')
})

t.test('validates options in the constructor', async t => {
  const wrong =
    (options: unknown): (() => unknown) =>
    () =>
      new Fmp4Validator(options as Fmp4ValidatorOptions)
  const rule = (option: string): { code: string; option: string } => ({ code: 'AVIO_ERR_OPTION', option })
  t.throws(wrong(null), rule('Fmp4Validator'))
  t.throws(wrong({ strict: 'yes' }), rule('strict'))
  t.throws(wrong({ maxBoxSize: 1000 }), rule('maxBoxSize'))
  t.throws(wrong({ maxBoxSize: 2 ** 31 }), rule('maxBoxSize'))
  t.throws(wrong({ highWaterMark: -1 }), rule('highWaterMark'))
  t.throws(wrong({ signal: {} }), rule('signal'))
  t.throws(wrong({ maxBoxsize: 5000 }), rule('maxBoxsize'))
  t.doesNotThrow(wrong({ strict: undefined, maxBoxSize: undefined, signal: undefined, highWaterMark: 0 }))
})

t.test('passes maxBoxSize to the checks', async t => {
  t.match((await validate(stream(plainFragment(1)), { maxBoxSize: KiB })).error, undefined)
  const large = stream({
    sequence: 1,
    tracks: [1, 2].map(id => ({
      ...{ id, time: 0 },
      runs: [{ samples: Array.from({ length: 100 }, () => ({ size: 1 })) }],
    })),
  })
  t.match((await validate(large, { maxBoxSize: KiB })).error, { code: 'AVIO_ERR_MP4_BOX_TOO_LARGE' })
  t.equal((await validate(large)).error, undefined)
})

/** A source with a link whose `stop` ends it, like a real one. */
function linkedSource(): { source: PassThrough; stops: () => number; randomAccess: object } {
  const source = new PassThrough()
  const randomAccess = { size: () => Promise.resolve(0), read: () => [] }
  let stops = 0
  const stop = (): void => {
    stops++
    source.end()
  }
  Object.defineProperty(source, LINK, { value: { randomAccess, stop } })
  return { source, stops: () => stops, randomAccess }
}

const canStop = (stream: Fmp4Validator): boolean => 'stop' in stream[LINK]

t.test('passes on the link of its source, since the bytes are the same', async t => {
  const { source, randomAccess } = linkedSource()
  const validator = new Fmp4Validator()
  t.same(Object.keys(linkOf(validator)!), ['lendTo'], 'nothing else to offer without a source')
  source.pipe(validator)
  t.equal(linkOf(validator)?.randomAccess, randomAccess)
  t.ok(canStop(validator))
  validator.destroy()
})

t.test('stops its source, and ends in the middle of a box without an error, when stopped', async t => {
  const { source, stops } = linkedSource()
  const validator = new Fmp4Validator()
  const output: Buffer[] = []
  const stopped = once(validator, 'stop')
  const done = pipeline(
    source,
    validator,
    new Writable({
      write: (chunk: Buffer, _encoding, callback) => {
        output.push(chunk)
        ;(linkOf(validator) as Required<Link>).stop()
        callback()
      },
    }),
  )
  source.write(good.subarray(0, 700))
  await stopped
  await done
  t.equal(stops(), 1)
  t.same(output, [good.subarray(0, 700)])
  t.match(validator.report, { complete: false, bytes: 700 })
})

t.test('drops whatever arrives after a stop', async t => {
  const source = new PassThrough()
  let stops = 0
  Object.defineProperty(source, LINK, { value: { stop: () => stops++ } })
  const validator = new Fmp4Validator({ highWaterMark: 10 })
  source.pipe(validator)
  source.write(good.subarray(0, 700))
  await once(validator, 'readable')
  const link = linkOf(validator)!
  link.stop!()
  link.stop!()
  t.equal(stops, 1)
  const finished = once(validator, 'finish')
  source.write(Buffer.alloc(5000))
  source.end()
  const ended = once(validator, 'end')
  t.same(validator.read(), good.subarray(0, 700))
  await finished
  t.equal(validator.read(), null)
  await ended
  t.equal(validator.errored, null)
})

t.test('does not offer to stop a source with a second consumer', async t => {
  const { source, stops } = linkedSource()
  const validator = new Fmp4Validator()
  source.pipe(validator)
  const tee = source.pipe(new PassThrough())
  t.notOk(canStop(validator))
  t.ok(linkOf(validator)?.randomAccess)
  source.unpipe(tee)
  t.ok(canStop(validator))
  t.equal(stops(), 0)
  validator.destroy()
})

t.test('ignores a stop after the end, or after destroy', async t => {
  const { source } = linkedSource()
  const validator = new Fmp4Validator()
  let told = 0
  validator.on('stop', () => told++)
  source.pipe(validator)
  const link = linkOf(validator)!
  const closed = once(validator, 'close')
  source.end(good)
  validator.resume()
  await closed
  link.stop!()
  t.equal(told, 0)
  t.equal(validator.report?.complete, true)
})
