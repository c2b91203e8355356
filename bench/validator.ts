import { PassThrough, Readable, type Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Fmp4Validator } from '../lib/mp4/fmp4-validator.js'
import { GiB, KiB, MiB } from '../lib/options.js'
import { AUDIO, VIDEO, fragment, ftyp, moov } from '../test/support/fmp4.js'
import type { Arena, Topic } from './support/topic.js'

const CHUNK = 64 * KiB

/** A stream of fragments of one shape, in chunks of 64 KiB, all in memory before the clock starts. */
interface Source {
  readonly chunks: readonly Buffer[]
  readonly bytes: number
}

/**
 * Two seconds of picture (50 samples) and sound (94) in 2 MiB a fragment. All but the chunk that a fragment begins
 * with hold media alone, and are the same few buffers again and again, so that 1 GiB of stream takes 32 MiB.
 */
function longFragments(bytes: number): Source {
  const size = 2 * MiB
  const media = Buffer.alloc(CHUNK, 0xa5)
  const picture = Array.from({ length: 50 }, (_, n) => ({ size: 40_000, duration: 40, sync: n === 0 }))
  const sound = Array.from({ length: 94 }, () => ({ size: 400, duration: 21 }))
  const chunks: Buffer[] = [padded(Buffer.concat([ftyp(), moov([VIDEO, AUDIO])]), CHUNK)]
  for (let sequence = 1; chunks.length * CHUNK < bytes; sequence++) {
    const tracks = [
      { id: 1, time: (sequence - 1) * 2000, runs: [{ samples: picture }] },
      { id: 2, time: (sequence - 1) * 94 * 21, runs: [{ samples: sound }] },
    ]
    const whole = padded(fragment({ sequence, tracks }), size)
    chunks.push(Buffer.from(whole.subarray(0, CHUNK)))
    // The rest is media, and after it the head of the padding, which has to stay.
    for (let at = CHUNK; at < size; at += CHUNK) {
      const end = whole.subarray(at, at + CHUNK)
      chunks.push(at + CHUNK < size - CHUNK ? media : Buffer.from(end))
    }
  }
  return { chunks, bytes: chunks.length * CHUNK }
}

/** One picture of 4 KiB a fragment, as low-latency streams have it: 16 of them in each chunk. */
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

/** `bytes` and a `free` box that makes `size` of them. */
function padded(bytes: Buffer, size: number): Buffer {
  const padding = Buffer.alloc(size - bytes.length)
  padding.writeUInt32BE(padding.length)
  padding.write('free', 4)
  return Buffer.concat([bytes, padding])
}

async function pass(source: Source, stage: () => Transform, total: number): Promise<number> {
  let moved = 0
  const write = (chunk: Buffer, _: BufferEncoding, callback: () => void): void => {
    moved += chunk.length
    callback()
  }
  while (moved < total) {
    const sink = new Writable({ highWaterMark: CHUNK, write })
    await pipeline(Readable.from(source.chunks, { objectMode: false, highWaterMark: CHUNK }), stage(), sink)
  }
  return moved
}

const sources = { long: longFragments, frame: frameFragments }
const made = new Map<string, Source>()

/** Made when the contender's process loads this file, where it is told which one it is, before the clock starts. */
function source(shape: keyof typeof sources): Source {
  let ready = made.get(shape)
  if (ready === undefined) made.set(shape, (ready = sources[shape](shape === 'long' ? GiB : 128 * MiB)))
  return ready
}
const contenderName = process.argv[3]
if (contenderName !== undefined) source(contenderName.endsWith('frame') ? 'frame' : 'long')

const validator = (): Transform => new Fmp4Validator()
const bare = (): Transform => new PassThrough()

export const topic: Topic = {
  title: 'Fmp4Validator: what looking at the bytes costs',
  setting:
    '4 GiB of fragmented MP4 from memory in chunks of 64 KiB: fragments of 2 s and 2 MiB, or of one picture of 4 KiB',
  size: 4 * GiB,
  store: 'none',
  contenders: {
    Fmp4Validator: (arena: Arena) => pass(source('long'), validator, arena.size),
    PassThrough: (arena: Arena) => pass(source('long'), bare, arena.size),
    'Fmp4Validator, a fragment a frame': (arena: Arena) => pass(source('frame'), validator, arena.size),
    'PassThrough, a fragment a frame': (arena: Arena) => pass(source('frame'), bare, arena.size),
  },
}
