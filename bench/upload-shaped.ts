import { MiB } from '../lib/options.js'
import { type Topic, limitSeconds } from './support/topic.js'
import { uploadOurs, uploadPeer } from './upload.js'

const size = 1024 * MiB
const limit = { ttfb: 30, bytesPerSecond: 25e6 }

export const topic: Topic = {
  title: 'Upload, shaped: percentage of the limit',
  setting: 'S = 8 MiB, N = 16, 30 ms to first byte, 25 MB/s a connection',
  size,
  quickSize: 128 * MiB,
  store: limit,
  limitSeconds: bytes => limitSeconds(bytes, 8 * MiB, 16, limit),
  contenders: {
    S3MultipartWritable: (arena, load) => uploadOurs(arena, load, { partSize: 8 * MiB, concurrency: 16 }),
    'lib-storage Upload': arena => uploadPeer(arena, { partSize: 8 * MiB, queueSize: 16 }),
  },
}
