import { GiB, MiB } from '../lib/options.js'
import { VIDEO, fragment, ftyp, moov } from '../test/support/fmp4.js'
import type { Arena, Topic } from './support/topic.js'
import { CHUNK, type Source, bare, pass, validator } from './validator.js'

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

export const topic: Topic = {
  title: 'Fmp4Validator with a fragment per frame',
  setting:
    '128 MiB of fragmented MP4, 8 times, from memory in chunks of 64 KiB; a fragment is one frame of 4 KiB',
  size: GiB,
  store: 'none',
  contenders: {
    Fmp4Validator: (arena: Arena) => pass(source!, validator, arena.size),
    PassThrough: (arena: Arena) => pass(source!, bare, arena.size),
  },
}
