import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FFMPEG } from './support/remux-ways.js'
import { median } from './support/median.js'
import type { Arena, Contender, Moved, Topic } from './support/topic.js'

/** The median of several starts in one process, in milliseconds, without the first. */
async function starts({ count = 1, size }: Arena, start: () => Promise<number>): Promise<Moved> {
  await start()
  const times: number[] = []
  for (let n = 0; n < count; n++) times.push(await start())
  return { bytes: size, figure: median(times) }
}

const ours: Contender = async (arena, load) => {
  const { FfmpegTransform } = await load()
  const media = await readFile(arena.file)
  return await starts(arena, async () => {
    const constructed = performance.now()
    const ffmpeg = new FfmpegTransform({ output: { format: 'wav', args: ['-c:a', 'pcm_s16le'] } })
    let started = NaN
    ffmpeg.once('spawn', () => (started = performance.now()))
    const sink = new Writable({ write: (_chunk, _encoding, callback) => callback() })
    await pipeline(Readable.from([media], { objectMode: false }), ffmpeg, sink)
    return started - constructed
  })
}

const bare: Contender = arena =>
  starts(arena, async () => {
    const called = performance.now()
    const child = spawn(FFMPEG, ['-v', 'error', '-nostdin', '-i', arena.file, '-f', 'null', '-'])
    await once(child, 'spawn')
    const started = performance.now()
    await once(child, 'exit')
    return started - called
  })

export const topic: Topic = {
  title:
    'From the construction of FfmpegTransform to the start of ffmpeg, in a process that has run it before',
  setting: '200 kB of AAC from memory',
  size: 200_000,
  quickSize: 200_000,
  count: { full: 50, quick: 10 },
  source: 'audio',
  store: 'none',
  figure: 'ms to the start',
  contenders: { FfmpegTransform: ours, 'child_process.spawn': bare },
}
