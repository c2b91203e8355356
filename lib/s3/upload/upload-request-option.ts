import type {
  CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommandInput,
  PutObjectCommandInput,
} from '@aws-sdk/client-s3'
import { OptionError } from '../../errors.js'
import { objectOption } from '../../options.js'
import { checkRequestHeaders } from '../request/check-headers.js'

/**
 * Which S3 operation accepts which member.
 *
 * An upload is a single thing to its user and up to seven operations to S3, each with its own members. A member of
 * `request` goes to every operation that accepts it: a customer key (SSE-C) to all that touch the bytes, an ACL to the
 * one that creates the object.
 */
export type UploadOperation =
  | 'PutObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListParts'
  | 'HeadObject'

/** Properties of the object: sent once, when it is created. */
const MAKING: readonly UploadOperation[] = ['PutObject', 'CreateMultipartUpload']

/** Conditions for storing the object: sent when it is stored. */
const COMMITTING: readonly UploadOperation[] = ['PutObject', 'CompleteMultipartUpload']

/** The payer and the bucket's owner: sent every time. */
const ALL: readonly UploadOperation[] = [
  ...MAKING,
  'UploadPart',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
  'ListParts',
  'HeadObject',
]

/** A customer key: needed wherever bytes or checksums are. */
const WITH_KEY = ALL.filter(operation => operation !== 'AbortMultipartUpload')

/** The members of `request`, and the operations that accept them. */
const ROUTES = {
  ACL: MAKING,
  BucketKeyEnabled: MAKING,
  CacheControl: MAKING,
  ContentDisposition: MAKING,
  ContentEncoding: MAKING,
  ContentLanguage: MAKING,
  ExpectedBucketOwner: ALL,
  Expires: MAKING,
  GrantFullControl: MAKING,
  GrantRead: MAKING,
  GrantReadACP: MAKING,
  GrantWriteACP: MAKING,
  IfMatch: COMMITTING,
  ObjectLockEventHold: MAKING,
  ObjectLockEventHoldDurationDays: MAKING,
  ObjectLockEventHoldDurationYears: MAKING,
  ObjectLockLegalHoldStatus: MAKING,
  ObjectLockMode: MAKING,
  ObjectLockRetainUntilDate: MAKING,
  RequestPayer: ALL,
  SSECustomerAlgorithm: WITH_KEY,
  SSECustomerKey: WITH_KEY,
  SSECustomerKeyMD5: WITH_KEY,
  SSEKMSEncryptionContext: MAKING,
  SSEKMSKeyId: MAKING,
  ServerSideEncryption: MAKING,
  StorageClass: MAKING,
  Tagging: MAKING,
  WebsiteRedirectLocation: MAKING,
} as const satisfies Record<string, readonly UploadOperation[]>

/** Members of the SDK's inputs that have an option of their own, or that the stream sets itself. */
const OWNED = new Map([
  ['Bucket', 'use the option "bucket"'],
  ['Key', 'use the option "key"'],
  ['ContentType', 'use the option "contentType"'],
  ['Metadata', 'use the option "metadata"'],
  ['IfNoneMatch', 'use the option "ifNoneMatch"'],
  ['ContentMD5', 'use the option "checksum"'],
  ['ChecksumAlgorithm', 'use the option "checksum"'],
  ['ChecksumType', 'use the option "checksum"'],
])

/**
 * The rest of the SDK's input to PutObject and CreateMultipartUpload; each member goes to every operation of the upload
 * that accepts it.
 *
 * - the object: `CacheControl`, `ContentDisposition`, `ContentEncoding`, `ContentLanguage`, `Expires`,
 *   `StorageClass`, `Tagging`, `WebsiteRedirectLocation`
 * - access: `ACL`, `GrantFullControl`, `GrantRead`, `GrantReadACP`, `GrantWriteACP`
 * - encryption: `ServerSideEncryption`, `SSEKMSKeyId`, `SSEKMSEncryptionContext`, `BucketKeyEnabled`, or a
 *   customer's key with `SSECustomerAlgorithm`, `SSECustomerKey`, `SSECustomerKeyMD5`
 * - locks: `ObjectLockMode`, `ObjectLockRetainUntilDate`, `ObjectLockLegalHoldStatus`, `ObjectLockEventHold…`
 * - the condition `IfMatch`: the object replaces only the one with this ETag
 * - every request: `RequestPayer`, `ExpectedBucketOwner`
 */
export type UploadRequest = Pick<
  PutObjectCommandInput & CreateMultipartUploadCommandInput & CompleteMultipartUploadCommandInput,
  Extract<keyof typeof ROUTES, keyof PutObjectCommandInput>
>

/** The option `request`, checked member by member. */
export function uploadRequestOption(options: object): UploadRequest {
  const request = objectOption<UploadRequest>(options, 'request') ?? {}
  for (const [member, value] of Object.entries(request)) {
    if (Object.hasOwn(ROUTES, member)) continue
    const option = `request.${member}`
    const instead = OWNED.get(member) ?? `"request" takes ${Object.keys(ROUTES).join(', ')}`
    throw new OptionError(option, `Option "${option}" cannot be given: ${instead}`, value)
  }
  checkRequestHeaders(request)
  return { ...request }
}

/** The members of `request` that `operation` accepts. */
export function inputOf(request: UploadRequest, operation: UploadOperation): UploadRequest {
  const taken = Object.entries(request).filter(([member]) =>
    (ROUTES as Record<string, readonly UploadOperation[]>)[member]!.includes(operation),
  )
  return Object.fromEntries(taken)
}
