// A store in a process of its own, so that nothing it does is counted. It keeps no bytes, and tells its requests.
import { LocalS3 } from '../../../lib/testing/index.js'

const s3 = await LocalS3.start({ buckets: ['counted'], discard: true, verifyPayload: false, etag: 'opaque' })
const zeros = Buffer.alloc(1 << 20)

process.on('message', (message: { readonly size: number } | 'requests') => {
  if (message === 'requests') void tell()
  else {
    for (const [key, size] of Object.entries({ source: message.size, warm: 1 << 20 }))
      s3.putSynthetic('counted', key, size, (start, end) => zeros.subarray(0, end - start))
    process.send!('stored')
  }
})
process.once('disconnect', () => void s3.close())
process.send!(s3.clientConfig())

async function tell(): Promise<void> {
  await s3.idle()
  const requests: Record<string, number> = {}
  // Those of the first piece of work, which warms up, are not counted: the last CreateMultipartUpload, or the reads of
  // the other key, tell them apart.
  const { calls } = s3
  const begun = calls.findIndex(({ key, operation }) => key === 'source' && operation !== undefined)
  const created = calls.findLastIndex(({ operation }) => operation === 'CreateMultipartUpload')
  const start = begun >= 0 ? begun : created
  for (const { operation = 'unknown' } of calls.slice(start))
    requests[operation] = (requests[operation] ?? 0) + 1
  s3.clearCalls()
  process.send!(requests)
}
