import t from 'tap'
import { type AddBatchOptions, addBatch } from '../../../lib/engines/bullmq/add-batch.js'
import type { BatchCounts } from '../../../lib/engines/bullmq/add-batch.js'
import type { Job } from '../../../lib/job/schema/job.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { REDIS, filmJob, openFarm, openFilms } from '../../support/farm.js'

const template = filmJob('{dir}{name}')

for (const kind of QUEUE_SERVERS) {
  t.test(`over ${kind.name}, adds a job for each object, once`, { skip: kind.missing }, async t => {
    const { s3, options, look } = await openFarm(t, kind)
    for (let n = 0; n < 600; n++) await s3.put('masters', `in/${n}.mov`, Buffer.from(String(n)))
    await s3.put('masters', 'in/', Buffer.alloc(0))
    const before = s3.calls.length
    const told: BatchCounts[] = []
    const onProgress = (counts: BatchCounts) => void told.push(counts)
    t.same(await addBatch('s3://masters/in/', template, { ...options, onProgress }), {
      ...{ added: 600, known: 0, retried: 0, refused: 0, refusals: [] },
    })
    t.equal(s3.calls.length - before, 3, 'the listing has all that is needed')
    t.same(told.map(({ added }) => added).at(-1), 600)
    t.equal(told.length, 3)
    await s3.put('masters', 'in/7.mov', Buffer.from('changed'))
    await s3.put('masters', 'in/new.mov', Buffer.from('new'))
    t.match(await addBatch('s3://masters/in/', template, options), { added: 2, known: 599 })
    const { queue } = await look()
    const [job] = await queue.getJobs(['prioritized'], 0, 0)
    t.match(job?.data, {
      job: {
        inputs: [{ url: /^s3:\/\/masters\/in\/.*\.mov$/, etag: /^"/ }],
        outputs: [{ url: /^s3:\/\/web\/in\/\w+\.mp4$/ }],
      },
    })
  })
}

const { missing: skip } = REDIS

t.test('takes addresses from an iterable, and goes on past those that can’t be added', { skip }, async t => {
  const { s3, options } = await openFarm(t)
  await s3.put('masters', 'b.mov', Buffer.from('b'))
  async function* addresses() {
    yield* ['s3://masters/film.mov', 's3://masters/none.mov', 's3://masters/b.mov', 's3://masters/film.mov']
    yield 'https://host/c.mov?token=abc'
  }
  const { refusals, ...counts } = await addBatch(addresses(), filmJob('{name}'), options)
  t.same(counts, { added: 2, known: 1, retried: 0, refused: 2 })
  t.match(
    [...refusals].sort((a, b) => (a.url < b.url ? -1 : 1)),
    [
      { url: 'https://host/c.mov', error: { code: 'AVIO_ERR_JOB_REFUSED' } },
      { url: 's3://masters/none.mov', error: { code: 'AVIO_ERR_NO_SUCH_KEY' } },
    ],
  )
  t.notMatch(JSON.stringify(refusals), /abc/)
})

t.test('chooses by a filter, and stops by a signal', { skip }, async t => {
  const { options } = await openFarm(t)
  const urls = ['s3://masters/film.mov', 's3://masters/film.txt']
  t.match(await addBatch(urls, filmJob('{name}'), { ...options, filter: url => url.endsWith('.mov') }), {
    ...{ added: 1, refused: 0 },
  })
  await t.rejects(addBatch(urls, filmJob('{name}'), { ...options, signal: AbortSignal.abort() }), {
    name: 'AbortError',
  })
})

t.test('refuses a template that no object can have, before it connects', async t => {
  const { s3, client } = await openFilms(t)
  const options: AddBatchOptions = { connection: 'redis://nobody.invalid', client }
  const cases: [Job, string, RegExp][] = [
    [filmJob('fixed'), 's3://masters/', /outputs\[0\]\.url has none of \{key\}/],
    [{ ...template, outputs: [] }, 's3://masters/', /outputs must have at least 1/],
    [filmJob('{name}', { filterComplex: 'https://h/?token=x' }), 's3://masters/', /looks like a signature/],
    [
      filmJob('{name}', { inputs: [{ url: '{url}', format: 'ts' }] }),
      ...(['s3://masters/', /inputs\[0\]\.format must be .* "mpegts" here/] as const),
    ],
    [template, 's3://web/', /is below s3:\/\/web\//],
  ]
  for (const [job, source, message] of cases) await t.rejects(addBatch(source, job, options), { message })
  await t.rejects(addBatch('s3://masters/a.mov', template, options), { message: /QUEUE|reached|source/ })
  t.equal(s3.calls.length, 0)
})
