import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import t from 'tap'
import type { LambdaContext, ObjectCreated } from '../../examples/step-functions/handlers.js'
import type { Job } from '../../lib/job/schema/job.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { ffprobeJson } from '../support/media.js'
import { splitSource } from '../support/split.js'
import {
  Execution,
  type LambdaFunction,
  type ListedItem,
  type StateMachine,
} from '../support/state-machine.js'

const FOLDER = new URL('../../examples/step-functions/', import.meta.url)
const definition = (name: string) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as StateMachine
const machine = definition('state-machine.asl.json')
const batch = definition('batch.asl.json')

/** Without types of its own. */
const validate = createRequire(import.meta.url)('asl-validator') as (definition: unknown) => {
  isValid: boolean
  errorsText: (separator?: string) => string
}

const s3 = await LocalS3.start({ buckets: ['masters', 'web', 'scratch'] })
t.teardown(() => s3.close())
const { accessKeyId, secretAccessKey } = s3.credentials
// As Lambda sets them; the handlers make their client when they are loaded.
Object.assign(process.env, {
  ...{ AWS_ENDPOINT_URL: s3.endpoint, AWS_REGION: 'us-east-1' },
  ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  ...{ TARGET_BUCKET: 'web', WORK: 's3://scratch/pieces/' },
})
const handlers = await import('../../examples/step-functions/handlers.js')
await s3.put('masters', 'film.mp4', await splitSource({ seconds: 7 }))

type Name = 'Plan' | 'Encode' | 'Join' | 'Remove' | 'Whole'

/** The handlers as Lambda calls them: with a context that knows the remaining time. */
function lambda(remaining = 900_000): Record<`${Name}Function`, LambdaFunction> {
  const context: LambdaContext = { getRemainingTimeInMillis: () => remaining }
  const call = (run: (event: never, context: LambdaContext) => unknown) => (event: never) =>
    run(event, context)
  return {
    PlanFunction: call(handlers.plan),
    EncodeFunction: call(handlers.encode),
    JoinFunction: call(handlers.join),
    RemoveFunction: call(handlers.remove),
    WholeFunction: call(handlers.whole),
  }
}

const ENCODING = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '30', '-c:a', 'aac', '-b:a', '64k']

function jobTo(key: string, split: Partial<Job['split']> | null = {}): Job {
  return {
    version: 1,
    inputs: [{ url: 's3://masters/film.mp4' }],
    outputs: [{ type: 'object', url: `s3://web/${key}`, format: 'mp4', layout: 'file', args: ENCODING }],
    ...(split && {
      split: { work: 's3://scratch/pieces/', mode: 'required', chunkSeconds: 2, gop: 24, ...split },
    }),
  }
}

async function videoFrames(key: string): Promise<number> {
  const { streams } = await ffprobeJson<{ streams: { nb_read_frames: string }[] }>(
    (await s3.get('web', key))!,
    ['-count_frames', '-show_streams'],
  )
  return Number(streams[0]!.nb_read_frames)
}

const uploads = () =>
  ['scratch', 'web'].flatMap(bucket => s3.uploads(bucket).map(({ key }) => `upload of ${key}`))
const leftovers = () => [...s3.keys('scratch'), ...uploads()]
const visited = ({ visits }: Execution, state: string) => visits.filter(visit => visit.state === state).length

t.test('the definition is valid, and a wrong one is not', t => {
  const { isValid, errorsText } = validate(machine)
  t.ok(isValid, isValid ? 'valid' : errorsText('\n'))
  const { Join, ...others } = machine.States
  t.notOk(validate({ ...machine, States: others }).isValid, 'a state is missing')
  t.notOk(validate({ ...machine, States: { ...others, Join: { ...Join, Type: 'Tasks' } } }).isValid)
  const ofBatch = validate(batch)
  t.ok(ofBatch.isValid, ofBatch.isValid ? 'valid' : ofBatch.errorsText('\n'))
  t.end()
})

t.test('as many children run at once as the plan counts on', t => {
  t.equal(machine.States['Pieces']!.MaxConcurrency, handlers.WORKERS)
  t.end()
})

t.test('encodes a film in pieces, and leaves nothing else', async t => {
  const execution = new Execution(machine, lambda())
  const result = await execution.run({ job: jobTo('film.mp4') })
  t.match(result, { bucket: 'web', key: 'film.mp4', etag: String })
  t.equal(visited(execution, 'Encode'), 5, 'four chunks and the audio')
  t.equal(await videoFrames('film.mp4'), 168)
  t.same(leftovers(), [])
})

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
function created(key: string, versionId?: string): ObjectCreated & Record<string, unknown> {
  return {
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '111122223333',
    time: '2021-11-12T00:00:00Z',
    region: 'ca-central-1',
    resources: ['arn:aws:s3:::masters'],
    detail: {
      version: '0',
      'event-version': '1.0',
      bucket: { name: 'masters' },
      object: {
        ...{ key, size: 5, etag: 'b1946ac92492d2347c6235b4d2611184' },
        ...(versionId !== undefined && { 'version-id': versionId }),
        sequencer: '617f08299329d189',
      },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '123456789012',
      'source-ip-address': '1.2.3.4',
      reason: 'PutObject',
    } as ObjectCreated['detail'],
  }
}

t.test('makes a job of an event for a new object, with its key as it is', async t => {
  const key = 'a film+1%20.mp4'
  await s3.put('masters', key, (await s3.get('masters', 'film.mp4'))!)
  const execution = new Execution(machine, lambda())
  t.match(await execution.run(created(key)), { version: 1, outputs: [{ url: `s3://web/${key}.mp4` }] })
  t.equal(visited(execution, 'Whole'), 1, 'a film this short is not worth splitting')
  t.ok(s3.keys('web').includes(`${key}.mp4`))
})

t.test('reads the version that an event names', async t => {
  const planned = await handlers
    .plan(created('film.mp4', 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e'), {
      getRemainingTimeInMillis: () => 900_000,
    })
    .then(
      () => 'planned',
      (error: unknown) => error,
    )
  t.match(planned, { name: /^AVIO_ERR_/ }, 'which does not exist here')
  t.ok(
    s3.calls.some(({ versionId }) => versionId === 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e'),
    'the request names it',
  )
})

/** A prefix as Step Functions lists it. */
async function list(bucket: string, prefix: string): Promise<ListedItem[]> {
  const found: ListedItem[] = []
  for (const Key of s3.keys(bucket).filter(key => key.startsWith(prefix))) {
    const { length } = (await s3.get(bucket, Key))!
    found.push({
      ...{ Etag: '"05704fbdccb224cb01c59005bebbad28"', Key, LastModified: 1_668_699_881 },
      ...{ Size: length, StorageClass: 'STANDARD' },
    })
  }
  return found
}

t.test('runs a job for each object of a prefix, and goes on after one that fails', async t => {
  const film = (await s3.get('masters', 'film.mp4'))!
  for (const name of ['a', 'b']) await s3.put('masters', `2026/${name}.mp4`, film)
  await s3.put('masters', '2026/', Buffer.alloc(0))
  await s3.put('masters', '2026/broken.mp4', Buffer.from('no film'))
  const execution = new Execution(batch, lambda(), { machines: { JobStateMachine: machine }, list })
  t.match(await execution.run({ bucket: 'masters', prefix: '2026/' }), {
    ResultWriterDetails: { Bucket: '${ResultBucket}', Key: /^results\/.*\/manifest\.json$/ },
  })
  const ended = execution.children.map(({ Status, Input, Error: name, Cause }) => {
    const { Key } = (Input as { object: ListedItem }).object
    return [Key, Status, name, /AVIO_ERR_\w+/.exec(Cause ?? '')?.[0]]
  })
  t.same(ended.sort(), [
    ['2026/', 'SUCCEEDED', undefined, undefined],
    ['2026/a.mp4', 'SUCCEEDED', undefined, undefined],
    ['2026/b.mp4', 'SUCCEEDED', undefined, undefined],
    ['2026/broken.mp4', 'FAILED', 'States.TaskFailed', 'AVIO_ERR_INPUT_INVALID'],
  ])
  t.same(
    s3.keys('web').filter(key => key.startsWith('2026/')),
    ['2026/a.mp4.mp4', '2026/b.mp4.mp4'],
    'nothing for the folder',
  )
  t.same(leftovers(), [])
})

t.test('a batch of 10,000 objects keeps far below 256 KB', async t => {
  const many = Array.from({ length: 10_000 }, (_, n) => ({
    ...{ Etag: '"05704fbdccb224cb01c59005bebbad28"', Key: `2026/${n}.mov`, LastModified: 1_668_699_881 },
    ...{ Size: 1_360_880, StorageClass: 'STANDARD' },
  }))
  const one: StateMachine = { StartAt: 'Done', States: { Done: { Type: 'Succeed' } } }
  const services = { machines: { JobStateMachine: one }, list: () => Promise.resolve(many) }
  const execution = new Execution(batch, {}, services)
  await execution.run({ bucket: 'masters', prefix: '2026/' })
  t.equal(execution.children.length, 10_000)
  const most = Math.max(...execution.visits.map(({ outputBytes }) => outputBytes))
  t.ok(most < 1024, `${most} bytes at most`)
})

t.test('runs jobs without pieces as a whole', async t => {
  for (const [title, job] of [
    ['without split', jobTo('whole.mp4', null)],
    ['too short', jobTo('whole.mp4', { mode: 'auto', chunkSeconds: 60 })],
  ] as const) {
    const execution = new Execution(machine, lambda())
    t.match(await execution.run({ job }), { outputs: [{ url: 's3://web/whole.mp4' }] }, title)
    t.same(
      execution.visits.map(({ state }) => state),
      ['Plan', 'Split?', 'Whole'],
    )
  }
  t.same(leftovers(), [])
})

t.test('tries a step again that may succeed', async t => {
  let failed = 0
  const real = lambda()
  const functions = {
    ...real,
    EncodeFunction: async (event: never) => {
      if ((event as { piece: number }).piece === 1 && failed++ < 2)
        throw Object.assign(new Error('busy'), { name: 'Lambda.TooManyRequestsException' })
      return await real.EncodeFunction(event)
    },
  }
  await new Execution(machine, functions).run({ job: jobTo('again.mp4') })
  t.equal(failed, 3)
  t.equal(await videoFrames('again.mp4'), 168)
})

t.test('tells errors that may pass from those that stay', async t => {
  const context: LambdaContext = { getRemainingTimeInMillis: () => 900_000 }
  const fault = s3.fault({ operation: 'HeadObject', times: Infinity, status: 503 })
  await t.rejects(handlers.plan({ job: jobTo('busy.mp4') }, context), { name: 'Retryable' })
  fault.remove()
  const wrong = { ...jobTo('wrong.mp4'), version: 2 } as unknown as Job
  await t.rejects(handlers.plan({ job: wrong }, context), { name: 'AVIO_ERR_JOB_INVALID' })
  const retried = Object.values(machine.States).flatMap(({ Retry = [] }) => Retry)
  t.ok(retried.length > 0)
  t.ok(retried.every(({ ErrorEquals }) => ErrorEquals.includes('Retryable')))
  t.same(leftovers(), [])
})

t.test('fails with the code of an error that stays, and keeps the target', async t => {
  await s3.put('web', 'kept.mp4', Buffer.from('before'))
  const missing = { ...jobTo('kept.mp4'), inputs: [{ url: 's3://masters/missing.mp4' }] }
  const execution = new Execution(machine, lambda())
  await t.rejects(execution.run({ job: missing }), { message: /^Plan failed with AVIO_ERR_NO_SUCH_KEY: / })
  t.equal(execution.visits.length, 0, 'the first state is not left')
  t.equal((await s3.get('web', 'kept.mp4'))!.toString(), 'before')
  t.same(leftovers(), [])
})

t.test('gives up before Lambda ends the function, and leaves nothing of the step', async t => {
  const real = lambda()
  // Less than the handlers keep for ending.
  const late = lambda(9000)
  const job = { job: jobTo('late.mp4') }
  await t.rejects(new Execution(machine, { ...real, PlanFunction: late.PlanFunction }).run(job), {
    message: /^(?:Plan|Whole) failed with OutOfTime: /,
  })
  t.same(leftovers(), [])
  const inPieces = new Execution(machine, { ...real, EncodeFunction: late.EncodeFunction })
  await t.rejects(inPieces.run(job), {
    message: /^Pieces failed with States.ExceedToleratedFailureThreshold: /,
  })
  t.match(inPieces.children[0], { Status: 'FAILED', Error: 'OutOfTime', Cause: /^The step needs more time/ })
  t.same(
    leftovers().filter(left => !/\/plan-\w+\.json$/.test(left)),
    [],
    'only the plan, for the next execution',
  )
  await new Execution(machine, real).run(job)
  t.same(leftovers(), [], 'which goes on')
  await t.rejects(
    new Execution(machine, { ...real, WholeFunction: late.WholeFunction }).run({
      job: jobTo('late-2.mp4', null),
    }),
    { message: /^(?:Plan|Whole) failed with OutOfTime: / },
  )
  t.notOk(s3.keys('web').includes('late-2.mp4'))
  t.same(leftovers(), [])
})

t.test('keeps far below 256 KB with a plan of 1,000 chunks', async t => {
  await s3.put('masters', 'long.mp4', await splitSource({ seconds: 1000, size: '16x16' }))
  const job = { ...jobTo('long.mp4', { chunkSeconds: 1 }), inputs: [{ url: 's3://masters/long.mp4' }] }
  const pieces: unknown[] = []
  const execution = new Execution(machine, {
    ...lambda(),
    EncodeFunction: ({ piece }: { piece: unknown }) => {
      pieces.push(piece)
      return { piece: `chunk-${String(piece).padStart(5, '0')}` }
    },
    JoinFunction: () => ({ bucket: 'web', key: 'long.mp4', etag: '"etag"', bytes: 1 }),
  })
  await execution.run({ job })
  t.ok(pieces.length >= 1000, `${pieces.length} pieces`)
  const most = Math.max(
    ...execution.visits.flatMap(({ inputBytes, outputBytes }) => [inputBytes, outputBytes]),
  )
  t.ok(most <= 4200, `${most} bytes at most: the page says 4 KB`)
  t.same(leftovers(), [])
})

t.test('the interpreter holds the limit of 256 KB, as Step Functions does', async t => {
  const functions = { ...lambda(), PlanFunction: () => ({ job: 'x'.repeat(256 * 1024) }) }
  await t.rejects(new Execution(machine, functions).run({ job: jobTo('x.mp4') }), {
    message: /^Plan failed with States.DataLimitExceeded: 262154 bytes/,
  })
})
