import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import type { FfmpegError } from '../../../lib/errors.js'
import { LimitWatch } from '../../../lib/ffmpeg/run/limit-watch.js'
import { type Limits, UNLIMITED } from '../../../lib/ffmpeg/limits/limits.js'

function make(limits: Partial<Limits>) {
  const state = { moved: 0, isHeldBack: false, errors: [] as FfmpegError[] }
  const target = new EventTarget()
  const watch = new LimitWatch(
    { ...UNLIMITED, ...limits },
    {
      moved: () => state.moved,
      isHeldBack: () => state.isHeldBack,
      fail: error => {
        state.errors.push(error)
        target.dispatchEvent(new Event('fail'))
      },
    },
  )
  return { state, watch, failed: once(target, 'fail') }
}

const codes = (state: { errors: FfmpegError[] }) => state.errors.map(({ code }) => code)

t.test('counts the bytes of all outputs, up to the exact limit', async t => {
  const { state, watch } = make({ maxOutputBytes: 100 })
  t.equal(watch.output(60), true)
  t.equal(watch.output(40), true)
  t.equal(watch.output(1), false)
  t.equal(watch.output(1), false)
  t.same(codes(state), ['AVIO_ERR_LIMIT_OUTPUT_BYTES'])
  t.match(
    state.errors[0]!.message,
    /more than 100 bytes \(limits\.maxOutputBytes\)\. Nothing was stored\. Raise/,
  )
})

t.test('checks the progress of ffmpeg, and fails once', async t => {
  const { state, watch } = make({ maxDuration: 2 })
  watch.progress({ outTime: 2 } as never)
  t.same(codes(state), [])
  watch.progress({ outTime: 2.04 } as never)
  watch.progress({ outTime: 3 } as never)
  t.same(codes(state), ['AVIO_ERR_LIMIT_DURATION'])
})

t.test('finds video that is too large in the dump of an input, and in the log of a decoder', async t => {
  const line =
    '  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p, 320x180, 25 fps, 25 tbr'
  for (const [maxPixels, entry, isFound] of [
    [1000, { level: 'info', message: line }, true],
    [320 * 180, { level: 'info', message: line }, false],
    [
      1000,
      { level: 'error', message: 'Picture size 320x192 exceeds specified max pixel count 1000, see the' },
      true,
    ],
    [
      1000,
      { level: 'info', message: '    title: Picture size 320x192 exceeds specified max pixel count 1' },
      false,
    ],
    [UNLIMITED.maxPixels, { level: 'info', message: line }, false],
  ] as const) {
    const { state, watch } = make({ maxPixels })
    watch.log(entry)
    t.same(codes(state), isFound ? ['AVIO_ERR_LIMIT_PIXELS'] : [])
  }
})

t.test('fails after the timeout from its start on, but not once it is closed', async t => {
  const { state, watch, failed } = make({ timeout: 20 })
  watch.start()
  watch.start()
  await failed
  t.same(codes(state), ['AVIO_ERR_LIMIT_TIMEOUT'])

  const closed = make({ timeout: 1, idleTimeout: 1 })
  closed.watch.start()
  closed.watch.close()
  const early = make({ timeout: 1 })
  early.watch.close()
  early.watch.start()
  await wait(50)
  t.same([...closed.state.errors, ...early.state.errors], [])
})

t.test('detects idleness, but not while the sink holds back', async t => {
  const moving = make({ idleTimeout: 200 })
  moving.watch.start()
  const held = make({ idleTimeout: 200 })
  held.state.isHeldBack = true
  held.watch.start()
  const still = make({ idleTimeout: 200 })
  still.watch.start()
  // Each step precedes a check, however busy the machine is: one event loop runs both.
  const steps = setInterval(() => moving.state.moved++, 10)
  await still.failed
  clearInterval(steps)
  t.same(codes(still.state), ['AVIO_ERR_LIMIT_IDLE'])
  t.same([...held.state.errors], [])
  held.state.isHeldBack = false
  await held.failed
  t.same(codes(held.state), ['AVIO_ERR_LIMIT_IDLE'])
  await moving.failed
  t.same(codes(moving.state), ['AVIO_ERR_LIMIT_IDLE'], 'it is idle as well by now')
})
