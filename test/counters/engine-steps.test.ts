import t, { type Test } from 'tap'
import { addJob } from '../../lib/engines/bullmq/add-job.js'
import type { Job } from '../../lib/job/schema/job.js'
import type { S3Call } from '../../lib/testing/index.js'
import { countedEngine } from '../support/counters/counted-engine.js'
import { eventually, filmJob, openFarm } from '../support/farm.js'
import { QUEUE_SERVERS, type QueueServerKind } from '../support/queue-servers.js'

/**
 * What steps ask of their engine and of the store, counted instead of timed, so that a busy machine changes nothing.
 * What a worker asks from time to time is bounded by the time.
 */

type Counts = Readonly<Record<string, number>>

/** The commands of an engine by what they are for. */
interface Commands {
  /** Looks whether a job is cancelled: when a step begins, and once a second. */
  readonly look: readonly string[]
  readonly progress: string
  /** Connecting, and what a worker does once in a while, however many steps it runs. */
  readonly others: readonly string[]
}

const COMMANDS: Readonly<Record<QueueServerKind['name'], Commands>> = {
  Redis: {
    look: ['multi', 'lrange', 'llen', 'exec'],
    progress: 'updateProgress',
    others: ['hello', 'info', 'hset', 'moveStalledJobsToWait', 'moveToActive', 'extendLocks'],
  },
  PostgreSQL: {
    look: ['SELECT COUNT'],
    progress: 'update_progress',
    others: [
      ...[
        'INSERT INTO',
        'move_stalled_jobs_to_wait',
        'move_to_active',
        'WITH input',
        'SELECT EXISTS',
        'SELECT COALESCE',
      ],
      ...['next_signal', 'next_delay'],
    ],
  },
}

/** What four whole jobs ask for, and a job in five pieces, which is planned and joined. */
const STEPS: Readonly<Record<QueueServerKind['name'], { readonly whole: Counts; readonly split: Counts }>> = {
  Redis: {
    // Two for the names of the connections.
    whole: { client: 2, updateData: 4, moveToFinished: 4 },
    split: {
      ...{ client: 3, getStateV2: 5, updateData: 1, changePriority: 1, addPrioritizedJob: 5 },
      ...{ moveToWaitingChildren: 1, moveToFinished: 6 },
    },
  },
  PostgreSQL: {
    whole: { 'UPDATE job': 4, move_to_completed_fetch: 4 },
    split: {
      ...{ 'SELECT application_name': 1, 'SELECT state': 5, 'UPDATE job': 1, change_priority: 1 },
      ...{ add_flow: 1, move_to_waiting_children: 1, move_to_completed_fetch: 6 },
    },
  },
}

/** Runs jobs on one worker. Returns what it asked of the engine and of the store. */
async function counted(t: Test, kind: QueueServerKind, jobs: readonly Job[]) {
  const { s3, options, server, start, look } = await openFarm(t, kind)
  // BullMQ's tables are there.
  await look()
  const engine = countedEngine(server.url)
  t.teardown(() => engine.close())
  for (const job of jobs) await addJob(job, options)
  s3.clearCalls()
  const ends: { name: string; seconds: number }[] = []
  const began = performance.now()
  // A worker that is slow must not lose its locks.
  const times = { lockDuration: 600_000, stalledInterval: 600_000 }
  const worker = await start({ ...times, connection: engine.connection }, one => {
    one.on('done', ({ name }, seconds) => void ends.push({ name, seconds }))
  })
  await eventually(() => ends.filter(({ name }) => name === 'job').length === jobs.length)
  await worker.close()
  return { ends, counts: engine.counts, seconds: (performance.now() - began) / 1000, calls: s3.calls }
}

for (const kind of QUEUE_SERVERS) {
  const { look, progress, others } = COMMANDS[kind.name]
  for (const [name, starts] of [
    ['whole', 4],
    ['split', 7],
  ] as const) {
    t.test(
      `over ${kind.name}, ${name} jobs ask for no more than they need`,
      { skip: kind.missing },
      async t => {
        const jobs = name === 'whole' ? ['a', 'b', 'c', 'd'].map(copyJob) : [filmJob('a', { isSplit: true })]
        const { ends, counts, seconds, calls } = await counted(t, kind, jobs)
        t.comment(`${seconds.toFixed(1)} s`, counts)
        const known = new Set([...look, progress, ...others])
        t.same(
          Object.fromEntries(Object.entries(counts).filter(([one]) => !known.has(one))),
          STEPS[kind.name][name],
        )
        for (const one of look) {
          const count = counts[one] ?? 0
          t.ok(
            count >= starts && count <= starts + seconds + 1,
            `${count} × ${one} in ${seconds.toFixed(1)} s`,
          )
        }
        // One for each second of a step, and none for a step of less.
        const most = ends.reduce((sum, { seconds }) => sum + Math.floor(seconds + 0.05), 0)
        t.ok((counts[progress] ?? 0) <= most, `${counts[progress] ?? 0} × ${progress}, at most ${most}`)
        if (name === 'whole') t.same(requestsOf(calls), wholeRequests(jobs.length))
        else {
          const pieces = calls.filter(({ key }) => /plan-[^/]*$/.test(key ?? ''))
          t.equal(
            pieces.filter(({ operation }) => operation === 'GetObject').length,
            6,
            'each step reads the plan once',
          )
          for (const piece of ['audio', 'chunk-00000', 'chunk-00003'])
            t.same(requestsOf(calls.filter(ofPiece(piece))), PIECE_REQUESTS, piece)
        }
      },
    )
  }
}

/** Copies the film. */
function copyJob(name: string): Job {
  const job = filmJob(name)
  return {
    ...job,
    outputs: job.outputs.map(
      output => ({ ...output, video: 'copy', audio: 'copy' }) as Job['outputs'][number],
    ),
  }
}

/**
 * One look at the target, the size of the source, its bytes, and the write. Once for all jobs of a worker, the first
 * target that is not there makes it look for the bucket: a job must not encode for one that is missing.
 */
function wholeRequests(jobs: number): Counts {
  return { HeadObject: jobs, HeadBucket: 1, GetObject: 2 * jobs, PutObject: jobs }
}

/** What a piece does below its own keys: an earlier result, the media, their initialization segment, the result. */
const PIECE_REQUESTS: Counts = { GetObject: 2, PutObject: 2 }

/** Calls of a piece, before the join. */
function ofPiece(piece: string): (call: S3Call, n: number, all: readonly S3Call[]) => boolean {
  return ({ key = '' }, n, all) => {
    const joined = all.findLastIndex(
      call => call.operation === 'GetObject' && /plan-[^/]*$/.test(call.key ?? ''),
    )
    return n < joined && key.includes(`/${piece}`)
  }
}

function requestsOf(calls: readonly S3Call[]): Counts {
  const counts: Record<string, number> = {}
  for (const { operation = 'unknown' } of calls) counts[operation] = (counts[operation] ?? 0) + 1
  return counts
}
