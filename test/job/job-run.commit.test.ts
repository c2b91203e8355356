import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { runJob } from '../../lib/job/run-job.js'
import type { JobOutput, JobPackage } from '../../lib/job/schema/job.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { avi } from '../support/media.js'
import { stores } from '../support/stores.js'

/** Two jobs for the same keys, a job that comes back after a newer one, and targets that change during a job. */

const PACKAGE: JobPackage = {
  ...{ type: 'package', prefix: 's3://web/p/', targetDuration: 1, mpd: 'manifest.mpd' },
  renditions: [
    { name: 'low', video: { codec: 'h264', height: 144, preset: 'ultrafast', crf: 40 }, audio: 'none' },
  ],
}
const OUTPUTS: Record<string, JobOutput> = {
  package: PACKAGE,
  thumbnails: { type: 'thumbnails', prefix: 's3://web/p/', times: [0, 0.5, 1], width: 32 },
  storyboard: { type: 'storyboard', prefix: 's3://web/p/', count: 4, columns: 2, rows: 1, width: 32 },
  report: { type: 'probe', url: 's3://web/p/a b/probe.json' },
}

/** The output, the request that is overtaken, and whether the job had won by then. */
const OVERTAKEN: readonly (readonly [output: string, key: RegExp, hadWon?: boolean])[] = [
  ['package', /low\/init\.mp4$/],
  ['package', /low\/segment-00001\.m4s$/],
  ['package', /low\/index\.m3u8$/],
  ['package', /main\.m3u8$/],
  ['package', /manifest\.mpd$/, true],
  ['thumbnails', /thumbnail-00001\.jpg$/],
  ['thumbnails', /thumbnail-00003\.jpg$/, true],
  ['storyboard', /storyboard\.vtt$/],
  ['storyboard', /sheet-00002\.jpg$/, true],
  ['report', /probe\.json$/],
]

async function open(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['masters', 'web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('masters', 'in.avi', await avi())
  // Another film, whose images and report differ.
  await s3.put('masters', 'newer.avi', Buffer.concat([await avi(), Buffer.alloc(1000)]))
  const run = (...outputs: JobOutput[]) =>
    runJob({ version: 1, inputs: [{ url: 's3://masters/in.avi' }], outputs }, { client })
  const runNewer = (output: JobOutput) => {
    const wider = 'width' in output ? { ...output, width: 48 } : output
    return runJob({ version: 1, inputs: [{ url: 's3://masters/newer.avi' }], outputs: [wider] }, { client })
  }
  /** The run of each object that is committed, and its bytes. */
  const committed = async () =>
    Object.fromEntries(
      await Promise.all(
        s3
          .keys('web')
          .filter(key => s3.head('web', key)?.metadata['avio-run'] !== undefined)
          .map(async key => [
            key,
            `${s3.head('web', key)!.metadata['avio-run']!} ${String(await s3.get('web', key))}`,
          ]),
      ),
    ) as Record<string, string>
  return { s3, client, run, runNewer, committed }
}

const NEWER = {
  code: 'AVIO_ERR_PRECONDITION_FAILED',
  message: /^s3:\/\/web\/p\/.* has changed since this job began: a newer job has written it/,
  bucket: 'web',
  retryable: false,
}

for (const isOver of [false, true]) {
  for (const [name, key, hadWon = false] of OVERTAKEN) {
    const where = isOver ? 'over an older one' : 'from nothing'
    t.test(`a ${name} that is overtaken before ${String(key)}, ${where}, changes nothing`, async t => {
      const { s3, run, runNewer, committed } = await open(t)
      const output = OUTPUTS[name]!
      if (isOver) await run(output)
      const older = s3.keys('web')
      let after: { keys: string[]; objects: Record<string, string> } | undefined
      s3.fault({
        ...{ operation: 'PutObject', bucket: 'web', key },
        before: async () => {
          await runNewer(output)
          after = { keys: s3.keys('web'), objects: await committed() }
        },
      })
      await t.rejects(run(output), NEWER)
      t.same(await committed(), after!.objects, 'what the newer job has stored stays')
      t.equal(new Set(Object.values(after!.objects).map(value => value.split(' ')[0])).size, 1)
      // A package that was visible stays for its players, as any that is replaced.
      const runs = new Set(s3.keys('web').flatMap(one => /^p\/(\d{8}T[^/]+)\//.exec(one)?.[1] ?? []))
      if (name === 'package') t.equal(runs.size, 1 + Number(isOver) + Number(hadWon))
      else t.same(s3.keys('web'), after!.keys)
      t.same(
        older.filter(one => !s3.keys('web').includes(one)),
        [],
        'nothing of the older one is removed',
      )
      t.same(s3.uploads('web'), [])
    })
  }
}

t.test('equal images are told apart, also by the last request', async t => {
  for (const [name, key] of [
    ['thumbnails', 'p/thumbnail-00001.jpg'],
    ['thumbnails', 'p/thumbnail-00003.jpg'],
    ['storyboard', 'p/storyboard.vtt'],
    ['storyboard', 'p/sheet-00002.jpg'],
  ] as const) {
    // The first look is that at the beginning.
    for (const moment of [
      { operation: 'HeadObject', nth: 2 },
      { operation: 'PutObject', nth: 1 },
    ] as const) {
      const isFirst = key.endsWith('.vtt') || key.endsWith('00001.jpg')
      if (!isFirst && moment.operation === 'HeadObject') continue
      const { s3, run, committed } = await open(t)
      await run(OUTPUTS[name]!)
      let after: Record<string, string> = {}
      // The same job once more: its images are those that this one expects to replace.
      const before = async () => {
        await run(OUTPUTS[name]!)
        after = await committed()
      }
      s3.fault({ ...moment, key, before })
      await t.rejects(run(OUTPUTS[name]!), NEWER, `${key} ${moment.operation}`)
      t.same(await committed(), after, `${key} ${moment.operation}`)
    }
  }
})

t.test('of two jobs at the same time, one wins, and the other leaves nothing', async t => {
  for (const [name, output] of Object.entries(OUTPUTS)) {
    const { s3, run, committed } = await open(t)
    const alone = await open(t)
    await alone.run(output)
    const all = (one: LocalS3) => one.keys('web').map(key => key.replace(/p\/\d{8}T[^/]+/, 'RUN'))
    const ends = await Promise.allSettled([run(output), run(output)])
    t.same(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected'], name)
    t.match(
      ends.find(({ status }) => status === 'rejected'),
      { reason: NEWER },
    )
    t.same(all(s3), all(alone.s3), name)
    t.equal(new Set(Object.values(await committed()).map(value => value.split(' ')[0])).size, 1)
  }
})

t.test('a target that changes during a job stays', async t => {
  for (const [name, key, target] of [
    ['package', /segment-00001\.m4s$/, 'p/main.m3u8'],
    ['package', /segment-00001\.m4s$/, 'p/manifest.mpd'],
    ['package', /main\.m3u8$/, 'p/main.m3u8'],
    ['thumbnails', /thumbnail-00001\.jpg$/, 'p/thumbnail-00001.jpg'],
    ['storyboard', /storyboard\.vtt$/, 'p/storyboard.vtt'],
    ['report', /probe\.json$/, 'p/a b/probe.json'],
  ] as const) {
    for (const isThere of [false, true]) {
      const { s3, run } = await open(t)
      if (isThere) await s3.put('web', target, 'older')
      s3.fault({
        ...{ operation: 'PutObject', bucket: 'web', key },
        before: () => s3.put('web', target, 'of others'),
      })
      await t.rejects(run(OUTPUTS[name]!), NEWER, `${target} ${isThere}`)
      t.equal(String(await s3.get('web', target)), 'of others')
      t.same(s3.keys('web'), [target], 'nothing of the job is left')
    }
  }
})

t.test('a manifest of others that comes after the playlist stays, and the error says so', async t => {
  const { s3, run } = await open(t)
  s3.fault({
    ...{ operation: 'PutObject', key: 'p/manifest.mpd' },
    before: () => s3.put('web', 'p/manifest.mpd', 'of others'),
  })
  await t.rejects(run(PACKAGE), {
    ...{ code: 'AVIO_ERR_COMMIT_PARTIAL', committed: ['main.m3u8'], failed: ['manifest.mpd'] },
    message: /p\/manifest\.mpd has changed since this job began/,
  })
  t.equal(String(await s3.get('web', 'p/manifest.mpd')), 'of others')
})

t.test('stores as ever where HEAD is not permitted', async t => {
  const { s3, run } = await open(t)
  await run(...Object.values(OUTPUTS))
  s3.fault({ operation: 'HeadObject', bucket: 'web', status: 403, code: 'AccessDenied', times: Infinity })
  await run(...Object.values(OUTPUTS))
  const puts = s3.calls.filter(({ operation }) => operation === 'PutObject')
  t.same(
    puts.filter(({ headers }) => headers['if-match'] !== undefined),
    [],
  )
})

for (const store of stores()) {
  t.test(`on ${store.name}, a job that comes again replaces its package and its images`, async t => {
    const { client, bucket } = await store.open(t)
    const at = `s3://${bucket}/p/`
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'in.avi', Body: await avi() }))
    const outputs = [OUTPUTS['thumbnails']!, OUTPUTS['storyboard']!, PACKAGE].map(output => ({
      ...output,
      prefix: at,
    })) as JobOutput[]
    const run = () => runJob({ version: 1, inputs: [{ url: `s3://${bucket}/in.avi` }], outputs }, { client })
    await run()
    t.match(await run(), { outputs: [{ type: 'thumbnails' }, { type: 'storyboard' }, { type: 'package' }] })
  })
}

t.test('no output waits for the removal of the package that another one replaces', async t => {
  const { s3, run } = await open(t)
  await run(PACKAGE)
  const held = s3.fault({ operation: 'DeleteObject', hold: true, times: Infinity })
  s3.fault({ operation: 'PutObject', key: 'a.mp4', before: () => held.release() })
  const { video } = PACKAGE.renditions[0]!
  const object: JobOutput = { type: 'object', url: 's3://web/a.mp4', format: 'mp4', video, audio: 'none' }
  t.match(await run({ ...PACKAGE, removeReplaced: true }, object), { outputs: [{ leftBehind: [] }, {}] })
  t.ok(held.hits > 0)
})
