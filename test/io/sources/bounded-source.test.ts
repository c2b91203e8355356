import t from 'tap'
import { FfmpegReadable, keyframes, probe, thumbnails } from '../../../lib/index.js'
import { BoundedSource, isAbandoned } from '../../../lib/io/sources/bounded-source.js'
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

t.test('tells a read that may still write to the memory from one that has ended', async t => {
  const source = (end: (signal: AbortSignal) => Promise<void>): RandomAccess => ({
    size: async () => 1e6,
    read: () => t.fail('read() was used') as never,
    readInto: (_start, _memory, options) => end(options!.signal!),
  })
  const heeds = (signal: AbortSignal) =>
    new Promise<void>((_resolve, reject) =>
      signal.addEventListener('abort', () => setImmediate(() => reject(new Error('cancelled')))),
    )
  for (const [end, abandoned] of [
    [heeds, false],
    [never, true],
  ] as const) {
    const controller = new AbortController()
    const { signal } = controller
    const reading = new BoundedSource(source(end)).readInto(0, new Uint8Array(9), { signal })
    controller.abort()
    const error = await reading.catch((error: unknown) => error)
    t.equal(isAbandoned(error), abandoned)
  }
  t.notOk(isAbandoned(new Error('another')))
})

t.test('reports nothing after it has given up', async t => {
  let report!: (bytes: number) => void
  const controller = new AbortController()
  const source: RandomAccess = {
    size: async () => 1e6,
    read: () => t.fail('read() was used') as never,
    readInto: async (_start, _memory, options) => {
      report = options!.onProgress!
      await never()
    },
  }
  let reported = 0
  const reading = new BoundedSource(source).readInto(0, new Uint8Array(9), {
    signal: controller.signal,
    onProgress: bytes => (reported += bytes),
  })
  report(4)
  controller.abort()
  await t.rejects(reading, { name: 'AbortError' })
  report(5)
  t.equal(reported, 4)
})
