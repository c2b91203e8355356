import t from 'tap'
import { check, heardIn, lags } from './checks.js'
import { KINDS } from './kinds.js'
import { KNOWN } from './known.js'
import type { Kind } from './kind.js'
import type { Observation } from './observation.js'
import { page, written } from './report.js'
import type { SoundTruth } from './sound-truth.js'

const KIND: Kind = {
  ...{ name: 'made-up', title: 'made up', shown: [0, 4], heard: [0, 4], tracks: () => Promise.resolve([]) },
}

/** Two fragments of two seconds, after 20 ms of priming. */
const TRUTH: SoundTruth = new Map(
  [0, 1].map(n => [
    n + 1,
    {
      ...{ rendition: 'sound', run: 0, from: 2 * n, to: 2 * n + 2 },
      beeps: [2 * n, 2 * n + 1].map(second => ({ second, at: second + 0.02 })),
    },
  ]),
)

const shown = (number: number, late = 0) => ({ number, time: number / 25 + late, height: 90 })

/** A flawless playback, with the given changes. */
function seen(changes: Partial<Observation> = {}): Observation {
  const frames = Array.from({ length: 100 }, (_, n) => shown(n))
  return {
    ...{ isReady: true, first: frames[0]!, last: frames[99]!, frames, start: 0, isEnded: true, time: 4 },
    ...{ duration: 4, errors: [], played: [[0, 4]], buffered: [[0, 4]], buffers: [] },
    appends: [
      { type: 'audio/mp4', payloads: [1], before: [], after: [[0, 1.98]], windowEnd: null },
      { type: 'audio/mp4', payloads: [2], before: [[0, 1.98]], after: [[0, 3.98]], windowEnd: null },
    ],
    seeks: [{ asked: 3.1, shown: shown(77) }],
    ...changes,
  }
}

const late = (seconds: number) => seen().frames.map(({ number }) => shown(number, seconds))
const found = (changes: Partial<Observation>) => check(seen(changes), KIND, TRUTH)

t.test('finds nothing in a flawless playback', async t => {
  t.same(found({}), {})
})

t.test('measures audio against video', async t => {
  t.match(found({ frames: late(0.059), seeks: [] }), { sync: 'audio is 59 ms early' })
  t.match(found({ frames: late(-0.021), seeks: [] }), { sync: 'audio is 21 ms late' })
  t.same(found({ frames: late(0.005), seeks: [] }), {}, 'and allows 10 ms')
  t.same(found({ frames: [] }), { sync: 'nothing to compare' })
  const heard = heardIn(seen().appends, TRUTH)
  t.same(
    heard.map(({ second, time }) => [second, Math.round(time * 1000)]),
    [0, 1, 2, 3].map(second => [second, second * 1000]),
  )
  t.equal(lags(heard, seen().frames).length, 4)
})

t.test('ignores an append whose end is not its own', async t => {
  const [first] = seen().appends
  t.same(heardIn([{ ...first!, before: [[1, 1.98]] }], TRUTH), [], 'another range ended there before')
  t.same(heardIn([{ ...first!, windowEnd: 1.98 }], TRUTH), [], 'the player cuts there')
  t.same(heardIn([{ ...first!, payloads: [7] }], TRUTH), [], 'the bytes are unknown')
})

t.test('finds lost, cut, skipped and wrong frames', async t => {
  t.match(found({ errors: ['networkError', 'networkError'] }), { errors: 'networkError' })
  t.match(found({ first: shown(2) }), { start: 'frame 2' })
  t.match(found({ isEnded: false, time: 3.9 }), { end: 'stops at 3.90 s' })
  t.match(found({ last: shown(90) }), { end: 'ends with frame 90 of 99' })
  t.match(
    found({
      buffered: [
        [0, 2],
        [2.08, 4],
      ],
    }),
    { whole: 'a gap of 80 ms' },
  )
  t.match(
    found({
      played: [
        [0, 1],
        [1.5, 4],
      ],
    }),
    { whole: '1.00 → 1.50 s' },
  )
  t.match(found({ appends: seen().appends.slice(0, 1) }), { sound: 'none at 2, 3 s' })
  t.match(found({ seeks: [{ asked: 3.1, shown: shown(75) }] }), { seeks: 'frame 75 at 3.10 s' })
  t.match(
    found({ seeks: [{ asked: 3.1, shown: { ...shown(50), time: 3.08 } }] }),
    { seeks: 'frame 50 at 3.10 s' },
    'the right time, but the wrong frame',
  )
  t.match(found({ seeks: [{ asked: 3.1 }] }), { seeks: 'nothing at 3.10 s' })
  t.same(check(seen(), { ...KIND, switches: true }, TRUTH), { switches: 'the video does not change' })
  t.same(check(seen(), { ...KIND, sounds: true }, TRUTH), { switches: 'the audio does not change' })
  t.same(check(seen({ isReady: false }), KIND, TRUTH), { start: 'nothing is ever shown' })
})

t.test('docs/players.md lists the kinds, checks, versions and known faults of the code', async t => {
  const flat = (text: string) => text.replace(/[-\s]+/g, ' ')
  for (const part of written()) {
    t.ok(flat(page()).includes(flat(part)), 'renew it by: npm run players -- --write')
  }
})

t.test('every known fault names an existing kind and judge', async t => {
  const names = KINDS.map(({ name }) => name)
  t.same(
    KNOWN.flatMap(({ kinds }) => kinds).filter(name => !names.includes(name)),
    [],
  )
})
