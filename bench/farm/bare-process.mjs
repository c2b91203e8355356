// A bare loop of the topic "farm": the same steps as a worker's, handed out by its parent instead of an engine.
import { S3Client } from '@aws-sdk/client-s3'
import {
  encodeAudio,
  encodeChunk,
  joinChunks,
  planJob,
  readResults,
  removeWork,
  runJob,
} from 'avio-streams/job'

process.once('message', ({ config }) => {
  const context = { client: new S3Client(config) }
  const steps = {
    job: ({ job }) => runJob(job, context),
    plan: ({ job }) => planJob(job, context),
    chunk: ({ plan, n }) => encodeChunk(plan, n, context),
    audio: ({ plan }) => encodeAudio(plan, context),
    join: async ({ plan }) => {
      await joinChunks(plan, await readResults(plan, context), context)
      await removeWork(plan, context)
    },
  }
  process.on('message', async order => {
    try {
      process.send({ value: await steps[order.step](order) })
    } catch (error) {
      process.send({ error: String(error) })
    }
  })
  process.once('disconnect', () => process.exit())
  process.send({ ready: true })
})
