import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { checkTargets, hasCondition } from '../../../lib/job/outputs/target-condition.js'
import type { JobOutput } from '../../../lib/job/schema/job.js'
import { LocalS3 } from '../../../lib/testing/index.js'

const s3 = await LocalS3.start({ buckets: ['web'] })
const client = new S3Client(s3.clientConfig())
t.teardown(async () => {
  client.destroy()
  await s3.close()
})

const ONLY = { ifNoneMatch: '*' } as const
const renditions = [{ name: 'a' }]
/** Outputs, by each name that they store and that is fixed before the run. */
const OUTPUTS: readonly (readonly [key: string, output: JobOutput])[] = [
  ['a b/%41.mp4', { type: 'object', url: 's3://web/a b/%41.mp4', format: 'mp4', ...ONLY }],
  ['p/main.m3u8', { type: 'package', prefix: 's3://web/p/', renditions, ...ONLY }],
  ['q/x.m3u8', { type: 'package', prefix: 's3://web/q/', playlist: 'x.m3u8', renditions, ...ONLY }],
  ['q/x.mpd', { type: 'package', prefix: 's3://web/q/', mpd: 'x.mpd', renditions, ...ONLY }],
  ['t/thumbnail-00001.jpg', { type: 'thumbnails', prefix: 's3://web/t/', count: 1, ...ONLY }],
  ['t/thumbnail-00001.png', { type: 'thumbnails', prefix: 's3://web/t/', count: 1, format: 'png', ...ONLY }],
  ['storyboard.vtt', { type: 'storyboard', prefix: 's3://web/', count: 1, ...ONLY }],
  ['r.json', { type: 'probe', url: 's3://web/r.json', ...ONLY }],
]
const look = (outputs: readonly JobOutput[], more: Partial<Parameters<typeof checkTargets>[1]> = {}) =>
  checkTargets(outputs, { client, signal: undefined, isOwn: () => false, ...more })

t.test('looks for the targets of each type of output that has a condition', async t => {
  for (const [key, output] of OUTPUTS) {
    await look([output])
    await s3.put('web', key, 'x', { metadata: { own: 'yes' } })
    await t.rejects(look([output]), { code: 'AVIO_ERR_PRECONDITION_FAILED', key, bucket: 'web' }, key)
    await look([output], { isOwn: ({ metadata }) => metadata['own'] === 'yes' })
    const free = { ...output, ifNoneMatch: undefined } as JobOutput
    await look([free])
    t.same([hasCondition(output), hasCondition(free)], [true, false])
    s3.delete('web', key)
  }
  s3.clearCalls()
  await look([
    { type: 'probe', ...ONLY },
    { type: 'object', url: '-', format: 'nut' },
  ])
  t.equal(s3.calls.length, 0)
})

t.test('does not look for an object again that somebody has just looked for', async t => {
  const url = 's3://web/seen.mp4'
  const object = { type: 'object', url, format: 'mp4', ...ONLY } as const
  const replacing = { type: 'object', url, format: 'mp4', ifMatch: '"a"' } as const
  const report = { type: 'probe', url: 's3://web/seen.json', ...ONLY } as const
  const refused = { code: 'AVIO_ERR_PRECONDITION_FAILED', key: 'seen.mp4' }
  s3.clearCalls()
  await look([object], { seen: [null] })
  await look([replacing], { seen: ['"a"'] })
  await t.rejects(look([object], { seen: ['"a"'] }), refused)
  await t.rejects(look([replacing], { seen: [null] }), refused)
  t.equal(s3.calls.length, 0)
  await look([report, object], { seen: [null, null] })
  t.same(
    s3.calls.map(({ key }) => key),
    ['seen.json'],
  )
})

t.test('compares the ETag of an object', async t => {
  const object = { type: 'object', url: 's3://web/o.mp4', format: 'mp4' } as const
  const { etag } = await s3.put('web', 'o.mp4', 'x')
  await look([{ ...object, ifMatch: etag }])
  await t.rejects(look([{ ...object, ifMatch: '"other"' }]), {
    code: 'AVIO_ERR_PRECONDITION_FAILED',
    key: 'o.mp4',
  })
  s3.delete('web', 'o.mp4')
  await t.rejects(look([{ ...object, ifMatch: etag }], { isOwn: () => true }), { message: /does not exist/ })
})

t.test('looks for files, and tells the first in the order of the outputs', async t => {
  const folder = t.testdir()
  const path = join(folder, 'thumbnail-00001.jpg')
  const outputs: JobOutput[] = [
    { type: 'object', url: path, format: 'mjpeg', ...ONLY },
    { type: 'thumbnails', prefix: `${folder}/`, count: 1, ...ONLY },
  ]
  await look(outputs)
  await writeFile(path, 'x')
  for (const output of outputs) await t.rejects(look([output]), { code: 'AVIO_ERR_FILE_EXISTS', path })
  await s3.put('web', 'r.json', 'x')
  s3.fault({ operation: 'HeadObject', status: 503 })
  await t.rejects(look([OUTPUTS.at(-1)![1], ...outputs]), {
    code: 'AVIO_ERR_PRECONDITION_FAILED',
    key: 'r.json',
  })
  s3.delete('web', 'r.json')
})

t.test('leaves it to the commit if the store does not say, and stops at the signal', async t => {
  const [, report] = OUTPUTS.at(-1)!
  await s3.put('web', 'r.json', 'x')
  s3.fault({ operation: 'HeadObject', status: 403, code: 'AccessDenied' })
  await look([report])
  s3.clearFaults()
  const signal = AbortSignal.abort(new Error('over'))
  await t.rejects(look([report], { signal }), { message: 'over' })
})
