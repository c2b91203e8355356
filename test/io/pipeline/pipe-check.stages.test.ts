import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable, type Writable } from 'node:stream'
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

type Env = Awaited<ReturnType<typeof store>> & { folder: string; signal?: AbortSignal }

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
  'CmafPackager.rendition': ({ folder, signal }) =>
    new CmafPackager({ storage: new DirectoryStorage({ path: join(folder, 'hls') }), signal }).rendition({
      name: 'v',
    }),
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
