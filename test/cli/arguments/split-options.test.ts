import t from 'tap'
import { concurrencyOf, withSplit, workPlace } from '../../../lib/cli/arguments/split-options.js'
import type { JobSplit } from '../../../lib/job/schema/split.js'
import { jobOf } from '../../support/jobs.js'

const job = (split?: JobSplit) => jobOf([{ type: 'probe' }], split && { split })

t.test('adds to a job the split that the options ask for, and keeps the rest of its own', async t => {
  t.same(withSplit(job(), {}), job())
  t.same(withSplit(job({ work: 's3://w/a/', gop: 50 }), {}), job({ work: 's3://w/a/', gop: 50 }))
  t.same(withSplit(job(), { work: 's3://w/a' }), job({ work: 's3://w/a/' }))
  t.same(
    withSplit(job({ work: 's3://w/a/', mode: 'auto', chunkSeconds: 60, gop: 50 }), {
      ...{ work: 's3://x/', chunk: '7.5', split: 'required' },
    }),
    job({ work: 's3://x/', mode: 'required', chunkSeconds: 7.5, gop: 50 }),
  )
  t.same(withSplit(job({ work: 's3://w/a/' }), { chunk: '30' }), job({ work: 's3://w/a/', chunkSeconds: 30 }))
  const own = { work: 's3://w/a/', encodeSpeed: { chunk: 1, whole: 4 } }
  const speeds = (...words: string[]) => withSplit(job(own), { 'encode-speed': words }).split?.encodeSpeed
  t.same(speeds('chunk=0.8', 'whole=3.1'), { chunk: 0.8, whole: 3.1 })
  t.same(speeds('chunk=0.8'), { chunk: 0.8, whole: 4 })
  t.same(speeds('whole=100000'), { chunk: 1, whole: 100_000 })
})

t.test('refuses wrong values, and a split without a place for the pieces', async t => {
  const wrong: readonly (readonly [Parameters<typeof withSplit>[1], string | RegExp])[] = [
    [{ work: '/srv/pieces' }, '--work must be s3://bucket/prefix/; it is "/srv/pieces".'],
    [{ work: 'https://w/a/' }, /--work must be s3:/],
    [{ work: 's3://' }, /--work must be s3:/],
    [{ work: 's3://w/', chunk: '0.5' }, '--chunk must be a number from 1 to 600; it is "0.5".'],
    [{ work: 's3://w/', chunk: '60s' }, /--chunk must be a number/],
    [{ work: 's3://w/', split: 'always' }, '--split must be auto, prefer or required; it is "always".'],
    [{ chunk: '60' }, '--chunk needs a place for the pieces: add --work s3://bucket/prefix/.'],
    [{ work: 's3://w/', 'encode-speed': ['0.8'] }, '--encode-speed must be name=value; it is "0.8".'],
    [
      { work: 's3://w/', 'encode-speed': ['chunks=0.8'] },
      '--encode-speed takes chunk=… and whole=…; it is "chunks=…".',
    ],
    [
      { work: 's3://w/', 'encode-speed': ['chunk=fast'] },
      '--encode-speed chunk must be a number from 0 to 100000; it is "fast".',
    ],
    [{ work: 's3://w/', 'encode-speed': ['whole=100001'] }, /^--encode-speed whole must be a number from 0/],
    [{ work: 's3://w/', 'encode-speed': ['whole=0'] }, '--encode-speed whole must be above 0; it is "0".'],
    [{ work: 's3://w/', 'encode-speed': ['whole='] }, /^--encode-speed whole must be a number/],
    [
      { 'encode-speed': ['chunk=1'] },
      '--encode-speed needs a place for the pieces: add --work s3://bucket/prefix/.',
    ],
    [{ split: 'auto' }, '--split needs a place for the pieces: add --work s3://bucket/prefix/.'],
  ]
  for (const [values, message] of wrong)
    t.throws(() => withSplit(job(), values), { code: 'AVIO_ERR_OPTION', message }, JSON.stringify(values))
})

t.test('reads prefixes and numbers', async t => {
  for (const word of ['s3://w', 's3://w/']) t.equal(workPlace(word), 's3://w/')
  t.equal(concurrencyOf({}), undefined)
  t.equal(concurrencyOf({ concurrency: '4' }), 4)
  for (const concurrency of ['0', '1001', '1.5', 'all'])
    t.throws(() => concurrencyOf({ concurrency }), { message: /--concurrency must be an integer/ })
})
