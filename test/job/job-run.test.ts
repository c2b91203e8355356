import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import type { JobProgress, RunJobOptions } from '../../lib/job/run-job-options.js'
import { runJob } from '../../lib/job/run-job.js'
import type { Job, JobOutput } from '../../lib/job/schema/job.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { resources, resourcesSince } from '../support/child.js'
import { avi, ffprobeJson } from '../support/media.js'

async function open(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['masters', 'web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('masters', 'in.avi', await avi())
  const run = (outputs: readonly JobOutput[], rest: Partial<Job> = {}, options: RunJobOptions = {}) =>
    runJob(
      { version: 1, inputs: [{ url: 's3://masters/in.avi' }], outputs: [...outputs], ...rest },
      { client, ...options },
    )
  const left = () => [...s3.keys('web'), ...s3.uploads('web').map(({ key }) => key)]
  return { s3, client, run, left }
}

const SMALL = { codec: 'h264', height: 144, preset: 'ultrafast', crf: 40 } as const
const OBJECT: JobOutput = {
  type: 'object',
  url: 's3://web/a.mp4',
  format: 'mp4',
  video: SMALL,
  audio: 'none',
}
const THUMBNAILS: JobOutput = { type: 'thumbnails', prefix: 's3://web/t/', times: [0, 0.5], width: 64 }
const EVERYTHING: JobOutput[] = [
  { type: 'probe', url: 's3://web/a.json' },
  { ...OBJECT, layout: 'file', metadata: { title: 'A' }, tags: { a: 'b c' }, cacheControl: 'no-cache' },
  { type: 'object', url: 's3://web/b.mkv', format: 'matroska', args: ['-c', 'copy'] },
  {
    type: 'package',
    prefix: 's3://web/talk/',
    run: 'r1',
    targetDuration: 1,
    mpd: 'manifest.mpd',
    renditions: [
      { name: 'low', video: SMALL, audio: 'none' },
      { name: 'sound', video: 'none', audio: { codec: 'aac', bitrate: 64_000 } },
    ],
    images: { count: 2, columns: 2, rows: 1 },
  },
  THUMBNAILS,
  { type: 'storyboard', prefix: 's3://web/s/', count: 4, columns: 2, rows: 2, format: 'png' },
]

t.test('makes every type of output from one input, and lists the stored objects', async t => {
  const { s3, client, run } = await open(t)
  const phases: JobProgress['phase'][] = []
  const before = resources()
  const stages: string[] = []
  const result = await run(
    EVERYTHING,
    {},
    {
      onProgress: ({ phase }) => void phases.push(phase),
      onMonitor: watch => void stages.push(...watch.snapshot().stages.map(({ name }) => name)),
    },
  )
  t.match(stages, ['source', 'ffmpeg', /^sink 0/], 'a monitor of the stages that write media')
  t.match(result, {
    version: 1,
    inputs: [{ url: 's3://masters/in.avi', bytes: (await avi()).length, etag: /^"/ }],
    outputs: [
      { type: 'probe', url: 's3://web/a.json', info: { format: { names: ['avi'] } } },
      { type: 'object', url: 's3://web/a.mp4', etag: /^"/ },
      { type: 'object', url: 's3://web/b.mkv', etag: /^"/ },
      { type: 'package', prefix: 's3://web/talk/', run: 'r1', leftBehind: [] },
      {
        type: 'thumbnails',
        images: [
          { name: 'thumbnail-00001.jpg', time: 0 },
          { name: 'thumbnail-00002.jpg', time: 0.5 },
        ],
      },
      { type: 'storyboard', sheets: ['sheet-00001.png'], vtt: 'storyboard.vtt' },
    ],
  })
  t.same(JSON.parse(JSON.stringify(result)), result, 'the result is JSON')
  const names = s3.keys('web')
  for (const name of [
    ...['a.json', 'a.mp4', 'b.mkv', 'talk/main.m3u8', 'talk/manifest.mpd', 'talk/r1/low/init.mp4'],
    ...[
      'talk/r1/thumbnails/sheet-00001.jpg',
      't/thumbnail-00002.jpg',
      's/sheet-00001.png',
      's/storyboard.vtt',
    ],
  ]) {
    t.ok(names.includes(name), name)
  }
  const whole = (await s3.get('web', 'a.mp4'))!
  t.equal(whole.length, (result.outputs[1] as { bytes: number }).bytes)
  t.match(await ffprobeJson(whole, ['-show_entries', 'stream=codec_name,height']), {
    streams: [{ codec_name: 'h264', height: 144 }],
  })
  const moov = whole.indexOf('moov')
  t.ok(moov > 0 && moov < whole.indexOf('mdat'), 'the index is first')
  t.match(JSON.parse((await s3.get('web', 'a.json'))!.toString()), { format: { names: ['avi'] } })
  t.same(new Set(phases), new Set(['probe', 'images', 'encode']))
  const last = s3.calls.findIndex(
    ({ operation, key }) => operation === 'PutObject' && key === 't/thumbnail-00001.jpg',
  )
  const segment = s3.calls.findLastIndex(({ key }) => key?.endsWith('.m4s') === true)
  t.ok(last > segment, 'stores images once all other outputs are ready')
  client.destroy()
  t.same(await resourcesSince(before), {})
})

t.test('stores nothing if any output fails', async t => {
  for (const key of ['a.mp4', 'b.mkv', /segment/, 'talk/manifest.mpd', 'a.json', 's/sheet-00001.png']) {
    await t.test(String(key), async t => {
      const { s3, run, left } = await open(t)
      s3.fault({ bucket: 'web', key, status: 403, code: 'AccessDenied', times: Infinity })
      // If the last commit fails, the others are visible already: the error must say so.
      const error = await run(EVERYTHING).then(
        () => undefined,
        (error: unknown) => error as { code: string; committed?: string[] },
      )
      t.match(error, { code: /AVIO_ERR_(ACCESS_DENIED|HLS_STORE_FAILED|COMMIT_PARTIAL)/ })
      const visible = error?.committed ?? []
      for (const name of left()) {
        t.ok(
          visible.some(target =>
            target === 'main.m3u8' ? name.startsWith('talk/') : `s3://web/${name}`.startsWith(target),
          ),
          `${name} is told: ${visible.join()}`,
        )
      }
    })
  }
})

t.test('stores nothing after an abort, and leaves nothing behind', async t => {
  const { client, run, left } = await open(t)
  const before = resources()
  for (const phase of ['probe', 'images', 'encode']) {
    const controller = new AbortController()
    const onProgress = (progress: JobProgress) => {
      if (progress.phase === phase) controller.abort()
    }
    await t.rejects(
      run(EVERYTHING, {}, { signal: controller.signal, onProgress }),
      { name: 'AbortError' },
      phase,
    )
    t.same(left(), [], phase)
  }
  await t.rejects(run(EVERYTHING, {}, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  client.destroy()
  t.same(await resourcesSince(before), {})
})

t.test('reads the version in the job, or none', async t => {
  const { s3, run, left } = await open(t)
  const inputs = [{ url: 's3://masters/in.avi', etag: '"0123"' }]
  await t.rejects(run([OBJECT, THUMBNAILS], { inputs }), { code: 'AVIO_ERR_OBJECT_CHANGED' })
  t.same(left(), [])
  t.notOk(s3.calls.some(({ operation }) => operation === 'PutObject'))
})

t.test('stops at each limit of the job', async t => {
  const { run, left } = await open(t)
  for (const [limits, code] of [
    [{ maxInputBytes: 100 }, 'AVIO_ERR_LIMIT_INPUT_BYTES'],
    [{ maxObjects: 1 }, 'AVIO_ERR_LIMIT_OBJECTS'],
    [{ maxDuration: 0.1 }, 'AVIO_ERR_LIMIT_DURATION'],
    [{ maxPixels: 100 }, 'AVIO_ERR_LIMIT_PIXELS'],
    [{ maxOutputBytes: 1000 }, 'AVIO_ERR_LIMIT_OUTPUT_BYTES'],
    [{ timeout: 1 }, 'AVIO_ERR_LIMIT_TIMEOUT'],
  ] as const) {
    const outputs = code === 'AVIO_ERR_LIMIT_OBJECTS' ? [OBJECT, THUMBNAILS] : [OBJECT]
    await t.rejects(run(outputs, { limits }), { code }, code)
    t.same(left(), [], code)
  }
})

t.test('reads standard input, and writes to standard output', async t => {
  const { run, left } = await open(t)
  const stdout = new PassThrough()
  const written = buffer(stdout)
  const job = { inputs: [{ url: '-' }], limits: { maxInputBytes: (await avi()).length } }
  const result = await run([{ type: 'object', url: '-', format: 'matroska', args: ['-c', 'copy'] }], job, {
    stdin: Readable.from([await avi()]),
    stdout,
  })
  t.same(result.inputs, [{ url: '-', bytes: (await avi()).length }])
  t.same(result.outputs, [{ type: 'object', url: '-' }])
  t.match(await ffprobeJson(await written, ['-show_entries', 'format=format_name']), {
    format: { format_name: /matroska/ },
  })

  await t.rejects(
    run([OBJECT], { ...job, limits: { maxInputBytes: 1000 } }, { stdin: Readable.from([await avi()]) }),
    {
      code: 'AVIO_ERR_LIMIT_INPUT_BYTES',
    },
  )
  const stdin = new Readable({ read: () => void delay(1).then(() => stdin.destroy(new Error('cut'))) })
  await t.rejects(run([OBJECT], { inputs: [{ url: '-' }] }, { stdin }), { message: 'cut' })
  t.same(left(), [])
})

t.test('stores images and reports together without other outputs', async t => {
  const { s3, run, left } = await open(t)
  await run([THUMBNAILS, { type: 'probe', url: 's3://web/a.json' }])
  t.same(s3.keys('web'), ['a.json', 't/thumbnail-00001.jpg', 't/thumbnail-00002.jpg'])
  for (const key of s3.keys('web')) s3.delete('web', key)
  s3.fault({
    bucket: 'web',
    key: 't/thumbnail-00002.jpg',
    status: 403,
    code: 'AccessDenied',
    times: Infinity,
  })
  await t.rejects(run([THUMBNAILS, { type: 'probe', url: 's3://web/a.json' }]), {
    code: 'AVIO_ERR_ACCESS_DENIED',
  })
  t.same(left(), [], 'the picture that was stored first is removed')
  t.match(await run([{ type: 'probe' }]), { outputs: [{ type: 'probe', info: { by: /^ff/ } }] })
})

t.test('refuses outputs that no schema can refuse, before the first request', async t => {
  const { s3, run } = await open(t)
  const renditions = [{ name: 'a' }, { name: 'a' }]
  s3.clearCalls()
  for (const [outputs, code] of [
    [[{ ...OBJECT, args: ['-i', 'x'] }, THUMBNAILS], 'AVIO_ERR_ARGUMENT_REFUSED'],
    [[OBJECT, { ...OBJECT, url: 's3://web/b', format: 'tee' }], 'AVIO_ERR_MUXER_NOT_STREAMABLE'],
    [[OBJECT, { type: 'package', prefix: 's3://web/p/', renditions }], 'AVIO_ERR_JOB_INVALID'],
    [[OBJECT, { ...OBJECT, url: 's3://web/b', contentType: 'a\nb' }], 'AVIO_ERR_JOB_INVALID'],
  ] as const)
    await t.rejects(run(outputs as unknown as JobOutput[]), { code }, JSON.stringify(outputs))
  t.same(s3.calls, [])
})
