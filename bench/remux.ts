import { MiB } from '../lib/options.js'
import { REMUXED, REMUX_NEEDS, REMUX_WAYS } from './support/remux-ways.js'
import { type Topic, limitSeconds } from './support/topic.js'

const limit = { ttfb: 30, bytesPerSecond: 25e6 }

export const topic: Topic = {
  title: 'Remux S3 → S3 (-c copy into fragmented MP4), whole processes with their start',
  setting: 'S = 8 MiB, N = 16 each way, 30 ms to first byte, 25 MB/s a connection',
  size: 1024 * MiB,
  source: 'media',
  store: limit,
  // Reading and writing overlap: the limit of one is the limit of both.
  limitSeconds: bytes => limitSeconds(bytes, 8 * MiB, 16, limit),
  contenders: REMUX_WAYS,
  needs: REMUX_NEEDS,
  stored: REMUXED,
  clock: 'process',
}
