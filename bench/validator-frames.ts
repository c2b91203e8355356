import { once } from 'node:events'
import { createRequire } from 'node:module'
import { Readable, type Transform } from 'node:stream'
import { GiB, MiB } from '../lib/options.js'
import { VIDEO, fragment, ftyp, moov } from '../test/support/fmp4.js'
import type { Arena, Topic } from './support/topic.js'
import { CHUNK, type Source, bare, pass, validated } from './validator.js'

/** One frame of 4 KiB per fragment, as in low-latency streams: 16 in each chunk. */
function frameFragments(bytes: number): Source {
  const parts = [ftyp(), moov([VIDEO])]
  let length = 0
  for (let sequence = 1; length < bytes; sequence++) {
    const runs = [{ samples: [{ size: 4096, duration: 33, sync: sequence % 60 === 1 }] }]
    const part = fragment({ sequence, tracks: [{ id: 1, time: (sequence - 1) * 33, runs }] })
    parts.push(part)
    length += part.length
  }
  const whole = Buffer.concat(parts)
  const chunks: Buffer[] = []
  for (let at = 0; at < whole.length; at += CHUNK) chunks.push(whole.subarray(at, at + CHUNK))
  return { chunks, bytes: whole.length }
}

/** Made when the topic's process loads this file, before the clock starts. */
const source = process.argv[2] === 'validator-frames' ? frameFragments(128 * MiB) : undefined

/** mp4frag cuts such a stream into segments, which it hands out by an event. */
async function cutByMp4frag({ size, peers }: Arena): Promise<number> {
  const loaded = createRequire(import.meta.url)(peers['mp4frag']!) as { Mp4Frag?: new () => Transform }
  const Mp4Frag = loaded.Mp4Frag ?? (loaded as unknown as new () => Transform)
  let moved = 0
  while (moved < size) {
    const cutter = new Mp4Frag()
    cutter.resume()
    let segments = 0
    cutter.on('segment', () => segments++)
    Readable.from(source!.chunks, { objectMode: false, highWaterMark: CHUNK }).pipe(cutter)
    await once(cutter, 'finish')
    if (segments === 0) throw new Error('mp4frag found no segment')
    moved += source!.bytes
  }
  return moved
}

/** mp4box.js parses each box and collects the samples. */
async function parseByMp4box({ size }: Arena): Promise<number> {
  const { MP4BoxBuffer, createFile } = await import('mp4box')
  let moved = 0
  while (moved < size) {
    const file = createFile()
    let at = 0
    for (const chunk of source!.chunks) {
      const { buffer, byteOffset, length } = chunk
      const bytes = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer
      file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(bytes, at))
      at += length
    }
    file.flush()
    moved += at
  }
  return moved
}

export const topic: Topic = {
  title: 'Fmp4Validator with a fragment per frame',
  setting:
    '128 MiB of fragmented MP4, again and again, from memory in chunks of 64 KiB; a fragment is a frame of ' +
    '4 KiB; another 1 GiB before the clock starts',
  size: GiB,
  warmUp: GiB,
  quickSize: 128 * MiB,
  store: 'none',
  contenders: {
    Fmp4Validator: validated(() => source!),
    PassThrough: (arena: Arena) => pass(source!, bare, arena.size),
    mp4frag: cutByMp4frag,
    'mp4box.js': parseByMp4box,
  },
  needs: { mp4frag: 'mp4frag', 'mp4box.js': 'mp4box' },
}
