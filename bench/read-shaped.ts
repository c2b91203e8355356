import { MiB } from '../lib/options.js'
import { readOneBody, readOurs } from './read.js'
import { type Topic, limitSeconds } from './support/topic.js'

const size = 1024 * MiB
const limit = { ttfb: 30, bytesPerSecond: 25e6 }

export const topic: Topic = {
  title: 'Read, shaped: percentage of the limit',
  setting: 'S = 8 MiB, N = 16, 30 ms to first byte, 25 MB/s a connection',
  size,
  quickSize: 128 * MiB,
  source: 'bytes',
  store: limit,
  limitSeconds: bytes => limitSeconds(bytes, 8 * MiB, 16, limit),
  contenders: {
    S3RangeReadable: (arena, load) =>
      readOurs(arena, load, { partSize: 8 * MiB, concurrency: 16, readAhead: 17 * 8 * MiB }),
    'one GetObject body': readOneBody,
  },
}
