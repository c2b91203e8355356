import type { S3Client } from '@aws-sdk/client-s3'

/** Has each page of a listing say that there are more, after a token that leads nowhere, or none. */
export function truncateLists(client: S3Client, token?: string): void {
  const truncate = (next: (args: never) => Promise<{ output: object }>) => async (args: never) => {
    const result = await next(args)
    Object.assign(result.output, { IsTruncated: true, NextContinuationToken: token })
    return result
  }
  client.middlewareStack.add(truncate as never, { step: 'initialize', name: 'truncateLists', override: true })
}
