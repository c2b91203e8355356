/** Names that the pages use without declaring them in each block. See `docs-code.ts`. */
import type * as nodeAssert from 'node:assert/strict'
import type { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import type {
  FfmpegTransform,
  Fmp4Validator,
  RandomAccess,
  RenditionWritable,
  S3MultipartWritable,
} from '../../lib/index.js'
import type { LocalS3 } from '../../lib/testing/index.js'

declare global {
  // A store, and locations in it.
  const client: S3Client
  const bucket: string
  const key: string
  const accessKeyId: string
  const secretAccessKey: string
  const accountId: string
  const presignedUrl: string
  const url: string

  // Stages and sources from earlier blocks of a page.
  const source: RandomAccess
  const talk: RandomAccess
  const reader: Readable
  const readers: readonly Readable[]
  const first: Readable
  const second: Readable
  const ffmpeg: FfmpegTransform
  const validator: Fmp4Validator
  const sink: S3MultipartWritable
  const sinks: readonly S3MultipartWritable[]
  const rendition: RenditionWritable

  // The reader's own program.
  const assert: typeof nodeAssert
  const controller: AbortController
  const s3: LocalS3
  const body: Buffer
  const size: number
  const job: unknown
  const queue: { putBack(job: unknown): Promise<void>; giveUp(job: unknown, error: unknown): Promise<void> }
  function tryAgain(): Promise<void>
  function upload(client: S3Client, options?: { signal: AbortSignal }): Promise<void>
  function openReader(client: S3Client): Readable
}
