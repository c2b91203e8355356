import type { S3Client } from '@aws-sdk/client-s3'
import type { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import type { UploadCheckpoint } from '../../lib/s3/upload/checkpoint.js'

/** A place for the state of an upload, as a file or a row would be: what is there has been JSON. */
export class Saved {
  /** All states, in the order in which they were saved. */
  readonly states: UploadCheckpoint[] = []

  get last(): UploadCheckpoint {
    return this.states.at(-1)!
  }

  readonly save = async (state: UploadCheckpoint): Promise<void> => {
    await Promise.resolve()
    this.states.push(JSON.parse(JSON.stringify(state)) as UploadCheckpoint)
  }
}

/** Ends the stream as an unexpected failure would, once it has stored `parts` parts. */
export async function failAfter(sink: S3MultipartWritable, bytes: Buffer, parts: number): Promise<void> {
  let stored = 0
  sink.on('error', () => undefined)
  sink.on('part', () => {
    if (++stored === parts) sink.destroy(new Error('the process has no more time'))
  })
  sink.write(bytes)
  await sink.result.catch(() => undefined)
}

/**
 * The operations that a client sends, on any server: `CreateMultipartUpload`, `UploadPart 1` … Without HeadObject: Ceph 16
 * omits the ETag from its answer to CompleteMultipartUpload, and is asked for it.
 */
export function logOf(client: S3Client): string[] {
  const log: string[] = []
  client.middlewareStack.add(
    (next, { commandName }) =>
      args => {
        const { PartNumber } = args.input as { PartNumber?: number }
        const name = [commandName?.replace('Command', ''), PartNumber].filter(Boolean).join(' ')
        if (name !== 'HeadObject') log.push(name)
        return next(args)
      },
    { step: 'initialize', name: 'testLog' },
  )
  return log
}
