import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { main } from '../../examples/live-progress.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { transportStream } from '../support/media.js'

t.test('serves a page and its progress events until the job is done', async t => {
  const s3 = await LocalS3.start({ buckets: ['masters', 'web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('masters', 'in.ts', await transportStream())
  let events: Promise<string> | undefined
  await main(['s3://masters/in.ts', 's3://web/out.mp4'], {
    client,
    onListening: async url => {
      t.match(await (await fetch(url)).text(), /EventSource/)
      events = fetch(`${url}events`).then(response => response.text())
    },
  })
  const received = await events!
  for (const name of ['read', 'ffmpeg', 'fragment', 'write', 'done']) {
    t.match(received, `event: ${name}\n`)
  }
  t.ok(s3.head('web', 'out.mp4'))
})
