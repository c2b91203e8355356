import { createRequire } from 'node:module'
import type * as stream from 'node:stream'
import { PassThrough, Writable } from 'node:stream'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { CmafPackager } from '../../lib/hls/cmaf-packager.js'
import { commitOf } from '../../lib/io/pipeline/commit-hook.js'
import { S3Storage } from '../../lib/hls/storage/s3-storage.js'
import type { Monitor } from '../../lib/io/monitor/monitor.js'
import { type TranscodeOptions, transcode } from '../../lib/tasks/transcode.js'
import { Fmp4Validator } from '../../lib/mp4/fmp4-validator.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import type { S3UploadSettings } from '../../lib/s3/upload/upload-options.js'
import { S3Source } from '../../lib/s3/s3-source.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { resources, resourcesSince } from '../support/child.js'
import { avi, ffprobeJson, indexLastMp4 } from '../support/media.js'

async function open(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['masters', 'web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('masters', 'in.avi', await avi())
  const read = () => new S3RangeReadable({ client, bucket: 'masters', key: 'in.avi' })
  const sink = (key: string, more: Partial<S3UploadSettings> = {}) =>
    new S3MultipartWritable({ client, bucket: 'web', key, ...more })
  const left = () => [...s3.keys('web'), ...s3.uploads('web')]
  return { s3, client, read, sink, left }
}

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac']
const scaled = (height: number) => ['-vf', `scale=-2:${height}`, ...X264]

t.test('stores every rung of a ladder from one decode, and reports it', async t => {
  const { s3, read, sink } = await open(t)
  const seen: number[] = []
  const { results } = await transcode({
    input: read(),
    outputs: [
      { format: 'mp4', args: scaled(120), to: [new Fmp4Validator(), sink('a.mp4')] },
      { format: 'matroska', args: scaled(60), to: sink('b.mkv') },
    ],
    onProgress: ({ bytesIn }) => seen.push(bytesIn ?? 0),
  })
  t.match(results, [{ key: 'a.mp4' }, { key: 'b.mkv' }])
  const heights = await Promise.all(
    ['a.mp4', 'b.mkv'].map(async key => {
      const entries = ['-show_entries', 'stream=height', '-select_streams', 'v']
      return await ffprobeJson((await s3.get('web', key))!, entries)
    }),
  )
  t.match(heights, [{ streams: [{ height: 120 }] }, { streams: [{ height: 60 }] }])
  t.ok(seen.length > 0, 'progress is reported')
})

t.test('gives a monitor of all stages, by name, before data flows', async t => {
  const { read, sink } = await open(t)
  const seen: Monitor[] = []
  await transcode({
    input: read(),
    outputs: [
      { format: 'mp4', args: scaled(120), to: [new Fmp4Validator(), sink('a.mp4')] },
      { format: 'matroska', args: scaled(60), to: sink('b.mkv') },
    ],
    onMonitor: watch => {
      seen.push(watch)
      t.match(watch.snapshot().stages, [{ bytesOut: 0 }, { bytesIn: 0 }], 'nothing has moved')
    },
  })
  t.equal(seen.length, 1)
  const { ended, stages } = seen[0]!.snapshot()
  t.equal(ended, true)
  t.same(
    stages.map(({ name }) => name),
    ['source', 'ffmpeg', 'Fmp4Validator 0', 'sink 0', 'sink 1'],
  )
  const [source, ffmpeg, validator, ...sinks] = stages
  t.equal(source!.bytesOut, (await avi()).length)
  t.ok(ffmpeg!.bytesIn! > source!.bytesOut!, 'an AVI is read by seeking, parts of it twice')
  t.equal(ffmpeg!.bytesOut, validator!.bytesIn! + sinks[1]!.bytesIn!)
  t.equal(validator!.bytesOut, sinks[0]!.bytesIn)
})

t.test('numbers the sources of a monitor where there are several', async t => {
  const { read, client, sink } = await open(t)
  let names: string[] = []
  await transcode({
    inputs: [read(), new S3Source({ client, bucket: 'masters', key: 'in.avi' }), read()],
    outputs: [
      { format: 'mp4', args: ['-map', '0:v', '-map', '1:a', '-map', '2:a', ...X264], to: sink('a.mp4') },
    ],
    onMonitor: watch => (names = watch.snapshot().stages.map(({ name }) => name)),
  })
  t.same(names, ['source 0', 'source 2', 'ffmpeg', 'sink'])
})

t.test('reads an input by seeking, with a filter graph for all outputs', async t => {
  const { s3, client, sink } = await open(t)
  await s3.put('masters', 'in.mp4', await indexLastMp4({ seconds: 2 }))
  await transcode({
    input: new S3Source({ client, bucket: 'masters', key: 'in.mp4' }),
    filterComplex: '[0:v]split[a][b];[b]scale=-2:60[c]',
    outputs: [
      { format: 'mp4', args: ['-map', '[a]', '-map', '0:a', ...X264], to: sink('a.mp4') },
      { format: 'mp4', args: ['-map', '[c]', ...X264], to: sink('b.mp4') },
    ],
  })
  t.same([...s3.keys('web')].sort(), ['a.mp4', 'b.mp4'])
})

t.test('stores no output if beforeCommit rejects one of them', async t => {
  const { read, sink, left } = await open(t)
  const before = resources()
  const no = () => Promise.resolve(false)
  const job = transcode({
    input: read(),
    outputs: [
      { format: 'mp4', args: scaled(120), to: sink('a.mp4') },
      { format: 'mp4', args: scaled(60), to: sink('b.mp4', { beforeCommit: no }) },
    ],
  })
  await t.rejects(job, { code: 'AVIO_ERR_COMMIT_REFUSED', key: 'b.mp4' })
  t.same(left(), [])
  const { ProcessWrap, PipeWrap } = await resourcesSince(before)
  t.same([ProcessWrap, PipeWrap], [undefined, undefined], 'ffmpeg leaves nothing behind either')
})

t.test('commits a packaged ladder as one, together with a file beside it', async t => {
  const { s3, client, read, sink, left } = await open(t)
  const job = async (beforeCommit: () => Promise<boolean>) => {
    const storage = new S3Storage({ client, bucket: 'web', prefix: 'hls' })
    const packager = new CmafPackager({ storage, targetDuration: 2 })
    const { results } = await transcode({
      input: read(),
      outputs: [
        { format: 'mp4', args: ['-an', ...scaled(120)], to: packager.rendition({ name: 'a' }) },
        { format: 'mp4', args: ['-an', ...scaled(60)], to: packager.rendition({ name: 'b' }) },
        { format: 'mp4', layout: 'file', args: X264, to: sink('whole.mp4', { beforeCommit }) },
      ],
    })
    return results
  }
  await t.rejects(
    job(() => Promise.resolve(false)),
    { code: 'AVIO_ERR_COMMIT_REFUSED' },
  )
  t.same(left(), [], 'not even a segment')

  s3.clearCalls()
  const results = await job(() => {
    t.notOk(
      s3.keys('web').some(key => key.endsWith('.m3u8')),
      'no playlist before all outputs are ready',
    )
    return Promise.resolve(true)
  })
  const playlists = [/^[^/]+\/a\/index\.m3u8$/, /^[^/]+\/b\/index\.m3u8$/, 'main.m3u8']
  t.match(results, [{ playlists }, {}, { key: 'whole.mp4' }])
  t.equal(results[0], results[1], 'renditions of one packager have one result')
  t.ok(s3.keys('web').includes('hls/main.m3u8'))
})

t.test('rejects with the first failure, and stores nothing', async t => {
  const { s3, read, sink, left } = await open(t)
  const outputs = () => [
    { format: 'mp4', args: scaled(120), to: sink('a.mp4') },
    { format: 'mp4', args: scaled(60), to: [new Fmp4Validator(), sink('b.mp4')] },
  ]
  const cases: [
    string,
    () => void,
    Pick<TranscodeOptions, 'globalArgs' | 'signal'>,
    { name?: string; code?: string; committed?: string[]; failed?: string[] },
  ][] = [
    [
      'the source',
      () => s3.fault({ operation: 'GetObject', status: 403, code: 'AccessDenied' }),
      {},
      { code: 'AVIO_ERR_ACCESS_DENIED' },
    ],
    [
      'one sink',
      () => s3.fault({ operation: 'PutObject', key: 'b.mp4', status: 403, code: 'AccessDenied' }),
      {},
      // The first sink is already committed when the last request of the second one fails.
      { code: 'AVIO_ERR_COMMIT_PARTIAL', committed: ['s3://web/a.mp4'], failed: ['s3://web/b.mp4'] },
    ],
    ['ffmpeg', () => undefined, { globalArgs: ['-nonsense', '1'] }, { code: 'AVIO_ERR_FFMPEG_ARGUMENT' }],
    ['an abort', () => undefined, { signal: AbortSignal.abort() }, { name: 'AbortError' }],
  ]
  for (const [name, prepare, more, error] of cases) {
    prepare()
    await t.rejects(transcode({ input: read(), outputs: outputs(), ...more }), error as Error, name)
    t.same(left(), name === 'one sink' ? ['a.mp4'] : [], name)
    s3.clearFaults()
    s3.delete('web', 'a.mp4')
  }
})

t.test('destroys its streams if the signal is already aborted', async t => {
  const { read, sink, left } = await open(t)
  const [first, second] = [read(), read()]
  const check = new Fmp4Validator()
  const to = sink('a.mp4')
  const outputs = [{ format: 'mp4', to: [check, to] }]
  const aborted = { inputs: [first, second], outputs, signal: AbortSignal.abort() }
  await t.rejects(transcode(aborted), { name: 'AbortError' })
  t.same(
    [first, second, check, to].map(({ destroyed }) => destroyed),
    [true, true, true, true],
  )
  t.same(left(), [])
})

t.test('sends one output anywhere, but requires several to wait for each other', async t => {
  const { read, sink, left } = await open(t)
  const hole = () => new Writable({ write: (_chunk, _encoding, done) => done() })
  t.same((await transcode({ input: read(), outputs: [{ format: 'mp4', args: X264, to: hole() }] })).results, [
    undefined,
  ])
  const twice = sink('a.mp4')
  const wrong: [TranscodeOptions, string][] = [
    [
      {
        input: read(),
        outputs: [
          { format: 'mp4', to: sink('a') },
          { format: 'mp4', to: hole() },
        ],
      },
      'outputs[1].to',
    ],
    [
      {
        input: read(),
        outputs: [
          { format: 'mp4', to: twice },
          { format: 'mp4', to: twice },
        ],
      },
      'outputs[1].to',
    ],
    [{ input: read(), outputs: [] }, 'outputs'],
    [{ input: read(), outputs: [{ format: 'mp4', to: [] }] }, 'outputs[0].to'],
    [{ outputs: [{ format: 'mp4', to: sink('a') }] } as never, 'input'],
    [{ input: {} as never, outputs: [{ format: 'mp4', to: sink('a') }] }, 'input.source'],
    [{ inputs: [new PassThrough(), 7 as never], outputs: [{ format: 'mp4', to: sink('a') }] }, 'inputs[1]'],
  ]
  for (const [options, option] of wrong) {
    await t.rejects(transcode(options), { code: 'AVIO_ERR_OPTION', option })
  }
  t.same(left(), [])
})

t.test('obeys an abort while an output waits for its check', async t => {
  const { read, sink, left } = await open(t)
  const abort = new AbortController()
  const beforeCommit = () => {
    abort.abort()
    return new Promise<boolean>(() => undefined)
  }
  const job = transcode({
    input: read(),
    signal: abort.signal,
    outputs: [
      { format: 'mp4', args: scaled(120), to: sink('a.mp4') },
      { format: 'mp4', args: scaled(60), to: sink('b.mp4', { beforeCommit }) },
    ],
  })
  await t.rejects(job, { name: 'AbortError' })
  t.same(left(), [])
})

t.test('reports an object as stored even if the abort arrives during the last request', async t => {
  const { client, read, sink, left } = await open(t)
  const abort = new AbortController()
  client.middlewareStack.add(
    (next, context) => async args => {
      const answer = await next(args)
      if (context.commandName === 'PutObjectCommand') abort.abort()
      return answer
    },
    { step: 'initialize' },
  )
  const output = { format: 'mp4', args: scaled(60), to: sink('a.mp4') }
  const { results } = await transcode({ input: read(), signal: abort.signal, outputs: [output] })
  t.match(results, [{ key: 'a.mp4' }])
  t.same(left(), ['a.mp4'])
})

t.test('accepts streams of the package readable-stream, at both ends', async t => {
  const other = createRequire(import.meta.url)('readable-stream') as typeof stream
  const { read } = await open(t)
  const chunks: Buffer[] = []
  const to = new other.Writable({
    write(chunk: Buffer, _encoding, callback) {
      chunks.push(chunk)
      callback()
    },
  })
  t.notOk(to instanceof Writable)
  await transcode({
    input: read().pipe(new other.PassThrough()),
    outputs: [{ format: 'matroska', args: scaled(60), to }],
  })
  const entries = ['-show_entries', 'stream=height', '-select_streams', 'v']
  t.match(await ffprobeJson(Buffer.concat(chunks), entries), { streams: [{ height: 60 }] })
})

t.test('commits together with outputs that something else writes', async t => {
  const { s3, read, sink, left } = await open(t)
  const other = sink('other.bin')
  const hook = commitOf(other)!
  other.end('bytes')
  await transcode({
    input: read(),
    outputs: [{ format: 'matroska', args: scaled(60), to: sink('a.mkv') }],
    commitWith: [hook],
  })
  t.same(s3.keys('web'), ['a.mkv', 'other.bin'])
  const puts = s3.calls.filter(({ operation }) => operation === 'PutObject').map(({ key }) => key)
  t.same(puts, ['other.bin', 'a.mkv'], 'the others come first')
  for (const key of s3.keys('web')) s3.delete('web', key)

  const failing = sink('other.bin')
  failing.on('error', () => undefined)
  const run = transcode({
    input: read(),
    outputs: [{ format: 'matroska', args: scaled(60), to: sink('a.mkv') }],
    commitWith: [commitOf(failing)!],
    onInput: () => failing.destroy(new Error('no other')),
  })
  await t.rejects(run, { message: 'no other' })
  t.same(left(), [], 'a failure of one ends all')

  const plain = new Writable({ write: (_chunk, _encoding, done) => done() })
  const output = { format: 'matroska', args: scaled(60), to: plain }
  await t.rejects(transcode({ input: read(), outputs: [output], commitWith: [hook] }), {
    code: 'AVIO_ERR_OPTION',
  })
})
