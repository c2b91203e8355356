// Runs one job against the store of another process, until it is done or killed. Uses the built library, which starts
// faster.
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import { FfmpegTransform, Fmp4Validator, S3MultipartWritable, S3RangeReadable } from '../../dist/index.js'

const { config, from, to } = JSON.parse(process.argv[2])
const client = new S3Client(config)
process.once('message', async () => {
  const sink = new S3MultipartWritable({ client, bucket: 'crash', key: to, partSize: 5 * 2 ** 20 })
  await pipeline(
    new S3RangeReadable({ client, bucket: 'crash', key: from }),
    new FfmpegTransform({ input: { format: 'matroska' }, output: { format: 'mp4', args: ['-c', 'copy'] } }),
    new Fmp4Validator(),
    sink,
  )
  await sink.result
  process.send('stored')
  client.destroy()
  // Lives until it is killed: after storing its object, a real process usually has more to do.
  setTimeout(() => process.disconnect(), 1000)
})
process.send('ready')
