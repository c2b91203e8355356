/**
 * Spans of OpenTelemetry from the library's diagnostics channels: one for each stage, within it one for each request, and
 * one for each process. Start your SDK as usual and call `traceStreams(trace.getTracer('my-service'))` once; where the
 * spans go is the SDK's business. `main` shows them with the SDK's console exporter:
 *
 *   npx tsx examples/open-telemetry.ts s3://masters/talk.mov s3://web/talk.mp4
 */
import { pipeline } from 'node:stream/promises'
import {
  type Attributes,
  type Context,
  type Span,
  SpanStatusCode,
  type Tracer,
  context,
  trace,
} from '@opentelemetry/api'
import {
  BasicTracerProvider,
  ConsoleSpanExporter,
  SimpleSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import {
  FfmpegReadable,
  type ProcessMessage,
  type RequestMessage,
  type RetryMessage,
  type StageMessage,
} from 'avio-streams'
import { onMessages } from './support/on-messages.js'
import { openSink } from './support/open-sink.js'
import { openSource } from './support/open-source.js'

/** Makes spans from now on; returns what ends that. */
export function traceStreams(tracer: Tracer): () => void {
  const stages = new Map<number, { readonly name: string | undefined; readonly span: Span }>()
  const processes = new Map<number, Span>()

  const ended = (span: Span, errorCode: string | undefined, time: number) => {
    if (errorCode !== undefined) {
      span.setAttribute('error.type', errorCode)
      span.setStatus({ code: SpanStatusCode.ERROR, message: errorCode })
    }
    span.end(time)
  }

  /** The span of the stage that reads or writes an object: the one that was made last. */
  const spanOf = ({ bucket, key, source }: RequestMessage | RetryMessage): Span | undefined => {
    const name = source ?? `s3://${bucket}/${key}`
    return [...stages.values()].findLast(stage => stage.name === name)?.span
  }
  const within = (span: Span | undefined): Context =>
    span ? trace.setSpan(context.active(), span) : context.active()

  const onStage = (message: StageMessage) => {
    const { event, id, stage, name, startTime, durationMs, direction, bytesIn, bytesOut, errorCode } = message
    if (event === 'open') {
      // A stage opens in its constructor: the span of your job is the active one.
      const attributes = defined({ 'avio.target': name })
      stages.set(id, { name, span: tracer.startSpan(stage, { startTime, attributes }) })
      return
    }
    const span = stages.get(id)?.span
    if (event === 'first-byte') {
      span?.addEvent(`first byte ${direction}`, {}, startTime + durationMs)
      return
    }
    stages.delete(id)
    span?.setAttributes({ 'avio.bytes_in': bytesIn, 'avio.bytes_out': bytesOut })
    if (span) ended(span, errorCode, startTime + durationMs)
  }

  const onRequest = (message: RequestMessage) => {
    const { operation, startTime, durationMs, outcome, statusCode, errorCode, firstByteMs } = message
    const name = message.protocol === 's3' ? `S3.${operation}` : operation
    const span = tracer.startSpan(
      name,
      { startTime, attributes: attributesOf(message) },
      within(spanOf(message)),
    )
    if (firstByteMs !== undefined) span.addEvent('first byte', {}, startTime + firstByteMs)
    if (outcome === 'aborted') span.setAttribute('avio.aborted', true)
    ended(span, outcome === 'failed' ? (errorCode ?? String(statusCode)) : undefined, startTime + durationMs)
  }

  const onRetry = (message: RetryMessage) => {
    const { attempt, delayMs, statusCode, errorCode } = message
    const reason = errorCode ?? String(statusCode)
    const attributes = { ...attributesOf(message), 'error.type': reason, 'avio.attempt': attempt }
    spanOf(message)?.addEvent('retry', { ...attributes, 'avio.delay_ms': delayMs })
  }

  const onProcess = ({ event, program, pid, exitCode, signal, errorCode, ...time }: ProcessMessage) => {
    const { startTime } = time
    if (event === 'start') {
      const attributes = defined({ 'process.pid': pid, 'process.executable.name': program })
      processes.set(pid!, tracer.startSpan(program, { startTime, attributes }))
      return
    }
    const span = event === 'error' ? tracer.startSpan(program, { startTime }) : processes.get(pid!)
    processes.delete(pid ?? -1)
    span?.setAttributes(defined({ 'process.exit.code': exitCode, 'avio.signal': signal }))
    if (span) ended(span, errorCode, startTime + time.durationMs)
  }

  return onMessages({
    'avio-streams:stage': onStage,
    'avio-streams:request': onRequest,
    'avio-streams:retry': onRetry,
    'avio-streams:process': onProcess,
  })
}

/** Attributes by OpenTelemetry's conventions for S3 and HTTP. */
function attributesOf(message: RequestMessage | RetryMessage): Attributes {
  const { protocol, operation, bucket, key, uploadId, partNumber, source, requestId, statusCode } = message
  const s3 = {
    'rpc.system': 'aws-api',
    'rpc.method': `S3/${operation}`,
    'aws.s3.bucket': bucket,
    'aws.s3.key': key,
    'aws.s3.upload_id': uploadId,
    'aws.s3.part_number': partNumber,
    'aws.request_id': requestId,
  }
  const http = { 'http.request.method': operation, 'url.full': source }
  return defined({ ...(protocol === 's3' ? s3 : http), 'http.response.status_code': statusCode })
}

/** Without the attributes that are unknown. */
function defined(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
}

export async function main(
  [from, to]: readonly string[],
  exporter: SpanExporter = new ConsoleSpanExporter(),
): Promise<void> {
  if (from === undefined || to === undefined) throw new Error('Usage: open-telemetry.ts source target.mp4')
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const end = traceStreams(provider.getTracer('avio-streams'))
  try {
    const output = { format: 'mp4', args: ['-c', 'copy'] } as const
    const sink = openSink(to)
    await pipeline(new FfmpegReadable({ input: { source: openSource(from) }, output }), sink)
    await sink.result
  } finally {
    end()
    await provider.shutdown()
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
