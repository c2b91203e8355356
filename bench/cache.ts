import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { GiB, MiB } from '../lib/options.js'
import type { Contender, Topic } from './support/topic.js'

/** ffmpeg reads all of an MP4 with its index at the end by range: through the block cache and the range server. */
const throughCache: Contender = async (arena, load) => {
  const { FfmpegReadable, FileSource } = await load()
  const ffmpeg = new FfmpegReadable({
    input: { source: new FileSource({ path: arena.file }) },
    output: { format: 'framecrc', args: ['-c', 'copy'] },
  })
  const sink = new Writable({ highWaterMark: MiB, write: (_chunk, _encoding, callback) => callback() })
  await pipeline(ffmpeg, sink)
  return arena.size
}

export const topic: Topic = {
  title: 'The block cache: ffmpeg reads an MP4 with its index last by range',
  setting: 'from a file in the page cache to checksums of the packets, -c copy: next to no output',
  size: GiB,
  source: 'mp4',
  store: 'none',
  contenders: { FfmpegReadable: throughCache },
}
