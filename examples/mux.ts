/**
 * Two objects muxed into one: the video of the first and the audio of the second, both copied.
 *
 *   npx tsx examples/mux.ts s3://masters/film.mov s3://masters/dub.m4a s3://web/film.mp4
 *   npx tsx examples/mux.ts film.mp4 dub.m4a dubbed.mp4
 */
import { pipeline } from 'node:stream/promises'
import { FfmpegReadable } from 'avio-streams'
import { bytes } from './support/format.js'
import { openSink } from './support/open-sink.js'
import { openSource } from './support/open-source.js'

export async function main([video, audio, to]: readonly string[]): Promise<{ bytes: number }> {
  if (video === undefined || audio === undefined || to === undefined) {
    throw new Error('Usage: mux.ts video audio target.mp4')
  }
  const muxed = new FfmpegReadable({
    inputs: [{ source: openSource(video) }, { source: openSource(audio) }],
    output: {
      format: 'mp4',
      layout: 'file',
      args: ['-map', '0:v:0', '-map', '1:a:0', '-c', 'copy', '-shortest'],
    },
  })
  const sink = openSink(to)
  await pipeline(muxed, sink)
  const result = await sink.result
  console.log(`${to}: ${bytes(result.bytes)} from ${bytes(muxed.bytesFetched)} fetched`)
  return result
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
