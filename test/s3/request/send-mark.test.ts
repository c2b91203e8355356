import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { sendMark, setSendMark } from '../../../lib/s3/request/send-mark.js'
import { sendOnce } from '../../../lib/s3/request/send-once.js'
import { fakeStore } from '../../support/fake-store.js'
import { failureOf } from '../../support/uploads.js'

const head = (client: S3Client) =>
  failureOf(sendOnce(client, new HeadObjectCommand({ Bucket: 'b', Key: 'k' })))

t.test('records that nothing went to the network if the credentials failed', async t => {
  const credentials = () => Promise.reject(new Error('no keys'))
  const error = await head(fakeStore(() => ({ status: 200 }), { credentials }))
  t.match(sendMark(error), { unsent: true, protocol: undefined, hadCredentials: false, hasWorked: false })
})

t.test(
  'records that a request was sent, over which protocol, and whether the client had worked before',
  async t => {
    const client = fakeStore(() => ({ status: 404 }))
    t.match(sendMark(await head(client)), { unsent: false, protocol: 'http:', hasWorked: false })
    t.match(sendMark(await head(client)), { unsent: false, hasWorked: true }, 'a 404 counts as a response')
  },
)

t.test('records nothing for a client stand-in', async t => {
  const client = { config: {}, send: () => Promise.reject(new Error('so said the test')) }
  t.match(sendMark(await head(client as unknown as S3Client)), { unsent: false })
})

t.test('returns nothing for other errors, and accepts non-objects', async t => {
  t.equal(sendMark(new Error('x')), undefined)
  t.equal(sendMark('x'), undefined)
  setSendMark('x', {
    unsent: true,
    protocol: undefined,
    hadCredentials: false,
    hasWorked: false,
    isUnsigned: false,
  })
})
