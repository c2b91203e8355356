/**
 * Errors in S3's form: a code, an HTTP status and a message.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
 */

const ERRORS = {
  AccessDenied: [403, 'Access Denied'],
  AuthorizationHeaderMalformed: [400, 'The authorization header is malformed.'],
  BadDigest: [400, 'The digest you specified did not match what was received.'],
  BucketAlreadyOwnedByYou: [409, 'The bucket you tried to create already exists, and you own it.'],
  BucketNotEmpty: [409, 'The bucket you tried to delete is not empty.'],
  ConditionalRequestConflict: [409, 'A conflicting operation occurred during the upload.'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed size.'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size.'],
  IncompleteBody: [400, 'The request body does not have the length that its headers promise.'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidAccessKeyId: [403, 'The AWS access key ID you provided does not exist in our records.'],
  InvalidArgument: [400, 'Invalid argument'],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidChunkSizeError: [403, 'Only the last chunk is allowed to have a size less than 8192 bytes.'],
  InvalidDigest: [400, 'The Content-MD5 or checksum value that you specified is not valid.'],
  InvalidObjectState: [403, "The operation is not valid for the object's storage class."],
  InvalidPart: [
    400,
    'One or more of the specified parts could not be found. The part might not have been uploaded, or the ' +
      "specified entity tag might not have matched the part's entity tag.",
  ],
  InvalidPartNumber: [416, 'The requested part number is not satisfiable.'],
  InvalidPartOrder: [
    400,
    'The list of parts was not in ascending order. Parts must be ordered by part number.',
  ],
  InvalidRange: [416, 'The requested range is not satisfiable.'],
  InvalidRequest: [400, 'Invalid request'],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  KeyTooLongError: [400, 'Your key is too long.'],
  MalformedXML: [400, 'The XML you provided was not well-formed or did not validate against our schema.'],
  MetadataTooLarge: [400, 'Your metadata headers exceed the maximum allowed metadata size.'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  NoSuchBucket: [404, 'The specified bucket does not exist.'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchUpload: [
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or ' +
      'completed.',
  ],
  NoSuchVersion: [404, 'The specified version does not exist.'],
  NotImplemented: [501, 'A header or query you provided implies functionality that is not implemented.'],
  NotModified: [304, 'Not Modified'],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold.'],
  RequestTimeTooSkewed: [403, 'The difference between the request time and the current time is too large.'],
  ServiceUnavailable: [503, 'Service is unable to handle request.'],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing ' +
      'method.',
  ],
  SlowDown: [503, 'Please reduce your request rate.'],
  XAmzContentSHA256Mismatch: [
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ],
} as const satisfies Record<string, readonly [number, string]>

/** A code of the server's own errors. */
export type ServiceErrorCode = keyof typeof ERRORS

/** The fields of an error response, besides its code. */
export interface ServiceErrorDetails {
  /** Overrides the code's own message. */
  readonly message?: string | undefined
  /** Overrides the code's own status. */
  readonly status?: number | undefined
  /** Further elements of the XML body: `Condition`, `Region`, `ActualObjectSize` … */
  readonly fields?: Readonly<Record<string, string | number>>
  /** Further headers of the response. */
  readonly headers?: Readonly<Record<string, string>>
}

/** An error that becomes a response. */
export class ServiceError extends Error {
  /** S3's code. */
  readonly code: string
  /** HTTP status. */
  readonly status: number
  /** Further elements of the XML body. */
  readonly fields: Readonly<Record<string, string | number>>
  /** Further headers of the response. */
  readonly headers: Readonly<Record<string, string>>

  constructor(code: string, details: ServiceErrorDetails = {}) {
    const known = Object.hasOwn(ERRORS, code) ? ERRORS[code as ServiceErrorCode] : ([500, code] as const)
    super(details.message ?? known[1])
    this.name = 'ServiceError'
    this.code = code
    this.status = details.status ?? known[0]
    this.fields = details.fields ?? {}
    this.headers = details.headers ?? {}
  }
}
