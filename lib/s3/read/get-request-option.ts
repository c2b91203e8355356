import type { GetObjectCommandInput } from '@aws-sdk/client-s3'
import { OptionError } from '../../errors.js'
import { objectOption } from '../../options.js'

/** Members that a reader sets itself, for each request. */
const OWNED = [
  'Bucket',
  'Key',
  'VersionId',
  'Range',
  'PartNumber',
  'IfMatch',
  'IfNoneMatch',
  'IfModifiedSince',
  'IfUnmodifiedSince',
] as const satisfies readonly (keyof GetObjectCommandInput)[]

/**
 * The rest of GetObject's input, under the SDK's own names; sent with every request of a read.
 *
 * - `ExpectedBucketOwner`: the account that must own the bucket, else AccessDenied
 * - `RequestPayer`: `'requester'`, for buckets whose reader pays
 * - `SSECustomerAlgorithm`, `SSECustomerKey`, `SSECustomerKeyMD5`: your key, for an object encrypted with it
 * - `ChecksumMode`: `'ENABLED'`, for a client that does not request checksums by itself
 * - `ResponseContentType` and its siblings: the values of the response's headers, and so of {@link S3ObjectInfo}
 *
 * The reader sets bucket, key, version, range and conditions itself, and refuses them here.
 */
export type GetObjectRequest = Omit<GetObjectCommandInput, (typeof OWNED)[number]>

/** Checks the option `request`. */
export function getRequestOption(options: object): GetObjectRequest {
  const request = objectOption<GetObjectRequest>(options, 'request') ?? {}
  for (const name of OWNED) {
    if (!(name in request)) continue
    const value = (request as Record<string, unknown>)[name]
    throw new OptionError(
      `request.${name}`,
      `Option "request" must not hold "${name}": the reader sets it from its own options and from the first response`,
      value,
    )
  }
  return { ...request }
}
