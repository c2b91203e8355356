/** The store of the soak, in a process of its own, so that only the library's memory is measured. */
import { LocalS3 } from '../../lib/testing/index.js'
import { makeMedia } from '../matrix/media.js'
import { hashOf } from '../matrix/stored.js'
import { seeded } from '../support/hostile.js'

/** A request to the store: report the objects below a prefix, and delete them. */
export interface Ask {
  readonly prefix: string
}

/** The response. */
export interface Answer {
  readonly prefix: string
  /** The hashes of the objects below the prefix, by name. */
  readonly objects: readonly (readonly [string, string])[]
  readonly uploads: number
}

/** The first message. */
export interface Ready {
  readonly config: object
}

const BUCKET = 'matrix'
const [seed, rate] = process.argv.slice(2).map(Number) as [number, number]
const random = seeded(seed)
const s3 = await LocalS3.start({ buckets: [BUCKET] })
for (const [name, bytes] of Object.entries(makeMedia())) await s3.put(BUCKET, name, bytes as Buffer)

const GET = { operation: 'GetObject' } as const
const UPLOAD = ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'PutObject'] as const
const RULES: readonly object[] = [
  { reset: true },
  { status: 500 },
  { status: 503, code: 'SlowDown' },
  { slow: { ttfb: 100 } },
  { ...GET, reset: 2000 },
  { ...GET, shortBody: 2000 },
  { ...GET, status: 403, code: 'AccessDenied' },
  { operation: UPLOAD, reset: true, performed: true },
  { operation: UPLOAD, status: 403, code: 'AccessDenied' },
  { operation: ['UploadPart', 'PutObject'], resetRequest: 1000 },
]
let isOn = false
for (const rule of RULES)
  s3.fault({ ...rule, times: Infinity, when: () => isOn && random() < rate / RULES.length } as never)

process.on('message', (ask: Ask | 'faults') => {
  if (ask === 'faults') isOn = true
  else void answer(ask)
})

async function answer({ prefix }: Ask): Promise<void> {
  // The last requests of a failed job may still be pending.
  while (s3.openCalls.some(({ key }) => key?.startsWith(prefix) === true)) {
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  const keys = s3.keys(BUCKET).filter(key => key.startsWith(prefix))
  const objects: [string, string][] = []
  for (const key of keys) {
    const bytes = (await s3.get(BUCKET, key))!
    objects.push([key.slice(prefix.length), hashOf(key, bytes)])
    s3.delete(BUCKET, key)
  }
  const uploads = s3.uploads(BUCKET).filter(({ key }) => key.startsWith(prefix)).length
  if (s3.openCalls.length === 0) s3.clearCalls()
  process.send!({ prefix, objects, uploads } satisfies Answer)
}

process.once('disconnect', () => void s3.close())
process.send!({ config: s3.clientConfig() } satisfies Ready)
