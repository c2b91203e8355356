import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Readable, Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { FfmpegTransform, FileWritable, Fmp4Validator, S3MultipartWritable } from '../../lib/index.js'
import { BLOCK_SIZE } from '../../lib/io/memory/block-pool.js'
import { MiB } from '../../lib/options.js'
import { heldBytes } from '../support/held-bytes.js'
import { fragmentedMp4 } from '../support/media.js'
import { local, pattern } from '../support/reading.js'

/** Memory of whole pipelines: which blocks are filled again, and that nobody notices. */

const SIZE = 20 * MiB
const PCM = { input: { format: 's16le' }, output: { format: 's16le', args: ['-c', 'copy'] } }
const ffmpeg = () => new FfmpegTransform(PCM)
const digest = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')

/** Counts the blocks that are allocated while `run` runs. */
async function blocksMade(run: () => Promise<unknown>): Promise<number> {
  const allocate = Buffer.allocUnsafeSlow.bind(Buffer)
  let made = 0
  Buffer.allocUnsafeSlow = size => {
    if (size === BLOCK_SIZE) made++
    return allocate(size)
  }
  try {
    await run()
  } finally {
    Buffer.allocUnsafeSlow = allocate
  }
  return made
}

type Sink = (
  t: Test,
  place: Awaited<ReturnType<typeof local>>,
) => { sink: Writable; stored: () => Promise<Buffer> }

const sinks: Record<string, Sink> = {
  S3MultipartWritable: (_t, { client }) => {
    const at = { bucket: 'bucket', key: 'out' }
    return {
      sink: new S3MultipartWritable({ client, ...at }),
      stored: async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: at.bucket, Key: at.key }))
        return Buffer.from(await Body!.transformToByteArray())
      },
    }
  },
  FileWritable: t => {
    const path = join(t.testdir({}), 'out')
    return { sink: new FileWritable({ path }), stored: () => readFile(path) }
  },
}

const between: Record<string, () => Transform[]> = {
  alone: () => [],
  'behind ffmpeg': () => [ffmpeg() as unknown as Transform],
}

for (const [name, make] of Object.entries(sinks)) {
  for (const [place, stages] of Object.entries(between)) {
    t.test(`${name} ${place} has its blocks filled again`, async t => {
      const at = await local(t, SIZE)
      const { sink, stored } = make(t, at)
      const readAhead = 4 * MiB
      const made = await blocksMade(() => pipeline([at.source({ readAhead }), ...stages(), sink]))
      t.equal(digest(await stored()), digest(pattern(0, SIZE)))
      t.ok(made < SIZE / BLOCK_SIZE / 2, `${made} blocks for ${SIZE / BLOCK_SIZE} blocks' bytes`)
    })

    t.test(`a stage that keeps every chunk before ${name} ${place} finds each unchanged`, async t => {
      const at = await local(t, SIZE)
      const { sink, stored } = make(t, at)
      const kept: { chunk: Buffer; was: string }[] = []
      const keeps = () =>
        new Transform({
          transform(chunk: Buffer, _encoding, callback) {
            kept.push({ chunk, was: digest(chunk) })
            callback(null, chunk)
          },
        })
      const inner = stages()
      await pipeline([at.source({ readAhead: 4 * MiB }), keeps(), ...inner, keeps(), sink])
      t.equal(digest(await stored()), digest(pattern(0, SIZE)))
      t.equal(kept.filter(({ chunk, was }) => digest(chunk) !== was).length, 0, `of ${kept.length} chunks`)
    })
  }
}

t.test('a listener on any stage, added in the middle, keeps each chunk as it was', async t => {
  const media = await fragmentedMp4({ seconds: 20, size: '640x360' })
  for (const listened of ['source', 'ffmpeg', 'validator']) {
    const { s3, client, source } = await local(t)
    s3.putSynthetic('bucket', 'k', media.length, (start, end) => media.subarray(start, end))
    const reader = source({ partSize: 512 * 1024, readAhead: 512 * 1024 })
    const copies = new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy'] } })
    const validator = new Fmp4Validator()
    const stages: Record<string, Readable> = { source: reader, ffmpeg: copies, validator }
    const sink = new S3MultipartWritable({ client, bucket: 'bucket', key: 'out' })
    const kept: { chunk: Buffer; was: string }[] = []
    const done = pipeline(reader, copies, validator, sink)
    const stage = stages[listened]!
    await once(stage, 'data')
    stage.on('data', (chunk: Buffer) => kept.push({ chunk, was: digest(chunk) }))
    await done
    t.ok(kept.length > 0)
    t.equal(kept.filter(({ chunk, was }) => digest(chunk) !== was).length, 0, listened)
  }
})

t.test('parts that are sent again have the bytes that they had', async t => {
  const { s3, client, source } = await local(t, SIZE)
  s3.fault({ operation: 'UploadPart', nth: 1, times: 2, status: 503 })
  s3.fault({ operation: 'UploadPart', nth: 4, times: 2, reset: true })
  const sink = new S3MultipartWritable({ client, bucket: 'bucket', key: 'out', partSize: 5 * MiB })
  await pipeline(source({ readAhead: 4 * MiB }), ffmpeg(), sink)
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'out' }))
  t.equal(digest(await Body!.transformToByteArray()), digest(pattern(0, SIZE)))
})

t.test('stages that are over keep no blocks to fill again, even if they are kept themselves', async t => {
  const { source } = await local(t, 4 * MiB)
  const kept: unknown[] = []
  const run = async (name: string) => {
    const stages = [source({ readAhead: 4 * MiB }), ffmpeg(), new FileWritable({ path: join(folder, name) })]
    await pipeline(stages as unknown as [Readable, Transform, Writable])
    kept.push(...stages)
  }
  const folder = t.testdir({})
  await run('first')
  const before = await heldBytes()
  for (let n = 0; n < 8; n++) await run(`${n}`)
  const held = (await heldBytes()) - before
  // A transform keeps the head of its input, and the block that it read ffmpeg's output into last.
  t.ok(held < 8 * 3 * BLOCK_SIZE, `${held} bytes are held by ${kept.length} stages`)
})

t.test('a pipeline that is destroyed in the middle leaves other pipelines their bytes', async t => {
  const { client, source } = await local(t, SIZE)
  const read = (key: string) => {
    const sink = new S3MultipartWritable({ client, bucket: 'bucket', key, partSize: 5 * MiB })
    return { sink, done: pipeline(source({ readAhead: 4 * MiB }), ffmpeg(), sink) }
  }
  const [first, second] = [read('first'), read('second')]
  await once(first.sink, 'part')
  first.sink.destroy()
  await t.rejects(first.done)
  const third = read('third')
  await Promise.all([second.done, third.done])
  for (const key of ['second', 'third']) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: key }))
    t.equal(digest(await Body!.transformToByteArray()), digest(pattern(0, SIZE)), key)
  }
})
