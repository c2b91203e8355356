import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { KiB, MiB } from '../lib/options.js'
import { BENCHMARK, FFMPEG, FRAGMENTED } from './support/remux-ways.js'
import { runShellPipeline } from './support/shell-pipeline.js'
import type { Arena, Contender, Library, Topic } from './support/topic.js'

/** The file through FfmpegTransform, the output discarded. */
export async function throughOurPipes(
  arena: Arena,
  load: () => Promise<Library>,
  args: readonly string[],
): Promise<number> {
  const { FfmpegTransform } = await load()
  const source = createReadStream(arena.file, { highWaterMark: 256 * KiB })
  const ffmpeg = new FfmpegTransform({ output: { format: 'mp4', args: [...args] } })
  const sink = new Writable({ highWaterMark: MiB, write: (_chunk, _encoding, callback) => callback() })
  await pipeline(source, ffmpeg, sink)
  return source.bytesRead
}

/** ffmpeg from file to file, with the same muxer flags. */
export async function fileToFile(arena: Arena, args: readonly string[]): Promise<number> {
  const fragmented = ['-movflags', 'frag_keyframe+delay_moov+default_base_moof', '-frag_duration', '2000000']
  const target = `${arena.file}.mp4`
  await promisify(execFile)(FFMPEG, [
    ...['-v', 'error', '-nostdin', '-y', '-i', arena.file, ...args],
    ...[...fragmented, '-f', 'mp4', target],
  ])
  return (await stat(arena.file)).size
}

const copy = ['-c', 'copy']

/** The same two pipes without Node: what a pipe costs at least. */
const throughCat: Contender = async arena => {
  const helpers = await runShellPipeline({
    read: ['cat', arena.file],
    ffmpeg: [FFMPEG, ...BENCHMARK, ...FRAGMENTED],
    write: ['sh', '-c', 'cat > /dev/null'],
    env: {},
  })
  return { bytes: arena.size, ...helpers }
}

export const topic: Topic = {
  title: 'ffmpeg -c copy through the pipes of FfmpegTransform',
  setting:
    'Matroska from a file in the page cache; ffmpeg alone writes a file, the output of FfmpegTransform is discarded',
  size: 512 * MiB,
  source: 'media',
  store: 'none',
  contenders: {
    FfmpegTransform: (arena, load) => throughOurPipes(arena, load, copy),
    'cat | ffmpeg | cat': throughCat,
    'ffmpeg file → file': arena => fileToFile(arena, copy),
  },
}
