import t from 'tap'
import { getRequestOption } from '../../../lib/s3/read/get-request-option.js'

t.test('copies the rest of the input', async t => {
  const request = { RequestPayer: 'requester', ExpectedBucketOwner: '123456789012' } as const
  const taken = getRequestOption({ request })
  t.same(taken, request)
  t.not(taken, request)
  t.same(getRequestOption({}), {})
})

t.test('rejects members that the reader sets itself, by name, even if undefined', async t => {
  const owned = [
    'Bucket',
    'Key',
    'VersionId',
    'Range',
    'PartNumber',
    'IfMatch',
    'IfNoneMatch',
    'IfModifiedSince',
    'IfUnmodifiedSince',
  ]
  for (const name of owned) {
    for (const value of ['x', undefined]) {
      t.throws(
        () => getRequestOption({ request: { [name]: value } }),
        {
          code: 'AVIO_ERR_OPTION',
          option: `request.${name}`,
          message: new RegExp(`must not hold "${name}"`),
        },
        name,
      )
    }
  }
})

t.test('rejects anything but an object', async t => {
  for (const request of [null, 'x', 7, []]) {
    t.throws(() => getRequestOption({ request }), { code: 'AVIO_ERR_OPTION', option: 'request' })
  }
})
