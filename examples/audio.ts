/**
 * The audio of a film as an MP3 with tags, and with the Xing frame that gives players its duration.
 *
 *   npx tsx examples/audio.ts s3://masters/talk.mov s3://web/talk.mp3 --title "A talk" --artist "A speaker"
 *   npx tsx examples/audio.ts talk.mkv talk.mp3 --title "A talk"
 */
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { FfmpegReadable } from 'avio-streams'
import { bytes } from './support/format.js'
import { openSink } from './support/open-sink.js'
import { openSource } from './support/open-source.js'

const TAGS = ['title', 'artist', 'album', 'date'] as const

export async function main(args: readonly string[]): Promise<{ bytes: number }> {
  const string = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { title: string, artist: string, album: string, date: string },
    allowPositionals: true,
  })
  const [from, to] = positionals
  if (from === undefined || to === undefined) {
    throw new Error(`Usage: audio.ts source target.mp3 [${TAGS.map(tag => `--${tag} …`).join('] [')}]`)
  }
  const tags = TAGS.flatMap(tag => (values[tag] === undefined ? [] : ['-metadata', `${tag}=${values[tag]}`]))
  const sink = openSink(to)
  await pipeline(
    new FfmpegReadable({
      input: { source: openSource(from) },
      output: {
        format: 'mp3',
        layout: 'file',
        args: ['-map', '0:a:0', '-c:a', 'libmp3lame', '-q:a', '2', '-id3v2_version', '3', ...tags],
      },
    }),
    sink,
  )
  const result = await sink.result
  console.log(`${to}: ${bytes(result.bytes)}`)
  return result
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
