// A worker of the topic "farm": takes steps from a queue, and tells its parent when each begins and ends.
import { S3Client } from '@aws-sdk/client-s3'
import { worker } from 'avio-streams/bullmq'

process.once('message', async ({ connection, config }) => {
  const client = new S3Client(config)
  const running = worker({ connection, client })
  for (const name of ['start', 'done', 'fail'])
    running.on(name, (step, error) => process.send({ [name]: step, reason: error?.message }))
  process.once('disconnect', () => process.exit())
  await running.ready()
  process.send({ ready: true })
})
