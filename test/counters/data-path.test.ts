import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { type OwnCounts, startCounting } from '../support/counters/count.js'
import { type Counted, CountedWork, type Work, callsOf } from '../support/counters/counted-work.js'
import { GiB, KiB, MiB } from '../../lib/options.js'

/**
 * What the data path may cost, counted instead of timed, so that a busy machine changes nothing: the requests, the memory
 * it makes, the bytes it copies, its promises and its system calls. Work at default options; PCM goes through ffmpeg.
 */

const SIZE = 32 * MiB
const CHUNKS = SIZE / (64 * KiB)

interface Budget {
  /** Requests by operation: how many at most. How many GETs a slow consumer causes depends on its speed. */
  readonly requests: Readonly<Record<string, number>>
  /** Buffers of 4 KiB and more, a GiB. */
  readonly buffers: number
  /** Bytes of them, by the bytes that pass. */
  readonly allocated: number
  /** Chunks in fresh memory of sockets and pipes, a GiB. */
  readonly socketBuffers: number
  /** Bytes copied, by the bytes that pass. */
  readonly copied: number
  /** Promises for each 64 KiB, and for each request beside. */
  readonly promises: readonly [chunk: number, request: number]
  /** System calls that move bytes, for each 64 KiB. */
  readonly calls: number
}

const PARTS = { CreateMultipartUpload: 1, UploadPart: 4, CompleteMultipartUpload: 1 }

const BUDGETS: Readonly<Record<Work, Budget>> = {
  read: {
    requests: { HeadObject: 1, GetObject: 20 },
    ...{ buffers: 6000, allocated: 1.2, socketBuffers: 300, copied: 0.2, promises: [10, 100], calls: 4 },
  },
  upload: {
    requests: PARTS,
    ...{ buffers: 2000, allocated: 1.1, socketBuffers: 1000, copied: 1.01, promises: [4, 100], calls: 4 },
  },
  remux: {
    requests: { ...PARTS, HeadObject: 1, GetObject: 128 },
    ...{
      buffers: 9000,
      allocated: 1.6,
      socketBuffers: 2000,
      copied: 1.7,
      promises: [24, 100],
      calls: 60,
    },
  },
}

const aGiB = (count: number) => (count * GiB) / SIZE

function compare(work: Work, counted: Counted): [what: string, found: number, most: number][] {
  const { requests, buffers, allocated, socketBuffers, copied, promises } = BUDGETS[work]
  const all = Object.values(counted.requests).reduce((sum, count) => sum + count, 0)
  return [
    ...Object.entries(requests).map(([name, most]): [string, number, number] => [
      name,
      counted.requests[name] ?? 0,
      most,
    ]),
    ['buffers a GiB', aGiB(counted.buffers), buffers],
    ['bytes allocated, by those that pass', counted.bufferBytes / SIZE, allocated],
    ['buffers of sockets a GiB', aGiB(counted.socketBuffers), socketBuffers],
    ['bytes copied, by those that pass', counted.copiedBytes / SIZE, copied],
    ['promises', counted.promises, promises[0] * CHUNKS + promises[1] * all],
  ]
}

/** Why system calls can't be counted. */
function noStrace(): string | false {
  try {
    execFileSync('strace', ['-qq', '-e', 'trace=none', 'true'], { stdio: 'pipe' })
    return false
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer }
    return code === 'ENOENT' ? 'there is no strace' : `strace may not trace: ${String(stderr).trim()}`
  }
}

const works = Object.keys(BUDGETS) as Work[]

t.test('the data path keeps within its budget', async t => {
  const counter = await CountedWork.start()
  try {
    for (const work of works) {
      const counted = await counter.count(work, SIZE)
      const unknown = Object.keys(counted.requests).filter(name => !(name in BUDGETS[work].requests))
      t.same(unknown, [], `${work}: no other requests`)
      for (const [what, found, most] of compare(work, counted))
        t.ok(found <= most, `${work}: ${what}: ${found.toFixed(2)}, at most ${most}`)
    }
    t.same((await counter.count('upload', SIZE)).requests, PARTS, 'as many parts as it takes')
  } finally {
    await counter.stop()
  }
})

/**
 * What one place in the library may do, by requests: each promise, look at a clock and timer there belongs to one. The
 * ranges and parts are so large that a chunk has far more of them than a request.
 */
const A_PLACE: Readonly<Record<keyof OwnCounts, number>> = { promises: 10, clocks: 4, timers: 4 }
/** Promises of all code, Node's and the SDK's as well: of the start and the end, and for each request. */
const ALL_PROMISES = [1400, 110] as const
const PART_SIZE = 32 * MiB
/** The least number of chunks: as large as the blocks that they lie in. */
const LARGEST_CHUNK = 256 * KiB

t.test('without listeners, promises, clocks and timers are for requests, not for chunks', async t => {
  const counter = await CountedWork.start()
  try {
    const { requests, promises, own } = await counter.count('remux', 4 * PART_SIZE, PART_SIZE)
    const all = Object.values(requests).reduce((sum, count) => sum + count, 0)
    const chunks = (4 * PART_SIZE) / LARGEST_CHUNK
    for (const what of ['promises', 'clocks', 'timers'] as const) {
      const most = A_PLACE[what] * all
      t.ok(
        most < chunks / 2,
        `${what}: ${all} requests may have ${most}, and there are ${chunks} chunks or more`,
      )
      for (const [place, found] of Object.entries(own[what]))
        t.ok(found <= most, `${what} in ${place}: ${found}, at most ${most}`)
    }
    const estimates = Object.keys(own.clocks).filter(place => place.startsWith('ffmpeg/log/'))
    t.same(estimates, [], 'nothing is estimated where nobody listens for progress')
    t.ok(Object.keys(own.promises).length > 0, 'the library’s own are recognised')
    const most = ALL_PROMISES[0] + ALL_PROMISES[1] * all
    t.ok(promises <= most, `${promises} promises of all code for ${all} requests, at most ${most}`)
  } finally {
    await counter.stop()
  }
})

t.test('the data path makes few system calls', { skip: noStrace() }, async t => {
  const counter = await CountedWork.start()
  const folder = t.testdir()
  try {
    for (const work of works) {
      const calls = (await counter.countCalls(work, SIZE / 2, join(folder, work))) / (CHUNKS / 2)
      const { calls: most } = BUDGETS[work]
      t.ok(calls > 0 && calls <= most, `${work}: ${calls.toFixed(2)} for 64 KiB, at most ${most}`)
    }
  } finally {
    await counter.stop()
  }
})

t.test('counts what is there to count, and nothing once it has stopped', async t => {
  const before = Object.getOwnPropertyDescriptors(Buffer)
  const stop = startCounting()
  const large = Buffer.allocUnsafeSlow(10_000)
  Buffer.alloc(4095)
  Buffer.from(large)
  large.copy(Buffer.alloc(5000), 0, 0, 5000)
  large.set(new Uint8Array(100))
  for (let n = 0; n < 10; n++) await Promise.resolve()
  const counts = stop()
  t.match(counts, { buffers: 2, bufferBytes: 15_000, socketBuffers: 0, copiedBytes: 15_100 })
  t.ok(counts.promises >= 10, `${counts.promises} promises`)
  const again = startCounting()
  Buffer.concat([large, large])
  t.equal(again().copiedBytes, 20_000)
  t.match(startCounting()(), { buffers: 0, copiedBytes: 0 }, 'from nothing each time')
  t.same(Object.getOwnPropertyDescriptors(Buffer), before, 'puts everything back')
})

t.test('counts the calls of a process and its threads between the marks', t => {
  const mark = 'access("/no/such/file/counted", F_OK) = -1 ENOENT'
  const log = [
    '10 execve("/usr/bin/node", …) = 0',
    '10 read(3, "", 1) = 0',
    `10 ${mark}`,
    '10 write(3, "", 1) = 1',
    '11 read(3, "", 1) = 1',
    '12 read(3, "", 1) = 1',
    '12 execve("/usr/bin/ffmpeg", …) = 0',
    '10 statx(3, "") = 0',
    '11 <... read resumed>"", 1) = 1',
    `10 ${mark}`,
    '10 read(3, "", 1) = 0',
  ]
  t.equal(callsOf(log.join('\n')), 2)
  t.throws(() => callsOf(log.slice(0, 5).join('\n')), { message: 'There are 1 marks in the log, not 2' })
  t.end()
})
