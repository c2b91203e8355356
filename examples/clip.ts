/**
 * A clip from a long file, without reading the rest of it.
 *
 *   npx tsx examples/clip.ts match.mov 3600 3610 goal.mp4
 *   npx tsx examples/clip.ts s3://masters/match.mov 3600 3610 s3://web/goal.mp4
 *   npx tsx examples/clip.ts https://example.com/match.mov 3600 3610 goal.mp4 --exact
 */
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { Fmp4Validator, clip } from 'avio-streams'
import { bytes } from './support/format.js'
import { openSink } from './support/open-sink.js'
import { openSource } from './support/open-source.js'

export async function main(args: readonly string[]): Promise<{ duration: number; bytesFetched: number }> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { exact: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const [from, start, end, to] = positionals
  if (from === undefined || start === undefined || end === undefined || to === undefined) {
    throw new Error('Usage: clip.ts source start end target.mp4 [--exact]')
  }
  const source = openSource(from)
  const cut = clip({ source, start: Number(start), end: Number(end), exact: values.exact })
  const validator = new Fmp4Validator()
  const sink = openSink(to)
  await pipeline(cut, validator, sink)
  await sink.result
  const { duration } = validator.report!
  console.log(
    `${duration.toFixed(2)} s of media, ${bytes(cut.bytesFetched)} of ${bytes(await source.size())} fetched`,
  )
  return { duration, bytesFetched: cut.bytesFetched }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
