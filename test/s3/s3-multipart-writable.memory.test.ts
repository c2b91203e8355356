import { fork } from 'node:child_process'
import { once } from 'node:events'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { KiB, MiB } from '../../lib/options.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import type { LocalClientConfig } from '../../lib/testing/index.js'
import { headed } from '../support/heads.js'
import { heldBytes } from '../support/held-bytes.js'
import { programOf } from '../support/program.js'

/** A client of a store in another process, whose memory does not count. */
async function open(t: Test, bytesPerSecond: number) {
  const { path, execArgv } = programOf(new URL('../support/store-process.ts', import.meta.url))
  const child = fork(path, { execArgv })
  const [config] = (await once(child, 'message')) as [LocalClientConfig]
  child.send(bytesPerSecond)
  const client = new S3Client(config)
  t.teardown(async () => {
    client.destroy()
    child.disconnect()
    await once(child, 'exit')
  })
  return client
}

/** Writes a chunk, and waits for 'drain' if necessary. */
async function write(sink: S3MultipartWritable, chunk: Uint8Array) {
  if (!sink.write(chunk)) await once(sink, 'drain')
}

t.test('takes little more memory than the bytes themselves if they come one by one', async t => {
  const client = new S3Client({ region: 'us-east-1' })
  const before = await heldBytes()
  const sink = new S3MultipartWritable({ client, bucket: 'uploads', key: 'k' })
  const byte = Buffer.alloc(1)
  for (let n = 0; n < 100_000; n++) await write(sink, byte)
  const held = (await heldBytes()) - before
  t.ok(held >= 100_000, 'the bytes are held')
  t.ok(held <= 2 * 100_000 + 64 * KiB, `${held} bytes for 100,000`)
  sink.destroy()
  await once(sink, 'close')
  const after = (await heldBytes()) - before
  t.ok(after < 64 * KiB, `${after} bytes are left after the end`)
})

t.test('does not keep large slabs through small views, and keeps parts within their bound', async t => {
  const [partSize, concurrency, highWaterMark] = [5 * MiB, 2, 16 * KiB]
  const client = await open(t, 10 * MiB)
  const before = await heldBytes()
  const sink = new S3MultipartWritable({
    client,
    bucket: 'uploads',
    key: 'k',
    partSize,
    concurrency,
    highWaterMark,
  })
  let most = 0
  for (let n = 1; n <= 22 * KiB; n++) {
    await write(sink, Buffer.allocUnsafeSlow(64 * KiB).subarray(0, KiB))
    if (n % 2000 === 0) most = Math.max(most, (await heldBytes()) - before)
  }
  sink.end()
  t.equal((await sink.result).bytes, 22 * MiB)
  // Chunks in the stream's buffer are the writer's own memory: here a slab for each KiB.
  const bound = (concurrency + 1) * partSize + (highWaterMark / KiB + 2) * 64 * KiB + MiB
  t.ok(most >= partSize, `parts are held: ${most}`)
  t.ok(most <= bound, `${most} of at most ${bound} bytes`)
  const after = (await heldBytes()) - before
  t.ok(after < MiB, `${after} bytes are left after the end`)
})

t.test('takes one more part of memory for a deferred header, and the header', async t => {
  const [partSize, concurrency, head] = [5 * MiB, 1, MiB]
  const client = await open(t, 10 * MiB)
  const before = await heldBytes()
  const sink = new S3MultipartWritable({ client, bucket: 'uploads', key: 'k', partSize, concurrency })
  const from = headed(head)
  from.pipe(sink)
  let most = 0
  for (let n = 1; n <= 25 * 16; n++) {
    if (!from.write(Buffer.allocUnsafeSlow(64 * KiB))) await once(from, 'drain')
    if (n % 40 === 0) most = Math.max(most, (await heldBytes()) - before)
  }
  from.end()
  t.equal((await sink.result).bytes, 25 * MiB + head)
  const bound = (concurrency + 2) * partSize + head + MiB
  t.ok(most > (concurrency + 1) * partSize, `the first part is held beside the others: ${most}`)
  t.ok(most <= bound, `${most} of at most ${bound} bytes`)
})
