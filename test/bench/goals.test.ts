import t from 'tap'
import { SPEED_GOALS, goalRows, judge } from '../../bench/support/goals.js'
import { AGAINST, type Figures, type Origin, type TopicResult } from '../../bench/support/results.js'
import { GiB, MiB } from '../../lib/options.js'

const origin: Origin = {
  ...{ date: '2026-11-29 12:00', commit: 'abc', node: 'v20.0.0', ffmpeg: '5.1', cpu: 'a processor' },
  ...{ cores: 2, memory: GiB, rounds: 3, quick: false, others: 0 },
}

interface Made {
  readonly wall?: number
  readonly cpu?: number
  readonly workCpu?: number
  readonly childCpu?: number
  readonly memory?: number
  readonly figure?: number
}

function figures({ wall = 1, cpu = 1, workCpu = cpu, childCpu = 1, memory = MiB, figure }: Made): Figures {
  const same = (value: number) => ({ median: value, least: value, most: value })
  return {
    ...{ wall: same(wall), cpu: same(cpu), workCpu: same(workCpu), childCpu: same(childCpu) },
    memory: same(memory),
    ...(figure !== undefined && { figure: same(figure) }),
  }
}

/** A topic with these contenders, the first of them this library. */
function topic(contenders: Record<string, Made>, more: Partial<TopicResult> = {}): TopicResult {
  const made = Object.entries(contenders).map(([name, one]) => [name, figures(one)] as const)
  return {
    ...{ title: 'A topic', setting: 'somewhere', origin, size: GiB, missing: {} },
    contenders: Object.fromEntries(made),
    ...more,
  }
}

const aws = 'aws s3 cp | ffmpeg | aws s3 cp'
const blog = 'GetObject, spawn, Upload'

/** For each goal, in order: the topics that just reach it, and those that just miss it. */
type Pair = readonly [reached: Record<string, TopicResult>, missed: Record<string, TopicResult>]
const limited = (name: string, share: number) => ({
  [name]: topic({ 'avio-streams': { wall: 1 / share } }, { limitSeconds: 1 }),
})
const beside = (name: string, peer: string, one: Made, other: Made) => ({
  [name]: topic({ 'avio-streams': one, [peer]: other }),
})
const CASES: readonly Pair[] = [
  [limited('remux', 0.76), limited('remux', 0.74)],
  [beside('remux', aws, {}, { wall: 2.31 }), beside('remux', aws, {}, { wall: 2.29 })],
  [beside('remux', blog, {}, { wall: 11.1 }), beside('remux', blog, {}, { wall: 10.9 })],
  [limited('remux-long', 0.91), limited('remux-long', 0.89)],
  [
    beside('remux-unshaped', aws, { wall: 0.79 }, {}),
    // Another one is faster, and ffmpeg from file to file is not asked.
    {
      'remux-unshaped': topic({
        ...{ 'avio-streams': { wall: 0.79 }, [aws]: {}, [blog]: { wall: 0.9 } },
        ...{ 'ffmpeg file → file': { wall: 0.1 }, 'avio-streams, unsigned payload': { wall: 0.1 } },
      }),
    },
  ],
  [{ 'remux-cpu': topic({ a: { cpu: 2.8 } }) }, { 'remux-cpu': topic({ a: { cpu: 3 } }) }],
  [
    { 'remux-cpu': topic({ a: { cpu: 0.57 }, [`a${AGAINST}`]: {} }) },
    { 'remux-cpu': topic({ a: { cpu: 0.59 }, [`a${AGAINST}`]: {} }) },
  ],
  [
    { 'remux-cpu': topic({ a: { cpu: 9 }, 'avio-streams, unsigned payload': { cpu: 2.2 } }) },
    { 'remux-cpu': topic({ a: {}, 'avio-streams, unsigned payload': { cpu: 2.4 } }) },
  ],
  [limited('read-shaped', 0.96), limited('read-shaped', 0.94)],
  [limited('upload-shaped', 0.86), limited('upload-shaped', 0.84)],
  [
    beside('upload', 'node:http alone', { wall: 1.19 }, {}),
    beside('upload', 'node:http alone', { wall: 1.21 }, {}),
  ],
  [
    beside('upload', 'node:http alone', { cpu: 1.19 }, {}),
    beside('upload', 'node:http alone', { cpu: 1.21 }, {}),
  ],
  [
    beside('pipe', 'cat | ffmpeg | cat', { wall: 1.04 }, {}),
    beside('pipe', 'cat | ffmpeg | cat', { wall: 1.06 }, {}),
  ],
  [
    beside('transcode', 'ffmpeg file → file', { wall: 1.01 }, {}),
    beside('transcode', 'ffmpeg file → file', { wall: 1.03 }, {}),
  ],
  [
    { transcode: topic({ a: { cpu: 9, workCpu: 0.9, childCpu: 100 } }) },
    { transcode: topic({ a: { cpu: 9, workCpu: 1.1, childCpu: 100 } }) },
  ],
  [
    beside('block-cache', 'node:http alone', { cpu: 1.49 }, {}),
    beside('block-cache', 'node:http alone', { cpu: 1.51 }, {}),
  ],
  [
    { cache: topic({ a: { cpu: 0.24 }, [`a${AGAINST}`]: {} }) },
    { cache: topic({ a: { cpu: 0.26 }, [`a${AGAINST}`]: {} }) },
  ],
  [{ memory: topic({ a: { memory: 139 * MiB } }) }, { memory: topic({ a: { memory: 141 * MiB } }) }],
  [
    { 'memory-long': topic({ a: { memory: 139 * MiB } }) },
    { 'memory-long': topic({ a: { memory: 141 * MiB } }) },
  ],
  [
    { memory: topic({ a: { memory: 100 } }), 'memory-long': topic({ a: { memory: 96 } }) },
    { memory: topic({ a: { memory: 100 } }), 'memory-long': topic({ a: { memory: 94 } }) },
  ],
  [
    beside('small-objects', 'ffmpeg in a loop', { figure: 0.86 }, { figure: 1 }),
    beside('small-objects', 'ffmpeg in a loop', { figure: 0.84 }, { figure: 1 }),
  ],
  [
    beside('start', 'child_process.spawn', { figure: 16 }, { figure: 2 }),
    beside('start', 'child_process.spawn', { figure: 18 }, { figure: 2 }),
  ],
  [
    beside('validator', 'PassThrough', {}, { wall: 0.51 }),
    beside('validator', 'PassThrough', {}, { wall: 0.49 }),
  ],
  [
    beside('validator-frames', 'mp4frag', {}, { wall: 4.1 }),
    beside('validator-frames', 'mp4frag', {}, { wall: 3.9 }),
  ],
]

t.test('judges each goal by its own topic, just above and just below', t => {
  t.equal(CASES.length, SPEED_GOALS.length)
  CASES.forEach(([reached, missed], n) => {
    const goal = SPEED_GOALS[n]!
    t.match(judge(reached, [goal]), [{ verdict: 'reached' }], `${goal.what} is reached`)
    t.match(judge(missed, [goal]), [{ verdict: 'missed' }], `${goal.what} is missed`)
  })
  t.end()
})

t.test('a goal whose topic, peer or other commit was not measured is neither reached nor missed', t => {
  for (const { verdict } of judge({})) t.equal(verdict, 'not measured')
  const alone = Object.fromEntries(
    Object.keys(CASES.reduce((all, [one]) => ({ ...all, ...one }), {})).map(name => [
      name,
      topic({ 'avio-streams': {} }),
    ]),
  )
  const judged = judge(alone)
  for (const what of ['… by GetObject, spawn, Upload, wall', '… ÷ the other commit'])
    t.match(
      judged.find(one => one.what === what),
      { verdict: 'not measured', figure: '' },
    )
  t.end()
})

t.test('small sizes are shown, and judged no goal', t => {
  CASES.forEach(([reached], n) => {
    const small = Object.fromEntries(
      Object.entries(reached).map(([name, one]) => [name, { ...one, origin: { ...origin, quick: true } }]),
    )
    const [judged] = judge(small, [SPEED_GOALS[n]!])
    t.match(judged, { verdict: 'too small to judge', figure: /\d/ }, judged!.what)
  })
  t.end()
})

t.test('writes goals and figures with their units', t => {
  const [head, first] = goalRows(judge(limited('remux', 0.5)))
  t.same(head, ['what', 'goal', 'measured', ''])
  t.same(first, ['remux 1 GiB S3 → S3, shaped, of the limit', '≥ 75 %', '50 %', 'missed'])
  const figure = (topics: Record<string, TopicResult>, what: string) =>
    judge(topics).find(one => one.what.startsWith(what))
  t.match(figure(CASES[17]![0], 'peak memory'), { goal: '≤ 140 MiB', figure: '139 MiB' })
  t.match(figure(CASES[21]![0], 'construction'), { goal: '≤ 15.0 ms', figure: '14.0 ms' })
  t.match(figure(CASES[14]![0], '… CPU of our'), { goal: '≤ 1.0 %', figure: '0.9 %' })
  t.end()
})
