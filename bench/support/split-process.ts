// A worker of the topic "split", in a process of its own: it does one step after the other.
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import { FfmpegReadable } from '../../lib/ffmpeg/ffmpeg-readable.js'
import { encodeAudio, encodeChunk, joinChunks, planSplit, removeWork } from '../../lib/job/index.js'
import { pinOf } from '../../lib/job/split/plan-split.js'
import { SOURCE_CLOCK, clockArguments } from '../../lib/job/split/source-clock.js'
import type { SplitPlan } from '../../lib/job/split/split-plan.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { S3Source } from '../../lib/s3/s3-source.js'
import { planArguments } from './plan-arguments.js'
import type { SplitOrder } from './split-order.js'
import type { Arena } from './topic.js'
import { treeCpu } from './tree-cpu.js'

process.once('message', (config: Arena['client']) => {
  const client = new S3Client(config)
  process.on('message', (order: SplitOrder) => void answer(order, client))
  process.send!('open')
})
process.once('disconnect', () => process.exit())
process.send!('ready')

async function answer(order: SplitOrder, client: S3Client): Promise<void> {
  const before = treeCpu()
  try {
    const value = await step(order, client)
    process.send!({ value, cpu: treeCpu() - before })
  } catch (error) {
    console.error(error)
    process.exit(1)
  }
}

async function step(order: SplitOrder, client: S3Client): Promise<unknown> {
  switch (order.step) {
    case 'plan':
      return await planSplit(order.spec, { client })
    case 'audio':
      return await encodeAudio(order.plan, { client })
    case 'chunk':
      return await encodeChunk(order.plan, order.n, { client })
    case 'join':
      return await joinChunks(order.plan, order.results, { client })
    case 'remove':
      return await removeWork(order.plan, { client })
    case 'whole':
      return await whole(order.plan, order.key, client)
  }
}

/** The output of a plan from one run of ffmpeg: the same arguments, without cuts. */
async function whole(plan: SplitPlan, key: string, client: S3Client) {
  const { source, file, output } = plan
  const sink = new S3MultipartWritable({ client, bucket: output.bucket, key })
  await pipeline(
    new FfmpegReadable({
      input: { source: new S3Source({ client, ...pinOf(source) }), args: clockArguments(source.start) },
      globalArgs: SOURCE_CLOCK,
      output: { format: 'mp4', layout: 'file', args: [...planArguments(plan), ...file] },
    }),
    sink,
  )
  return await sink.result
}
