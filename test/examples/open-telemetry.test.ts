import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { SpanStatusCode } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import t from 'tap'
import { main, traceStreams } from '../../examples/open-telemetry.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { closing } from '../support/diagnostics.js'
import { transportStream } from '../support/media.js'
import { UploadStore } from '../support/upload-store.js'
import { DATA } from '../support/uploads.js'

t.test('makes a span of each stage, and of each request within its stage', async t => {
  const store = await UploadStore.open(t)
  const { client, bucket, s3 } = store
  await s3.put(bucket, 'in', DATA)
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  t.teardown(traceStreams(provider.getTracer('test')))
  s3.fault({ operation: 'GetObject', status: 503, code: 'SlowDown' })
  const reader = new S3RangeReadable({ client, bucket, key: 'in', verify: 'off' })
  const writer = new S3MultipartWritable({ client, bucket, key: 'out' })
  await pipeline(reader, writer)
  await Promise.all([closing(reader), closing(writer)])

  const spans = exporter.getFinishedSpans()
  const stage = (name: string) => spans.find(span => span.name === name)!
  const within = (name: string) =>
    spans.filter(span => span.parentSpanContext?.spanId === stage(name).spanContext().spanId)
  t.equal(spans.length, s3.calls.length + 2)
  t.match(stage('S3RangeReadable'), {
    attributes: { 'avio.target': `s3://${bucket}/in`, 'avio.bytes_out': DATA.length },
    events: [
      { name: 'retry', attributes: { 'error.type': 'SlowDown', 'avio.attempt': 1 } },
      { name: /first/ },
    ],
    status: { code: SpanStatusCode.UNSET },
  })
  const gets = within('S3RangeReadable')
  t.equal(gets.length, s3.calls.filter(({ operation }) => operation === 'GetObject').length)
  t.match(gets[0], {
    name: 'S3.GetObject',
    attributes: { 'rpc.method': 'S3/GetObject', 'aws.s3.key': 'in', 'http.response.status_code': 503 },
    status: { code: SpanStatusCode.ERROR, message: 'SlowDown' },
  })
  t.match(gets[1], { status: { code: SpanStatusCode.UNSET }, events: [{ name: 'first byte' }] })
  t.ok(gets.every(({ duration: [s, ns] }) => s * 1e9 + ns > 0))
  t.ok(gets.every(({ startTime: [s] }) => Math.abs(s - Date.now() / 1000) < 3600))
  t.same(
    new Set(within('S3MultipartWritable').map(({ name }) => name)),
    new Set(['S3.CreateMultipartUpload', 'S3.UploadPart', 'S3.CompleteMultipartUpload']),
  )
})

t.test('makes spans of ffmpeg and of files, and ends with the job', async t => {
  const folder = t.testdir()
  const [from, to] = [join(folder, 'in.ts'), join(folder, 'out.mp4')]
  await writeFile(from, await transportStream({ seconds: 2 }))
  const exporter = new InMemorySpanExporter()
  exporter.shutdown = () => Promise.resolve()
  await main([from, to], exporter)
  const spans = exporter.getFinishedSpans()
  const ffmpeg = spans.filter(({ name }) => name === 'ffmpeg')
  t.match(ffmpeg.at(-1), { attributes: { 'process.pid': Number, 'process.exit.code': 0 } })
  t.match(
    spans.find(({ name }) => name === 'FfmpegReadable'),
    { attributes: { 'avio.bytes_out': (await readFile(to)).length } },
  )
  await main([from, to], new InMemorySpanExporter())
  t.equal(exporter.getFinishedSpans().length, spans.length, 'later jobs are not traced')
  await t.rejects(main([from]), { message: /^Usage/ })
})
