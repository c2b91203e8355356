/**
 * An ordinary MP4 with its index first, written directly: no fragments, no temporary file, no second pass.
 *
 *   npx tsx examples/faststart.ts s3://masters/talk.mov s3://web/talk.mp4
 *   npx tsx examples/faststart.ts talk.mkv talk.mp4 --copy
 */
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { FfmpegReadable } from 'avio-streams'
import { bytes } from './support/format.js'
import { openSink } from './support/open-sink.js'
import { openSource } from './support/open-source.js'

export async function main(args: readonly string[]): Promise<{ bytes: number }> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { copy: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const [from, to] = positionals
  if (from === undefined || to === undefined)
    throw new Error('Usage: faststart.ts source target.mp4 [--copy]')
  const codecs = values.copy
    ? ['-c', 'copy']
    : ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
  const sink = openSink(to)
  await pipeline(
    new FfmpegReadable({
      input: { source: openSource(from) },
      output: { format: 'mp4', layout: 'file', args: codecs },
    }),
    sink,
  )
  const result = await sink.result
  console.log(`${to}: ${bytes(result.bytes)}, index first`)
  return result
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
