import { on } from 'node:events'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Test } from 'tap'
import type { FfmpegTransformOptions } from '../../lib/ffmpeg/ffmpeg-options.js'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import type { FfmpegLogEntry } from '../../lib/ffmpeg/log/log.js'
import { exists, fixture } from './child.js'
import { ChunkedSource, Collector } from './sources.js'

/** Options that run a program of `test/fixtures` in ffmpeg's place. */
export function standIn(name: string, env: Record<string, string> = {}): FfmpegTransformOptions {
  return { ffmpegPath: fixture(name), env, output: { format: 'mpegts' } }
}

/** Resolves with the child's first log line, ignoring the stage's own lines. */
export async function spoke(ffmpeg: FfmpegTransform): Promise<void> {
  for await (const [{ component }] of on(ffmpeg, 'log') as AsyncIterable<[FfmpegLogEntry]>) {
    if (component !== 'avio-streams') return
  }
}

/**
 * Runs a pipeline that must fail, checks that no sink has seen an end and the child is reaped, and returns the error.
 */
export async function failing(
  t: Test,
  input: Buffer | Readable,
  options: FfmpegTransformOptions,
): Promise<unknown> {
  const source = Buffer.isBuffer(input) ? new ChunkedSource(input) : input
  const ffmpeg = new FfmpegTransform(options)
  const sink = new Collector()
  let pid: number | undefined
  ffmpeg.once('spawn', child => (pid = child.pid))
  const closed = new Promise(resolve => ffmpeg.once('close', resolve))
  const error: unknown = await pipeline(source, ffmpeg, sink).then(
    () => t.fail('it did not fail'),
    (reason: unknown) => reason,
  )
  await closed
  t.equal(sink.sawEnd, false, 'the sink has seen no end')
  t.equal(ffmpeg.readableEnded, false)
  if (pid !== undefined) t.equal(exists(pid), false, 'the child is reaped')
  return error
}
