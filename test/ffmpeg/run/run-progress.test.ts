import t from 'tap'
import { RunProgress } from '../../../lib/ffmpeg/run/run-progress.js'
import type { RunInput } from '../../../lib/ffmpeg/run/run-spec.js'
import { BytesSource } from '../../../lib/index.js'

const NEVER = new AbortController().signal
const SOURCE = new BytesSource({ bytes: Buffer.alloc(2000) })

function make(args: readonly string[] = [], source?: BytesSource) {
  const head = Buffer.alloc(0)
  const inputs: RunInput[] = [{ format: undefined, args, formatWhitelist: [], source, head }]
  const outputs = [{ format: 'mpegts', args: ['-c', 'copy'], push: () => true }]
  const watch = { hasBegun: false, durations: [] as (number | undefined)[], streams: [] }
  return { watch, progress: new RunProgress({ inputs, outputs, globalArgs: [] }, watch) }
}

const report = (outTime: number) => ({ outTime, done: false })

t.test('adds the bytes read, and nothing else before the length is known', t => {
  const { progress } = make()
  t.same(progress.complete(report(5), 100), { outTime: 5, done: false, bytesIn: 100 })
  t.end()
})

t.test('tells the share of the output once ffmpeg has reported the duration of its input', t => {
  const { progress, watch } = make()
  watch.durations = [20]
  t.equal(progress.complete(report(5), 100).percent, undefined, 'the report is not complete')
  watch.hasBegun = true
  t.equal(progress.complete(report(5), 100).percent, 25)
  t.equal(progress.complete({ outTime: 20, done: true }, 100).eta, 0)
  t.end()
})

t.test('tells the share of the bytes of an input without a duration that is read whole', async t => {
  for (const [args, source, percent] of [
    [[], undefined, 50],
    [['-t', '5'], undefined, undefined],
    [['-ss', '5'], undefined, undefined],
    [[], SOURCE, undefined],
  ] as const) {
    const { progress } = make(args, source)
    progress.measure(SOURCE, NEVER)
    await new Promise(setImmediate)
    t.equal(
      progress.complete(report(5), 1000).percent,
      percent,
      `${args.join(' ')} ${source ? 'by range' : ''}`,
    )
  }
})
