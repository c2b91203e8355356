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

t.test('what makes the object goes to the operation that begins it', async t => {
  t.same(names('PutObject'), Object.keys(all).sort())
  t.same(
    names('CreateMultipartUpload'),
    Object.keys(all)
      .filter(name => name !== 'IfMatch')
      .sort(),
  )
})

t.test('a customer’s key goes wherever bytes or checksums are, who pays goes everywhere', async t => {
  const everywhere = ['ExpectedBucketOwner', 'RequestPayer']
  const key = ['SSECustomerAlgorithm', 'SSECustomerKey', 'SSECustomerKeyMD5']
  t.same(names('UploadPart'), [...everywhere, ...key])
  t.same(names('ListParts'), [...everywhere, ...key])
  t.same(names('HeadObject'), [...everywhere, ...key])
  t.same(names('AbortMultipartUpload'), everywhere)
  t.same(names('CompleteMultipartUpload'), ['ExpectedBucketOwner', 'IfMatch', 'RequestPayer', ...key])
})

t.test('what has an option of its own is refused with its name, and so is what does not exist', async t => {
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

t.test('the request is copied, and may be left out', async t => {
  const given = { Tagging: 'a=b' }
  const request = uploadRequestOption({ request: given })
  given.Tagging = 'c=d'
  t.same(request, { Tagging: 'a=b' })
  t.same(uploadRequestOption({}), {})
})
