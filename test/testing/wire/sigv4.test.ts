import t from 'tap'
import { parseRequest, type S3Request } from '../../../lib/testing/wire/s3-request.js'
import { authenticate, encodeRfc3986, sameSignature } from '../../../lib/testing/wire/sigv4.js'

// The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, where the bucket is
// in the host's name.
const identity = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
}
const now = Date.parse('2013-05-24T00:00:00Z')
const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

interface Example {
  method: string
  url: string
  headers: Record<string, string>
  signature: string
}

const common = { host: 'examplebucket.s3.amazonaws.com', 'x-amz-date': '20130524T000000Z' }
const examples: Record<string, Example> = {
  'GET with a range': {
    method: 'GET',
    url: '/test.txt',
    headers: { ...common, range: 'bytes=0-9', 'x-amz-content-sha256': empty },
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  'PUT of a key with a dollar sign': {
    method: 'PUT',
    url: '/test$file.text',
    headers: {
      ...common,
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    },
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  'GET of a sub-resource': {
    method: 'GET',
    url: '/?lifecycle',
    headers: { ...common, 'x-amz-content-sha256': empty },
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  'GET with two parameters': {
    method: 'GET',
    url: '/?max-keys=2&prefix=J',
    headers: { ...common, 'x-amz-content-sha256': empty },
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
}

function signed(
  { method, url, headers, signature }: Example,
  replace: Record<string, string> = {},
): S3Request {
  const names = Object.keys(headers).sort().join(';')
  const credential = `${identity.accessKeyId}/20130524/us-east-1/s3/aws4_request`
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names},Signature=${signature}`
  return parseRequest({ method, url, headers: { ...headers, authorization, ...replace } })
}

const get = examples['GET with a range']!

t.test('accepts the documented examples', async t => {
  for (const [name, example] of Object.entries(examples)) {
    const { anonymous, seed } = authenticate(signed(example), identity, now)
    t.equal(anonymous, false, name)
    t.equal(seed?.signature, example.signature, name)
  }
})

t.test('rejects any change to the signed request', async t => {
  const refused = { code: 'SignatureDoesNotMatch', status: 403 }
  for (const [name, request] of Object.entries({
    method: signed({ ...get, method: 'HEAD' }),
    path: signed({ ...get, url: '/test.txu' }),
    query: signed({ ...get, url: '/test.txt?versionId=1' }),
    header: signed(get, { range: 'bytes=0-10' }),
    payload: signed(get, { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }),
  })) {
    t.throws(() => authenticate(request, identity, now), refused, name)
  }
  const other = { ...identity, secretAccessKey: 'other' }
  t.throws(() => authenticate(signed(get), other, now), refused, 'secret')
})

t.test('distinguishes a wrong key, region and time', async t => {
  t.throws(() => authenticate(signed(get), { ...identity, accessKeyId: 'AKIAOTHER' }, now), {
    code: 'InvalidAccessKeyId',
    fields: { AWSAccessKeyId: identity.accessKeyId },
  })
  t.throws(() => authenticate(signed(get), { ...identity, region: 'eu-west-1' }, now), {
    code: 'AuthorizationHeaderMalformed',
    status: 400,
    fields: { Region: 'eu-west-1' },
    headers: { 'x-amz-bucket-region': 'eu-west-1' },
  })
  for (const minutes of [-16, 16]) {
    t.throws(() => authenticate(signed(get), identity, now + minutes * 60_000), {
      code: 'RequestTimeTooSkewed',
    })
  }
  for (const minutes of [-14, 14]) t.ok(authenticate(signed(get), identity, now + minutes * 60_000).seed)
})

t.test('requires significant headers to be signed', async t => {
  const request = signed(get, { 'x-amz-storage-class': 'GLACIER' })
  t.throws(() => authenticate(request, identity, now), {
    code: 'AccessDenied',
    fields: { HeadersNotSigned: 'x-amz-storage-class' },
  })
  t.ok(
    authenticate(signed(get, { 'user-agent': 'any' }), identity, now).seed,
    'other headers may be unsigned',
  )
})

t.test('treats an unsigned request as anonymous, and rejects an invalid signature by name', async t => {
  const bare = (headers: Record<string, string>) => parseRequest({ method: 'GET', url: '/k', headers })
  t.same(authenticate(bare({ host: 'x' }), identity, now), {
    anonymous: true,
    payload: 'UNSIGNED-PAYLOAD',
    seed: undefined,
  })
  t.throws(() => authenticate(bare({ authorization: 'AWS AKIA:xyz' }), identity, now), {
    code: 'InvalidRequest',
  })
  const authorization = signed(get).headers.authorization!
  t.throws(
    () => authenticate(bare({ host: 'x', 'x-amz-date': '20130524T000000Z', authorization }), identity, now),
    { code: 'InvalidRequest', message: /x-amz-content-sha256/ },
  )
  const dateless = signed(get, { 'x-amz-date': 'yesterday' })
  t.throws(() => authenticate(dateless, identity, now), { code: 'AuthorizationHeaderMalformed' })
})

t.test('accepts a presigned URL until it expires', async t => {
  const url =
    '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256' +
    '&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
    '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
    '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404'
  const at = (time: number, target = url) =>
    authenticate(parseRequest({ method: 'GET', url: target, headers: { host: common.host } }), identity, time)
  t.match(at(now), { anonymous: false, payload: 'UNSIGNED-PAYLOAD' })
  t.match(at(now + 86_400_000), { anonymous: false })
  t.throws(() => at(now + 86_401_000), { code: 'AccessDenied', message: 'Request has expired' })
  t.throws(() => at(now, url.replace('test.txt', 'other.txt')), { code: 'SignatureDoesNotMatch' })
  t.throws(() => at(now, url.replace('86400', '604801')), { code: 'InvalidRequest' })
  t.throws(() => at(now, url.replace('HMAC-SHA256', 'ECDSA')), { code: 'InvalidRequest' })
})

t.test('accepts characters left unescaped on the wire and escaped for signing', async t => {
  const put = examples['PUT of a key with a dollar sign']!
  t.ok(authenticate(signed({ ...put, url: '/test%24file.text' }), identity, now).seed)
  t.equal(encodeRfc3986("a/b !'()*~é"), 'a%2Fb%20%21%27%28%29%2A~%C3%A9')
})

t.test('treats signatures of different lengths as different', async t => {
  t.equal(sameSignature('abcd', 'abcd'), true)
  t.equal(sameSignature('abcd', 'abce'), false)
  t.equal(sameSignature('abcd', 'abc'), false)
})
