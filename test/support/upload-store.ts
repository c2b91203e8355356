import { setImmediate } from 'node:timers/promises'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { Test } from 'tap'
import { MiB } from '../../lib/options.js'
import { BlockPool } from '../../lib/io/memory/block-pool.js'
import { BLOCK_SIZE, PartBuffer } from '../../lib/s3/upload/part-buffer.js'
import { UploadCommands, type UploadTarget } from '../../lib/s3/upload/upload-commands.js'
import { LocalS3, type LocalS3Options, type S3Call } from '../../lib/testing/index.js'

/** The part size of most tests, in bytes: the smallest possible. */
export const PART = 5 * MiB

/** An in-process store with one bucket, and helpers for upload tests. */
export class UploadStore {
  readonly bucket = 'uploads'
  private constructor(
    readonly s3: LocalS3,
    readonly client: S3Client,
  ) {}

  /** Starts a store, which is closed after the test; an upload left in it fails the test. */
  static async open(
    t: Test,
    { server, client, leaves }: { server?: LocalS3Options; client?: S3ClientConfig; leaves?: true } = {},
  ): Promise<UploadStore> {
    const s3 = await LocalS3.start({ buckets: ['uploads'], ...server })
    const store = new UploadStore(s3, new S3Client({ ...s3.clientConfig(), ...client }))
    t.teardown(async () => {
      store.client.destroy()
      await s3.close()
      // Too late for an assertion.
      if (!leaves && s3.uploads('uploads').length > 0) throw new Error('An upload is left in the store.')
    })
    return store
  }

  /** The calls in the order of their arrival: `create`, `part 1`, `complete` … */
  get log(): string[] {
    return this.s3.calls.map(nameOf)
  }

  /** The calls of one operation. */
  calls(operation: S3Call['operation']): readonly S3Call[] {
    return this.s3.calls.filter(call => call.operation === operation)
  }

  /** The stored bytes of a key. */
  get(key: string): Promise<Buffer | undefined> {
    return this.s3.get(this.bucket, key)
  }

  /** How many connections of the client are in use or requested, once they have had time to settle. */
  async busySockets(): Promise<number> {
    const handler = this.client.config.requestHandler as unknown as {
      httpHandlerConfigs(): { httpAgent?: Agent }
    }
    const { httpAgent } = handler.httpHandlerConfigs()
    const count = (lists: Record<string, unknown[] | undefined> = {}) =>
      Object.values(lists).reduce((sum, list) => sum + (list?.length ?? 0), 0)
    const busy = () => count(httpAgent?.sockets) + count(httpAgent?.requests)
    for (let turn = 0; turn < 200 && busy() > 0; turn++) await setImmediate()
    return busy()
  }

  /** The requests of an upload to the key `k`. */
  requests(overrides: Partial<UploadTarget> = {}): UploadCommands {
    return new UploadCommands(target(this.client, overrides))
  }
}

type Agent = Record<'sockets' | 'requests', Record<string, unknown[]>>

/** An upload to the key `k` of the bucket `uploads`, with short waits. */
export function target(client: S3Client, overrides: Partial<UploadTarget> = {}): UploadTarget {
  return {
    client,
    location: { bucket: 'uploads', key: 'k' },
    contentType: undefined,
    metadata: undefined,
    checksum: 'crc32',
    payloadSigning: 'auto',
    ifNoneMatch: undefined,
    request: {},
    maxAttempts: 3,
    stallTimeout: 5000,
    minThroughput: 0,
    commitTimeout: 5000,
    ...overrides,
  }
}

/** A part with `bytes`, ready to send. */
export function partOf(bytes: Uint8Array | string): PartBuffer {
  const data = Buffer.from(bytes as string)
  const part = new PartBuffer(data.length, new BlockPool(BLOCK_SIZE), true)
  part.append(data, 0)
  return part
}

const NAMES: Partial<Record<NonNullable<S3Call['operation']>, string>> = {
  CreateMultipartUpload: 'create',
  CompleteMultipartUpload: 'complete',
  AbortMultipartUpload: 'abort',
  ListParts: 'list',
  PutObject: 'put',
  HeadObject: 'head',
}

function nameOf({ operation, partNumber }: S3Call): string {
  if (operation === 'UploadPart') return `part ${partNumber}`
  return (operation && NAMES[operation]) ?? String(operation)
}
