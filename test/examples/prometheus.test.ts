import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Registry } from 'prom-client'
import t from 'tap'
import { main, measureStreams } from '../../examples/prometheus.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { closing } from '../support/diagnostics.js'
import { transportStream } from '../support/media.js'
import { PART, UploadStore } from '../support/upload-store.js'
import { DATA } from '../support/uploads.js'

/** The lines of an exposition, without comments. */
const lines = (text: string) => text.split('\n').filter(line => line !== '' && !line.startsWith('#'))

t.test('counts requests, bytes, retries, parts and stages', async t => {
  const { client, bucket, s3 } = await UploadStore.open(t)
  await s3.put(bucket, 'in', DATA)
  const registry = new Registry()
  const end = measureStreams(registry)
  s3.fault({ operation: 'UploadPart', status: 503, code: 'SlowDown' })
  const reader = new S3RangeReadable({ client, bucket, key: 'in', verify: 'off' })
  const writer = new S3MultipartWritable({ client, bucket, key: 'out', partSize: PART, concurrency: 1 })
  await pipeline(reader, writer)
  await Promise.all([closing(reader), closing(writer)])
  end()
  const metrics = lines(await registry.metrics())
  const gets = s3.calls.filter(({ operation }) => operation === 'GetObject').length
  for (const line of [
    `avio_streams_request_duration_seconds_count{operation="GetObject",outcome="ok"} ${gets}`,
    `avio_streams_request_duration_seconds_count{operation="UploadPart",outcome="ok"} 4`,
    `avio_streams_request_duration_seconds_count{operation="UploadPart",outcome="failed"} 1`,
    `avio_streams_request_first_byte_seconds_count{operation="GetObject"} ${gets}`,
    `avio_streams_bytes_total{direction="received"} ${DATA.length}`,
    `avio_streams_retries_total{operation="UploadPart",reason="SlowDown"} 1`,
    `avio_streams_part_duration_seconds_count 4`,
    `avio_streams_open_stages{stage="S3RangeReadable"} 0`,
    `avio_streams_closed_stages_total{stage="S3MultipartWritable",result="end"} 1`,
  ]) {
    t.ok(metrics.includes(line), line)
  }
  t.notMatch(metrics.join('\n'), /s3:|uploads/, 'no label names an object')
})

t.test('counts processes of a job', async t => {
  const folder = t.testdir()
  const [from, to] = [join(folder, 'in.ts'), join(folder, 'out.mp4')]
  await writeFile(from, await transportStream({ seconds: 2 }))
  const metrics = lines(await main([from, to]))
  t.ok(metrics.includes('avio_streams_processes{program="ffmpeg"} 0'))
  t.ok(
    metrics.some(line => /^avio_streams_process_exits_total\{program="ffmpeg",result="0"\} [1-9]/.test(line)),
  )
  await t.rejects(main([from]), { message: /^Usage/ })
})
