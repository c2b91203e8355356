import t from 'tap'
import { FfmpegReadable, keyframes, probe, thumbnails } from '../../../lib/index.js'
import { BoundedSource } from '../../../lib/io/sources/bounded-source.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import type { RandomAccess } from '../../../lib/io/random-access.js'

const never = () => new Promise<never>(() => undefined)

/** Sources that ignore their signal, by the call that never settles. */
const STUCK: Record<string, RandomAccess> = {
  size: { size: never, read: () => new BytesSource({ bytes: Buffer.alloc(10) }).read(0, 10) },
  read: {
    size: async () => 1e6,
    async *read() {
      await never()
    },
  },
  'read, after the first bytes': {
    size: async () => 1e6,
    async *read() {
      yield Buffer.alloc(1000)
      await never()
    },
  },
}

t.test('passes bytes on unchanged', async t => {
  const bytes = Buffer.from('0123456789')
  const source = new BoundedSource(new BoundedSource(new BytesSource({ bytes })))
  t.equal(await source.size(), 10)
  const chunks: Buffer[] = []
  for await (const chunk of source.read(2, 8)) chunks.push(chunk)
  t.equal(Buffer.concat(chunks).toString(), '234567')
})

for (const [where, source] of Object.entries(STUCK)) {
  t.test(`does not wait for a source stuck in ${where}`, async t => {
    const abort = new AbortController()
    const { signal } = abort
    const keys = keyframes(source, { signal })
    const images = (async () => {
      for await (const { image } of thumbnails({ source, times: [0], signal }))
        t.fail(`${image.length} bytes`)
    })()
    const info = probe(source, { timeout: 1 })
    const output = { format: 'mp4', args: ['-c', 'copy'] }
    const readable = new FfmpegReadable({ input: { source }, output })
    const closed = new Promise(resolve => readable.once('close', resolve))
    readable.resume()
    await new Promise(resolve => setImmediate(resolve))
    abort.abort()
    readable.destroy()
    await Promise.all([
      t.rejects(info, { code: 'AVIO_ERR_PROBE_TIMEOUT' }),
      t.rejects(keys, { name: 'AbortError' }),
      t.rejects(images, { name: 'AbortError' }),
      closed,
    ])
  })
}
