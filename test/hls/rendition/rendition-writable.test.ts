import { PassThrough } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import t from 'tap'
import type { Cut } from '../../../lib/hls/segments/fmp4-cutter.js'
import { commitOf } from '../../../lib/io/pipeline/commit-hook.js'
import { type RenditionTarget, RenditionWritable } from '../../../lib/hls/rendition/rendition-writable.js'
import { chunksOf, soundOf } from '../../support/hls.js'

const CUTTING = {
  rendition: 'a',
  targetDuration: 1,
  maxSegmentSize: 1_000_000,
  allowMixed: true,
  allowSilent: true,
}

class Target implements RenditionTarget {
  readonly commit = { hold: () => undefined, result: Promise.resolve(), target: 'main.m3u8' }
  readonly cuts: Cut[] = []
  readonly dates: (Date | undefined)[] = []
  readonly failures: Error[] = []
  isEnded = false
  /** A gate that storing waits for. */
  onStore: (cut: Cut) => Promise<void> = () => Promise.resolve()

  async store(cut: Cut, date: Date | undefined): Promise<void> {
    this.cuts.push(cut)
    if (cut.kind === 'init') this.dates.push(date)
    await this.onStore(cut)
  }

  end(): Promise<void> {
    this.isEnded = true
    return Promise.resolve()
  }

  fail(error: Error): Promise<void> {
    this.failures.push(error)
    return Promise.resolve()
  }
}

t.test('stores segments in order, one at a time, and ends last', async t => {
  const target = new Target()
  let underWay = 0
  target.onStore = async () => {
    t.equal(++underWay, 1)
    await new Promise(setImmediate)
    underWay--
  }
  await pipeline(chunksOf(await soundOf({ seconds: 4 })), new RenditionWritable(CUTTING, target))
  t.same(
    target.cuts.map(({ kind }) => kind),
    ['init', 'segment', 'segment', 'segment', 'segment'],
  )
  t.ok(target.isEnded)
  t.same(target.failures, [])
})

t.test('applies backpressure when the storage is slow: one segment is being stored, one waits', async t => {
  const target = new Target()
  const stored: (() => void)[] = []
  target.onStore = () => new Promise(resolve => stored.push(resolve))
  const bytes = await soundOf({ seconds: 8 })
  const stream = new RenditionWritable(CUTTING, target)
  const source = chunksOf(bytes, 1000)
  source.pipe(stream)
  // The initialization segment is stored; then storing the first segment begins.
  while (target.cuts.length < 1) await new Promise(setImmediate)
  stored[0]!()
  while (target.cuts.length < 2) await new Promise(setImmediate)
  let before = -1
  // Until all activity stops.
  for (let turns = 0; turns < 50; turns++) {
    if (stream.writableLength !== before) turns = 0
    before = stream.writableLength
    await new Promise(setImmediate)
  }
  t.equal(target.cuts.length, 2)
  t.ok(stream.writableNeedDrain, 'the source waits')
  target.onStore = () => Promise.resolve()
  stored[1]!()
  await finished(stream)
  t.equal(target.cuts.length, 9)
})

t.test('fails with the storage, also between writes', async t => {
  const target = new Target()
  const cause = new Error('no room')
  let fail!: (error: Error) => void
  target.onStore = cut =>
    cut.kind === 'init' ? Promise.resolve() : new Promise((_resolve, reject) => (fail = reject))
  const stream = new RenditionWritable(CUTTING, target)
  const bytes = await soundOf({ seconds: 4 })
  await new Promise(resolve => stream.write(bytes.subarray(0, bytes.length / 2), resolve))
  fail(cause)
  await t.rejects(finished(stream), cause)
  t.same(target.failures, [cause])
})

t.test('rejects damage, and a source that closes early, also under a plain pipe', async t => {
  const damaged = new Target()
  const stream = new RenditionWritable(CUTTING, damaged)
  await t.rejects(pipeline(chunksOf(Buffer.from('this is not an MP4')), stream), { name: 'Mp4Error' })
  t.match(damaged.failures, [{ code: 'AVIO_ERR_MP4_NOT_MP4' }])

  const target = new Target()
  const source = new PassThrough()
  const piped = source.pipe(new RenditionWritable(CUTTING, target))
  source.destroy()
  await t.rejects(finished(piped), { code: 'AVIO_ERR_UPSTREAM_CLOSED' })
  t.match(target.failures, [{ code: 'AVIO_ERR_UPSTREAM_CLOSED' }])
})

t.test('fails the packaging if destroyed without an error', async t => {
  const target = new Target()
  new RenditionWritable(CUTTING, target).destroy()
  t.match(target.failures, [{ code: 'AVIO_ERR_UPSTREAM_CLOSED', message: /Rendition "a" closed before/ }])
})

t.test('requires a complete stream before a discontinuity, and begins another', async t => {
  const target = new Target()
  const date = new Date(0)
  const bytes = await soundOf({ seconds: 2 })
  const stream = new RenditionWritable(CUTTING, target)
  stream.write(bytes)
  stream.discontinuity({ programDateTime: date })
  stream.write(bytes)
  stream.discontinuity()
  stream.end(bytes)
  await finished(stream)
  t.equal(target.cuts.length, 9)
  t.same(target.dates, [undefined, date, undefined])

  const cut = new RenditionWritable(CUTTING, new Target())
  cut.write(bytes.subarray(0, -200))
  cut.discontinuity()
  await t.rejects(finished(cut), { code: 'AVIO_ERR_MP4_BOX_TRUNCATED' })
})

t.test('commits with the whole packaging, together with the other renditions', async t => {
  const target = new Target()
  t.equal(commitOf(new RenditionWritable(CUTTING, target)), target.commit)
})

t.test('accepts any number of streams from pipelines that do not end it, without a leak warning', async t => {
  const warnings: string[] = []
  const listen = ({ name }: Error): void => void warnings.push(name)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  const rendition = new RenditionWritable(CUTTING, new Target())
  const bytes = await soundOf({ seconds: 1 })
  for (let n = 0; n < 20; n++) {
    if (n > 0) rendition.discontinuity()
    await pipeline(chunksOf(bytes), rendition, { end: n === 19 })
  }
  await new Promise(setImmediate)
  t.same(warnings, [])
  t.ok(rendition.getMaxListeners() > 0, 'a leak would still be reported')
})
