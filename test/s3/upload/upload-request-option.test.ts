import t from 'tap'
import {
  type UploadOperation,
  type UploadRequest,
  inputOf,
  uploadRequestOption,
} from '../../../lib/s3/upload/upload-request-option.js'

const all: Required<UploadRequest> = uploadRequestOption({
  request: {
    ACL: 'private',
    BucketKeyEnabled: true,
    CacheControl: 'no-store',
    ContentDisposition: 'inline',
    ContentEncoding: 'identity',
    ContentLanguage: 'en',
    ExpectedBucketOwner: '123456789012',
    Expires: new Date(0),
    GrantFullControl: 'id=a',
    GrantRead: 'id=b',
    GrantReadACP: 'id=c',
    GrantWriteACP: 'id=d',
    IfMatch: '"e"',
    ObjectLockEventHold: 'ON',
    ObjectLockEventHoldDurationDays: 1,
    ObjectLockEventHoldDurationYears: 1,
    ObjectLockLegalHoldStatus: 'ON',
    ObjectLockMode: 'GOVERNANCE',
    ObjectLockRetainUntilDate: new Date(0),
    RequestPayer: 'requester',
    SSECustomerAlgorithm: 'AES256',
    SSECustomerKey: 'k'.repeat(32),
    SSECustomerKeyMD5: 'm',
    SSEKMSEncryptionContext: 'x',
    SSEKMSKeyId: 'y',
    ServerSideEncryption: 'aws:kms',
    StorageClass: 'STANDARD_IA',
    Tagging: 'a=b',
    WebsiteRedirectLocation: '/',
  },
}) as Required<UploadRequest>

const names = (operation: UploadOperation) => Object.keys(inputOf(all, operation)).sort()

t.test('sends properties of the object with the operation that creates it', async t => {
  t.same(names('PutObject'), Object.keys(all).sort())
  t.same(
    names('CreateMultipartUpload'),
    Object.keys(all)
      .filter(name => name !== 'IfMatch')
      .sort(),
  )
})

t.test('sends a customer key wherever bytes or checksums are, and the payer everywhere', async t => {
  const everywhere = ['ExpectedBucketOwner', 'RequestPayer']
  const key = ['SSECustomerAlgorithm', 'SSECustomerKey', 'SSECustomerKeyMD5']
  t.same(names('UploadPart'), [...everywhere, ...key])
  t.same(names('ListParts'), [...everywhere, ...key])
  t.same(names('HeadObject'), [...everywhere, ...key])
  t.same(names('AbortMultipartUpload'), everywhere)
  t.same(names('CompleteMultipartUpload'), ['ExpectedBucketOwner', 'IfMatch', 'RequestPayer', ...key])
})

t.test('rejects unknown members, and members that have an option of their own, by its name', async t => {
  for (const [member, instead] of [
    ['Bucket', /"bucket"/],
    ['Key', /"key"/],
    ['ContentType', /"contentType"/],
    ['Metadata', /"metadata"/],
    ['IfNoneMatch', /"ifNoneMatch"/],
    ['ChecksumAlgorithm', /"checksum"/],
    ['ContentMD5', /"checksum"/],
    ['Body', /"request" takes ACL, /],
    ['storageClass', /"request" takes ACL, /],
    ['toString', /"request" takes ACL, /],
  ] as const) {
    t.throws(() => uploadRequestOption({ request: { [member]: 'x' } }), {
      code: 'AVIO_ERR_OPTION',
      option: `request.${member}`,
      message: instead,
    })
  }
  t.throws(() => uploadRequestOption({ request: [] }), { code: 'AVIO_ERR_OPTION' })
})

t.test('copies the request, which is optional', async t => {
  const given = { Tagging: 'a=b' }
  const request = uploadRequestOption({ request: given })
  given.Tagging = 'c=d'
  t.same(request, { Tagging: 'a=b' })
  t.same(uploadRequestOption({}), {})
})
