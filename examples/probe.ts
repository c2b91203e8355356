/**
 * Lists the tracks, chapters and duration of a source, without downloading it.
 *
 *   npx tsx examples/probe.ts match.mov
 *   npx tsx examples/probe.ts s3://masters/match.mov
 *   npx tsx examples/probe.ts 'https://example.com/match.mov?X-Amz-Signature=…'
 */
import { type MediaInfo, type MediaStreamInfo, probe } from 'avio-streams'
import { bytes, clock, table } from './support/format.js'
import { openSource } from './support/open-source.js'

function describe(stream: MediaStreamInfo): string {
  const { width, height, frameRate, sampleRate, channelLayout, channels } = stream
  if (width !== undefined && height !== undefined) {
    const rate = frameRate === undefined ? '' : ` at ${frameRate.toFixed(2)} frames/s`
    return `${width} × ${height}${rate}`
  }
  return sampleRate === undefined ? '' : `${sampleRate} Hz, ${channelLayout ?? `${channels ?? 0} channels`}`
}

export async function main([name]: readonly string[]): Promise<MediaInfo> {
  if (name === undefined) throw new Error('Usage: probe.ts source')
  const info = await probe(openSource(name))
  const { format, streams, chapters } = info
  const length = format.duration === undefined ? 'of unknown length' : clock(format.duration)
  console.log(
    `${format.names.join()}, ${length}, ${bytes(format.size ?? 0)}; ${bytes(info.bytesFetched)} fetched`,
  )
  const rows = streams.map(stream => [
    String(stream.index),
    stream.type,
    `${stream.codec}${stream.profile === undefined ? '' : ` (${stream.profile})`}`,
    describe(stream),
    stream.language ?? '',
    stream.disposition.join(' '),
  ])
  console.log(table([['#', 'type', 'codec', 'details', 'language', 'disposition'], ...rows]))
  for (const { start, end, title } of chapters) console.log(`${clock(start)} – ${clock(end)} ${title ?? ''}`)
  return info
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
