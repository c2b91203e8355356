import { PassThrough, Readable, type Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { GiB, KiB, MiB } from '../lib/options.js'
import { AUDIO, VIDEO, fragment, ftyp, moov } from '../test/support/fmp4.js'
import type { Arena, Contender, Topic } from './support/topic.js'

export const CHUNK = 64 * KiB

/** A stream of fragments of one shape, in chunks of 64 KiB, all in memory before the clock starts. */
export interface Source {
  readonly chunks: readonly Buffer[]
  readonly bytes: number
}

/**
 * Two seconds of video (50 samples) and audio (94) in 2 MiB per fragment. Except for the first chunk of a fragment, all
 * chunks hold only media and repeat the same few buffers, so that 1 GiB of stream takes 32 MiB.
 */
function longFragments(bytes: number): Source {
  const size = 2 * MiB
  const media = Buffer.alloc(CHUNK, 0xa5)
  // As ffmpeg writes them: values common to all samples of a run are stated once.
  const picture = Array.from({ length: 50 }, () => ({ size: 40_000, offset: 80 }))
  const sound = Array.from({ length: 94 }, () => ({ size: 400 }))
  const pictures = [{ samples: picture, without: ['duration', 'flags'], firstFlags: true }] as const
  const sounds = [{ samples: sound, without: ['duration', 'flags', 'offset'] }] as const
  const chunks: Buffer[] = [padded(Buffer.concat([ftyp(), moov([VIDEO, AUDIO])]), CHUNK)]
  for (let sequence = 1; chunks.length * CHUNK < bytes; sequence++) {
    const tracks = [
      { id: 1, time: (sequence - 1) * 2000, defaults: { duration: 40 }, runs: pictures },
      { id: 2, time: (sequence - 1) * 94 * 21, defaults: { duration: 21 }, runs: sounds },
    ]
    const whole = padded(fragment({ sequence, tracks }), size)
    chunks.push(Buffer.from(whole.subarray(0, CHUNK)))
    // The rest is media, followed by the header of the padding, which has to stay.
    for (let at = CHUNK; at < size; at += CHUNK) {
      const end = whole.subarray(at, at + CHUNK)
      chunks.push(at + CHUNK < size - CHUNK ? media : Buffer.from(end))
    }
  }
  return { chunks, bytes: chunks.length * CHUNK }
}

/** `bytes`, padded to `size` with a `free` box. */
function padded(bytes: Buffer, size: number): Buffer {
  const padding = Buffer.alloc(size - bytes.length)
  padding.writeUInt32BE(padding.length)
  padding.write('free', 4)
  return Buffer.concat([bytes, padding])
}

/** Sends the source through one new stage after another until `total` bytes have passed. */
export async function pass(source: Source, stage: () => Transform, total: number): Promise<number> {
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

/** The contender that checks a source with the library's validator. */
export const validated =
  (source: () => Source): Contender =>
  async (arena, load) => {
    const { Fmp4Validator } = await load()
    return await pass(source(), () => new Fmp4Validator(), arena.size)
  }

export const bare = (): Transform => new PassThrough()

/** Made when the topic's process loads this file, before the clock starts. */
const source = process.argv[2] === 'validator' ? longFragments(GiB) : undefined

export const topic: Topic = {
  title: 'Fmp4Validator: the cost of checking',
  setting:
    '1 GiB of fragmented MP4, 16 times, from memory in chunks of 64 KiB; a fragment is 2 s and 2 MiB; ' +
    'another 8 GiB before the clock starts',
  size: 16 * GiB,
  warmUp: 8 * GiB,
  store: 'none',
  contenders: {
    Fmp4Validator: validated(() => source!),
    PassThrough: (arena: Arena) => pass(source!, bare, arena.size),
  },
}
