import { S3Client } from '@aws-sdk/client-s3'
import type { DigestAlgorithm } from '../lib/io/checksums/digest.js'
import { MiB } from '../lib/options.js'
import { ObjectSum } from '../lib/s3/checks/object-sum.js'
import type { Arena, Contender, Library, Topic } from './support/topic.js'

const size = 1024 * MiB

/** Reads and computes checksums as `verify` does; the benchmark store keeps no checksum to compare with. */
async function readSummed(
  arena: Arena,
  load: () => Promise<Library>,
  sum: ObjectSum | undefined,
): Promise<number> {
  const { S3RangeReadable } = await load()
  const client = new S3Client(arena.client)
  let bytes = 0
  const source = new S3RangeReadable({ client, bucket: arena.bucket, key: arena.key, verify: 'off' })
  for await (const chunk of source) {
    sum?.add(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  client.destroy()
  return bytes
}

const summed =
  (algorithm: DigestAlgorithm): Contender =>
  (arena, load) =>
    readSummed(arena, load, new ObjectSum({ algorithm }))

export const topic: Topic = {
  title: "verify: what 'auto' (CRC-32) and 'always' (the others) cost in CPU time",
  setting: 'loopback, default options',
  size,
  source: 'bytes',
  store: 'unshaped',
  contenders: {
    'CRC-32': summed('CRC32'),
    off: (arena, load) => readSummed(arena, load, undefined),
    'CRC-32C': summed('CRC32C'),
    'CRC-64/NVME': summed('CRC64NVME'),
    'SHA-1': summed('SHA1'),
    'SHA-256': summed('SHA256'),
    MD5: summed('MD5'),
  },
}
