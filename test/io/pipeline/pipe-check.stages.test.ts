import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import {
  PassThrough,
  pipeline as pipelineWithCallback,
  Readable,
  type Stream,
  type Writable,
} from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import {
  CmafPackager,
  Fmp4Validator,
  FfmpegProcess,
  FfmpegTransform,
  FileWritable,
  DirectoryStorage,
  DeferredHeader,
  FaststartMp4,
  S3MultipartWritable,
  S3RangeReadable,
} from '../../../lib/index.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { S3Client } from '@aws-sdk/client-s3'
import { fragmentedMp4 } from '../../support/media.js'

async function store(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['bkt'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  return { s3, client }
}

type Env = Awaited<ReturnType<typeof store>> & {
  folder: string
  signal?: AbortSignal
  /** What outlives its stage. */
  pending?: Promise<unknown>[]
}

const COPY = { format: 'mp4', args: ['-c', 'copy'] }

/** All stages that accept a pipe. */
const STAGES: Record<string, (env: Env) => Writable> = {
  S3MultipartWritable: ({ client, signal }) =>
    new S3MultipartWritable({ client, bucket: 'bkt', key: 'copy', signal }),
  FileWritable: ({ folder, signal }) => new FileWritable({ path: join(folder, 'copy'), signal }),
  FfmpegTransform: ({ signal }) => new FfmpegTransform({ output: COPY, signal }),
  Fmp4Validator: ({ signal }) => new Fmp4Validator({ signal }),
  FaststartMp4: ({ signal }) => new FaststartMp4({ signal }),
  DeferredHeader: ({ signal }) => new DeferredHeader({ format: 'wav', signal }),
  'FfmpegProcess.inputs': ({ signal }) => {
    const ffmpeg = new FfmpegProcess({ inputs: [{}], outputs: [COPY], signal })
    ffmpeg.outputs[0]!.on('error', () => undefined)
    return ffmpeg.inputs[0]!
  },
  'CmafPackager.rendition': ({ folder, signal, pending }) => {
    const packager = new CmafPackager({
      storage: new DirectoryStorage({ path: join(folder, 'hls') }),
      signal,
    })
    pending?.push(packager.result.catch(() => undefined))
    return packager.rendition({ name: 'v' })
  },
}

async function environment(t: Test): Promise<Env> {
  const { s3, client } = await store(t)
  await s3.put('bkt', 'source', await fragmentedMp4())
  return { s3, client, folder: t.testdir({}) }
}

async function readBefore({ client }: Env): Promise<Readable> {
  const source = new S3RangeReadable({ client, bucket: 'bkt', key: 'source' })
  await finished(source.resume())
  return source
}

for (const [name, make] of Object.entries(STAGES)) {
  t.test(`${name} rejects a used source and a destroyed one`, async t => {
    const env = await environment(t)
    for (const pipe of [pipeline, (source: Readable, stage: Writable) => finished(source.pipe(stage))]) {
      const used = await readBefore(env)
      await t.rejects(pipe(used, make(env)), { code: 'AVIO_ERR_STAGE_USED' })
      const closed = Readable.from(['x']).destroy()
      await new Promise(resolve => setImmediate(resolve))
      await t.rejects(pipe(closed, make(env)), { code: /AVIO_ERR_UPSTREAM_CLOSED|PREMATURE_CLOSE/ })
    }
    t.equal(env.s3.head('bkt', 'copy'), undefined)
    t.equal(existsSync(join(env.folder, 'copy')), false)
  })

  t.test(`${name} rejects a pipe after its end, and fails the source`, async t => {
    const env = await environment(t)
    const over = make(env)
    const closed = new Promise(resolve => over.once('close', resolve))
    Readable.from(['no media']).pipe(over)
    over.on('error', () => undefined).destroy()
    await closed
    const fresh = () => new S3RangeReadable({ client: env.client, bucket: 'bkt', key: 'source' })
    // From Node 24 on, pipeline() itself rejects it.
    const refused = /AVIO_ERR_STAGE_USED|PREMATURE_CLOSE|UNABLE_TO_PIPE/
    await t.rejects(pipeline(fresh(), over), { code: refused })
    const plain = fresh()
    plain.pipe(over)
    await t.rejects(finished(plain), { code: 'AVIO_ERR_STAGE_USED' })
  })

  t.test(
    `${name} with an already aborted signal fails with an AbortError, does nothing, and destroys its source`,
    async t => {
      const env = { ...(await environment(t)), signal: AbortSignal.abort() }
      const source = new S3RangeReadable({ client: env.client, bucket: 'bkt', key: 'source' })
      await t.rejects(pipeline(source, make(env)), { name: 'AbortError' })
      t.equal(source.destroyed, true)

      const written = make(env)
      const over = finished(written)
      written.end(Buffer.alloc(100_000))
      await t.rejects(over, { name: 'AbortError' })
      if (!written.closed) await once(written, 'close')
      t.equal(
        env.s3.calls.some(({ operation }) => operation !== 'GetObject'),
        false,
      )
      t.same(readdirSync(env.folder), [])
    },
  )
}

/** How a stage was used before. The second run begins in the same turn in which the first one is over. */
const BEFORE: Record<string, (stage: Writable, source: Readable) => Promise<unknown>> = {
  'while its end is under way': async (stage, source) => {
    await new Promise(resolve => source.pipe(drain(stage)).once('prefinish', resolve))
  },
  'that has finished': async (stage, source) => {
    await new Promise(resolve => source.pipe(drain(stage)).once('finish', resolve))
  },
  'that has closed': (stage, source) => closed(source.pipe(stage)),
  'that was destroyed': stage => closed(stage.destroy()),
  'that has failed': stage => closed(stage.destroy(new Error('earlier'))),
}

/** A transform ends and closes once its output is read. */
function drain(stage: Writable): Writable {
  if ('resume' in stage) (stage as unknown as Readable).resume()
  return stage
}

async function closed(stage: Writable): Promise<void> {
  drain(stage)
  if (!stage.closed) await new Promise(resolve => stage.once('close', resolve))
}

/** What the second run reads. A stage that is over is "done" for pipeline(), and so is a stream without data. */
const AGAIN: Record<string, (env: Env) => Readable[]> = {
  'a reader': ({ client }) => [new S3RangeReadable({ client, bucket: 'bkt', key: 'source' })],
  'a stream that has ended without data': () => [new PassThrough().end()],
  'one byte': () => [Readable.from([Buffer.alloc(1)])],
  'a stage between': () => [new PassThrough().end(), new PassThrough()],
}

const TRANSFORMS = ['FfmpegTransform', 'Fmp4Validator']

/** The places of a used stage: the last one, or one in the middle. */
const PLACES: Record<string, () => Writable[]> = {
  sink: () => [],
  middle: () => [new PassThrough().resume()],
}

const FORMS: Record<string, (...stages: Stream[]) => Promise<unknown>> = {
  'the promised pipeline()': (...stages) => pipeline(stages as never),
  'pipeline() with a callback': (...stages) =>
    new Promise<void>((resolve, reject) => {
      pipelineWithCallback(stages as never, (error: Error | null) => (error ? reject(error) : resolve()))
    }),
}

for (const name of [...['S3MultipartWritable', 'FileWritable', 'CmafPackager.rendition'], ...TRANSFORMS]) {
  for (const [before, use] of Object.entries(BEFORE)) {
    t.test(`no second run resolves into ${name} ${before}`, async t => {
      const pending: Promise<unknown>[] = []
      const env = { ...(await environment(t)), pending }
      for (const [place, rest] of Object.entries(PLACES)) {
        if (place === 'middle' && !TRANSFORMS.includes(name)) continue
        for (const [form, run] of Object.entries(FORMS)) {
          for (const [again, sources] of Object.entries(AGAIN)) {
            const folder = await mkdtemp(join(env.folder, 'run-'))
            const stage = STAGES[name]!({ ...env, folder }).on('error', () => undefined)
            await use(stage, new PassThrough().end(await fragmentedMp4()))
            // From Node 24 on, pipeline() rejects a destroyed stage before it asks it.
            const code = /^(AVIO_ERR_STAGE_USED|ERR_STREAM_(UNABLE_TO_PIPE|PREMATURE_CLOSE))$/
            const outcome = await run(...sources(env), stage, ...rest()).catch((error: unknown) => error)
            const isOwn = before === 'that has failed' && (outcome as Error).message === 'earlier'
            if (!isOwn) t.match(outcome, { code }, `${again}, as ${place}, by ${form}`)
            await closed(stage)
          }
        }
      }
      await Promise.all(pending)
    })
  }
}

t.test('stores the rest of a source whose header was read', async t => {
  const env = await environment(t)
  const source = new PassThrough()
  source.end('header, body')
  source.read(8)
  await pipeline(source, STAGES['S3MultipartWritable']!(env))
  t.equal((await env.s3.get('bkt', 'copy'))?.toString(), 'body')
})

t.test('fails with the AbortError of an already aborted signal', async t => {
  const { client } = await environment(t)
  const options = { client, bucket: 'bkt', key: 'copy', signal: AbortSignal.abort() }
  const sink = () => new S3MultipartWritable(options).on('error', () => undefined)
  await t.rejects(pipeline(Readable.from(['x']), sink()), { name: 'AbortError' })
  const source = new PassThrough()
  source.pipe(sink())
  await new Promise(resolve => source.once('close', resolve))
  t.equal(source.errored, null, 'the sink has reported the error')
})
