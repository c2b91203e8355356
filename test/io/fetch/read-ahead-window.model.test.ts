import t from 'tap'
import { ReadAheadWindow } from '../../../lib/io/fetch/read-ahead-window.js'
import { KiB, MiB } from '../../../lib/options.js'

// The limit model of docs/performance.md: no clock, no network, so the figures are the same everywhere.
const TTFB = 0.03
const RATE = 25e6
const CONNECTIONS = 16
const PART = 8 * MiB
const STEP = 0.0005

interface Range {
  readonly start: number
  readonly end: number
  readonly from: number
}

/** What a consumer of at most `pace` bytes a second needs for `size` bytes; `ahead` is the most it had not taken yet. */
function read(size: number, pace = Infinity): { seconds: number; requests: number; ahead: number } {
  const plan = new ReadAheadWindow({
    ...{ start: 0, end: Infinity, firstSize: 512 * KiB },
    ...{ partSize: PART, concurrency: CONNECTIONS, readAhead: (CONNECTIONS + 1) * PART },
  })
  const ranges: Range[] = []
  let [seconds, consumed, requests, ahead] = [0, 0, 0, 0]
  const received = ({ start, end, from }: Range) =>
    Math.max(0, Math.min(end - start, Math.floor((seconds - from - TTFB) * RATE)))
  const lacking = (range: Range) => range.end - range.start - received(range)
  while (consumed < size) {
    for (;;) {
      const open = ranges.filter(range => lacking(range) > 0)
      const range = plan.plan(consumed, {
        underWay: open.length,
        isIdle: ranges.length === 0,
        bytesLacking: open.reduce((sum, range) => sum + lacking(range), 0),
      })
      if (range === undefined) break
      ranges.push({ ...range, from: seconds })
      requests += 1
    }
    seconds += STEP
    if (received(ranges[0]!) > 0) plan.bound(size)
    const wanted = Math.min(size, pace === Infinity ? size : consumed + pace * STEP)
    while (ranges.length > 0 && consumed < wanted) {
      consumed = Math.min(wanted, ranges[0]!.start + received(ranges[0]!))
      if (consumed < ranges[0]!.end) break
      ranges.shift()
    }
    if (consumed < wanted) plan.starved(consumed)
    ahead = Math.max(ahead, plan.next - consumed)
  }
  return { seconds, requests, ahead }
}

t.test('a fast consumer gets nearly what the limit model allows, the more the longer it reads', async t => {
  for (const [size, share, extra] of [
    [32 * MiB, 0.43, 28],
    [128 * MiB, 0.74, 28],
    [512 * MiB, 0.92, 28],
    [1024 * MiB, 0.955, 28],
    [4096 * MiB, 0.985, 28],
  ] as const) {
    const { seconds, requests } = read(size)
    const limit = size / ((CONNECTIONS * PART) / (TTFB + PART / RATE))
    t.ok(
      limit / seconds >= share,
      `${size / MiB} MiB: ${((100 * limit) / seconds).toFixed(1)} % of the limit`,
    )
    t.ok(requests <= size / PART + extra, `${size / MiB} MiB: ${requests} requests`)
  }
})

t.test(
  'a consumer slower than the connections waits for none, and has ranges as large as it is steady',
  async t => {
    const size = 1024 * MiB
    for (const pace of [5e6, 20e6, 60e6, 200e6]) {
      const { seconds, requests } = read(size, pace)
      const name = `${pace / 1e6} MB/s`
      t.ok(seconds <= 1.02 * (size / pace) + 0.3, `${name}: ${seconds.toFixed(1)} s`)
      t.ok(requests <= size / PART + 136, `${name}: ${requests} requests`)
    }
  },
)

t.test('a slow consumer that stops has requested little that it did not take', async t => {
  for (const size of [1, 4, 16, 64, 128, 256].map(size => size * MiB)) {
    const { ahead } = read(size, 5e6)
    t.ok(ahead <= Math.max(size / 16, 8.5 * MiB), `${size / MiB} MiB: ${(ahead / MiB).toFixed(1)} MiB`)
  }
})
