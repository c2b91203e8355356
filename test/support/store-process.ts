// A store in a process of its own, for tests that measure the memory of theirs. It keeps no bytes.
import { LocalS3 } from '../../lib/testing/index.js'

const s3 = await LocalS3.start({ buckets: ['uploads'], discard: true, verifyPayload: false, etag: 'opaque' })
process.once('message', bytesPerSecond => (s3.pace = { bytesPerSecond: Number(bytesPerSecond) }))
process.once('disconnect', () => void s3.close())
process.send!(s3.clientConfig())
