import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { addJob } from '../../../lib/engines/bullmq/add-job.js'
import { runJob } from '../../../lib/job/run-job.js'
import type { Job, JobOutput } from '../../../lib/job/schema/job.js'
import type { FaultMatch } from '../../../lib/testing/index.js'
import { runHere } from '../../support/cli.js'
import { REDIS, openFarm } from '../../support/farm.js'

/**
 * Two runs for one target at the same time, by the command and by a queue: both succeed with one result, or one of them
 * has an error that says what to do. Whatever remains is complete, and is what a run made that succeeded.
 */

const video = (crf: number) => ({ codec: 'h264', preset: 'ultrafast', crf }) as const
const OBJECT = (crf: number): JobOutput => ({
  ...{ type: 'object', url: 's3://web/p/film.mp4', format: 'mp4', layout: 'file' },
  ...{ video: video(crf), audio: { codec: 'aac' } },
})
const PACKAGE = (crf: number, run?: string): JobOutput => ({
  ...{ type: 'package', prefix: 's3://web/p/', targetDuration: 2, mpd: 'manifest.mpd' },
  ...(run !== undefined && { run }),
  renditions: [
    { name: 'hd', video: video(crf), audio: 'none' },
    { name: 'sound', video: 'none', audio: { codec: 'aac' } },
  ],
})
const SPLIT = { work: 's3://work/w/', mode: 'required', chunkSeconds: 2 } as const
const MEDIA = /\.(m4s|mp4|jpg|json)$/

interface Kind {
  readonly output: (crf: number) => JobOutput
  readonly isSplit?: boolean
  /** A late request of the first run, beside the first read. */
  readonly late: FaultMatch
}

const KINDS: Readonly<Record<string, Kind>> = {
  'an object': { output: OBJECT, late: { operation: 'PutObject', bucket: 'web' } },
  'a package': { output: crf => PACKAGE(crf), late: { bucket: 'web', operation: 'PutObject', nth: 3 } },
  'a package with a named run': {
    output: crf => PACKAGE(crf, 'r'),
    late: { bucket: 'web', operation: 'PutObject', key: /segment-00002/ },
  },
  thumbnails: {
    output: crf => ({ type: 'thumbnails', prefix: 's3://web/p/', count: 3, width: crf }),
    late: { bucket: 'web', operation: 'PutObject' },
  },
  'an object in pieces': {
    ...{ output: OBJECT, isSplit: true },
    late: { bucket: 'work', operation: 'PutObject', key: /chunk-00001\/.*mp4$/ },
  },
  'a package in pieces': {
    ...{ output: crf => PACKAGE(crf), isSplit: true },
    late: { bucket: 'web', operation: 'PutObject', key: /chunk-00001-/ },
  },
  'a package in pieces with a named run': {
    ...{ output: crf => PACKAGE(crf, 'r'), isSplit: true },
    late: { bucket: 'web', operation: 'PutObject', key: /chunk-00001-/ },
  },
}

const jobOf = ({ output, isSplit = false }: Kind, crf: number): Job => ({
  version: 1,
  inputs: [{ url: 's3://masters/film.mov' }],
  outputs: [output(crf)],
  ...(isSplit && { split: SPLIT }),
})

type Farm = Awaited<ReturnType<typeof openFarm>>
type How = 'command' | 'queue'

/** The end of a run: `done`, or the code of its error and what it says. */
interface Ended {
  readonly code: string
  readonly says: string
}

async function run(farm: Farm, how: How, job: Job): Promise<Ended> {
  if (how === 'queue') {
    const { id } = await addJob(job, { ...farm.options, attempts: 2, backoff: 1 })
    const { state, error } = await farm.until(id, 'done', 'failed')
    return { code: error?.code ?? state, says: `${error?.message} ${error?.remedy}` }
  }
  const input = Buffer.from(JSON.stringify(job))
  const { code, stderr } = await runHere(['run', '-', '--json'], { s3: farm.s3, input })
  const last = JSON.parse(stderr.trim().split('\n').at(-1)!) as { code?: string; message?: string }
  return code === 0 ? { code: 'done', says: '' } : { code: last.code ?? stderr, says: last.message ?? '' }
}

/** The digests of what players get: of an object, or of each object that the playlists of a package name, in order. */
async function contents({ s3 }: Farm, t: Test): Promise<string> {
  const hash = createHash('sha256')
  const keys = s3.keys('web')
  const main = await s3.get('web', 'p/main.m3u8')
  if (main === undefined) {
    for (const key of keys) if (MEDIA.test(key)) hash.update(withoutMark((await s3.get('web', key))!))
    return hash.digest('hex')
  }
  const named = new Set(['p/main.m3u8', 'p/manifest.mpd'])
  for (const [playlist] of String(main).matchAll(/[^\s"]+\/index\.m3u8/g)) {
    const key = `p/${playlist}`
    named.add(key)
    const text = String((await s3.get('web', key)) ?? t.fail(`${key} is missing`))
    for (const [, map, line = map!] of text.matchAll(/URI="([^"]+)"|^([^#\s].*)$/gm)) {
      const object = key.replace(/[^/]*$/, line)
      named.add(object)
      hash.update((await s3.get('web', object)) ?? String(t.fail(`${object} is missing`)))
    }
  }
  t.same([...keys].sort(), [...named].sort(), 'nothing but what playlists name')
  return hash.digest('hex')
}

/** Each run of thumbnails has a comment of its own. */
function withoutMark(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/avio-run [0-9a-f-]+/, ''), 'latin1')
}

/** The digest of what a job makes alone. */
const alone = new Map<string, string>()
async function reference(t: Test, name: string, crf: number): Promise<string> {
  const known = alone.get(`${name} ${crf}`)
  if (known !== undefined) return known
  const farm = await openFarm(t)
  await runJob(jobOf(KINDS[name]!, crf), { client: farm.client })
  const found = await contents(farm, t)
  alone.set(`${name} ${crf}`, found)
  return found
}

type When = 'as the first one reads' | 'as the first one stores'

interface Case {
  readonly kind: string
  readonly pair: readonly [How, How]
  readonly when: When
}

/** All kinds by the command, early; those whose objects have fixed or shared names also late, and by queues. */
const CASES: readonly Case[] = [
  ...Object.keys(KINDS).map((kind): Case => ({
    ...{ kind, pair: ['command', 'command'], when: 'as the first one reads' },
  })),
  ...['a package with a named run', 'an object in pieces', 'a package in pieces with a named run'].map(
    (kind): Case => ({ kind, pair: ['command', 'command'], when: 'as the first one stores' }),
  ),
  ...['a package with a named run', 'an object in pieces'].flatMap(kind =>
    (
      [
        ['command', 'queue'],
        ['queue', 'command'],
        ['queue', 'queue'],
      ] as const
    ).map((pair): Case => ({ kind, pair, when: 'as the first one stores' })),
  ),
]
/** What the loser may end with, and its remedy. */
const LOSES: Readonly<Record<string, RegExp>> = {
  AVIO_ERR_PRECONDITION_FAILED: /run this job again/,
  AVIO_ERR_PLAN_TARGET_CHANGED: /make the plan again/,
  AVIO_ERR_OPTION: /choose another name/,
}

for (const { kind: name, pair, when } of CASES) {
  const kind = KINDS[name]!
  const [first, second] = pair
  const at =
    when === 'as the first one stores' ? kind.late : { bucket: 'masters', operation: 'GetObject' as const }
  for (const other of [30, 40]) {
    const what = other === 30 ? 'the same job' : 'two jobs'
    t.test(`${what} for ${name}, ${first} and ${second}, ${when}`, { skip: REDIS.missing }, async t => {
      const farm = await openFarm(t)
      await farm.start({ concurrency: 4 })
      const held = farm.s3.fault({ ...at, hold: true })
      const running = run(farm, first, jobOf(kind, 30))
      await held.reached
      // A queue has the same job once.
      const isOne = first === 'queue' && second === 'queue' && other === 30
      const late = run(farm, second, jobOf(kind, other))
      if (!isOne) await late
      held.release()
      const ends = [await running, await late]
      const codes = ends.map(({ code }) => code)
      t.ok(codes.includes('done'), codes.join())
      for (const { code, says } of ends) if (code !== 'done') t.match(says, LOSES[code] ?? /^$/, code)
      const winners = [30, other].filter((_, n) => codes[n] === 'done')
      const expected = await Promise.all(winners.map(crf => reference(t, name, crf)))
      t.ok(expected.includes(await contents(farm, t)), 'it is the result of a run that succeeded')
      // The pieces of a job that lost stay, for its next attempt.
      if (kind.isSplit !== true) t.same(farm.left(), [])
    })
  }
}
