// A worker of examples/split.ts: a process that encodes the pieces it is told to. Its parent stands in for a queue; on
// another machine the same two calls would do the same work.
import { S3Client } from '@aws-sdk/client-s3'
import { encodeAudio, encodeChunk } from 'avio-streams/job'

/** How long it stands still, in milliseconds: its parent kills it at once, but may have been killed itself. */
const STANDSTILL = 30_000

process.on('message', async ({ config, plan, piece, standsStill }) => {
  const onProgress = progress => {
    if (progress.frames === 0) return
    process.send({ progress })
    // Amid the chunk, on a machine of any speed: from here on this process does nothing.
    if (standsStill) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STANDSTILL)
  }
  const client = new S3Client(config)
  try {
    const step =
      piece === 'audio' ? encodeAudio(plan, { client }) : encodeChunk(plan, piece, { client, onProgress })
    process.send({ result: await step })
  } catch (error) {
    process.send({ error: String(error) })
  } finally {
    client.destroy()
  }
})
process.once('disconnect', () => process.exit())
