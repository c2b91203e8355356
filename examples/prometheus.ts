/**
 * Metrics for Prometheus from the library's diagnostics channels. Call `measureStreams(register)` once, with prom-client's
 * own registry or yours. No label has a bucket, a key or a URL, of which there may be any number. `main` shows the metrics
 * after a job:
 *
 *   npx tsx examples/prometheus.ts s3://masters/talk.mov s3://web/talk.mp4
 */
import { pipeline } from 'node:stream/promises'
import {
  FfmpegReadable,
  type PartMessage,
  type ProcessMessage,
  type RequestMessage,
  type RetryMessage,
  type StageMessage,
} from 'avio-streams'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { onMessages } from './support/on-messages.js'
import { openSink } from './support/open-sink.js'
import { openSource } from './support/open-source.js'

/** Counts from now on; returns what ends that. */
export function measureStreams(registry: Registry): () => void {
  const registers = [registry]
  const buckets = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100]
  const requests = new Histogram({
    name: 'avio_streams_request_duration_seconds',
    help: 'Requests that are over, and how long they took',
    labelNames: ['operation', 'outcome'],
    buckets,
    registers,
  })
  const firstByte = new Histogram({
    name: 'avio_streams_request_first_byte_seconds',
    help: 'From the start of a GET to the header of its response',
    labelNames: ['operation'],
    buckets,
    registers,
  })
  const bytes = new Counter({
    name: 'avio_streams_bytes_total',
    help: 'Bytes of objects that were sent and received',
    labelNames: ['direction'],
    registers,
  })
  const retries = new Counter({
    name: 'avio_streams_retries_total',
    help: 'Requests that failed and were followed by another attempt',
    labelNames: ['operation', 'reason'],
    registers,
  })
  const parts = new Histogram({
    name: 'avio_streams_part_duration_seconds',
    help: 'Parts that were sent, with all their attempts',
    buckets,
    registers,
  })
  const processes = new Gauge({
    name: 'avio_streams_processes',
    help: 'Processes that run',
    labelNames: ['program'],
    registers,
  })
  const exits = new Counter({
    name: 'avio_streams_process_exits_total',
    help: 'Processes that ended, by exit code, signal or error',
    labelNames: ['program', 'result'],
    registers,
  })
  const open = new Gauge({
    name: 'avio_streams_open_stages',
    help: 'Stages that are open',
    labelNames: ['stage'],
    registers,
  })
  const closed = new Counter({
    name: 'avio_streams_closed_stages_total',
    help: 'Stages that are closed, and how they ended',
    labelNames: ['stage', 'result'],
    registers,
  })

  return onMessages({
    'avio-streams:request': (message: RequestMessage) => {
      const { operation, outcome, durationMs, firstByteMs, bytesSent, bytesReceived } = message
      requests.observe({ operation, outcome }, durationMs / 1000)
      if (firstByteMs !== undefined) firstByte.observe({ operation }, firstByteMs / 1000)
      bytes.inc({ direction: 'sent' }, bytesSent)
      bytes.inc({ direction: 'received' }, bytesReceived)
    },
    'avio-streams:retry': ({ operation, statusCode, errorCode }: RetryMessage) => {
      retries.inc({ operation, reason: errorCode ?? statusCode ?? 'none' })
    },
    'avio-streams:part': ({ isResumed, durationMs }: PartMessage) => {
      if (!isResumed) parts.observe(durationMs / 1000)
    },
    'avio-streams:process': ({ event, program, exitCode, signal, errorCode }: ProcessMessage) => {
      if (event === 'start') processes.inc({ program })
      if (event === 'exit') processes.dec({ program })
      if (event !== 'start') exits.inc({ program, result: errorCode ?? signal ?? exitCode ?? 'none' })
    },
    'avio-streams:stage': ({ event, stage, errorCode }: StageMessage) => {
      if (event === 'first-byte') return
      if (event === 'open') {
        open.inc({ stage })
        return
      }
      open.dec({ stage })
      closed.inc({ stage, result: errorCode ?? event })
    },
  })
}

export async function main([from, to]: readonly string[]): Promise<string> {
  if (from === undefined || to === undefined) throw new Error('Usage: prometheus.ts source target.mp4')
  const registry = new Registry()
  const end = measureStreams(registry)
  try {
    const output = { format: 'mp4', args: ['-c', 'copy'] } as const
    const sink = openSink(to)
    await pipeline(new FfmpegReadable({ input: { source: openSource(from) }, output }), sink)
    await sink.result
    return await registry.metrics()
  } finally {
    end()
  }
}

if (process.argv[1] === import.meta.filename) console.log(await main(process.argv.slice(2)))
