// The demo's object store, in a process of its own so that the memory it holds objects in is not counted as ours. Pages
// on this machine may read from it: the players of examples/hls.ts and examples/split.ts do.
import { LocalS3 } from 'avio-streams/testing'

const store = await LocalS3.start({ buckets: ['masters', 'web'], publicRead: true })
process.send({ endpoint: store.endpoint, credentials: store.credentials })
process.once('disconnect', () => void store.close().then(() => process.exit(0)))
