import type { GetObjectCommandInput } from '@aws-sdk/client-s3'
import { OptionError } from '../../errors.js'
import { objectOption } from '../../options.js'

/** What a reader fills in by itself, request by request. */
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
 * The rest of GetObject's input, by the SDK's own names; sent with every request of a read.
 *
 * - `ExpectedBucketOwner`: the account that must own the bucket, else AccessDenied
 * - `RequestPayer`: `'requester'`, for buckets whose reader pays
 * - `SSECustomerAlgorithm`, `SSECustomerKey`, `SSECustomerKeyMD5`: the key of an object encrypted with one of yours
 * - `ChecksumMode`: `'ENABLED'`, for a client that does not ask for checksums by itself
 * - `ResponseContentType` and its siblings: what the answer's headers, and so {@link S3ObjectInfo}, should say
 *
 * Bucket, key, version, range and conditions are the reader's own and are refused here.
 */
export type GetObjectRequest = Omit<GetObjectCommandInput, (typeof OWNED)[number]>

/** The option `request`, checked. */
export function getRequestOption(options: object): GetObjectRequest {
  const request = objectOption<GetObjectRequest>(options, 'request') ?? {}
  for (const name of OWNED) {
    if (!(name in request)) continue
    const value = (request as Record<string, unknown>)[name]
    throw new OptionError(
      `request.${name}`,
      `Option "request" must not hold "${name}": the reader sets it itself, from its own options and from what the ` +
        'first answer says',
      value,
    )
  }
  return { ...request }
}
