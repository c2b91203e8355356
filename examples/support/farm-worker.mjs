// A worker of examples/farm.ts, as it runs on a machine of its own: a client, a worker, and an end by SIGTERM. What it
// does it also tells its parent, which draws it.
import { S3Client } from '@aws-sdk/client-s3'
import { worker } from 'avio-streams/bullmq'

process.once('message', async ({ connection, config }) => {
  const client = new S3Client(config)
  const running = worker({
    ...{ connection, client },
    // A dead worker is noticed after a few seconds here. The defaults of 30 s forgive a machine that is busy.
    ...{ lockDuration: 5000, stalledInterval: 2000 },
  })
  running.on('start', step => process.send({ start: step }))
  running.on('done', step => process.send({ done: step }))
  running.on('fail', (step, error) => process.send({ fail: step, error: error.message }))
  const end = async () => {
    await running.close()
    client.destroy()
    process.exit()
  }
  process.once('SIGTERM', end)
  process.once('disconnect', end)
  try {
    await running.ready()
    process.send({ ready: true })
  } catch (error) {
    process.send({ failed: String(error) })
  }
})
