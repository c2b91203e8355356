import t from 'tap'
import { SeekableInputs } from '../../../lib/ffmpeg/run/seekable-inputs.js'
import { BlockCache } from '../../../lib/io/cache/block-cache.js'
import { memoryUse } from '../../../lib/io/memory/memory-budget.js'
import { RangeServer } from '../../../lib/io/range-server/range-server.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'

const NOTHING = Buffer.alloc(0)
const fail = (error: Error) => t.error(error)

t.test('gives each source a URL of its own, and keeps the token in the environment', async t => {
  const source = new BytesSource({ bytes: Buffer.from('abc') })
  const inputs = await SeekableInputs.open(
    [
      { source, head: NOTHING },
      { source, head: NOTHING },
    ],
    2 * 1024 ** 2,
    fail,
  )
  t.teardown(() => inputs.close())
  t.equal(new Set(inputs.urls).size, 2)
  const env = inputs.environment({ PATH: '/bin', no_proxy: '*', HTTP_PROXY: 'http://other', ALL_PROXY: 'x' })
  t.match(env, { http_proxy: /^http:\/\/job:[\w-]{20,}@127\.0\.0\.1:\d+$/ })
  t.same(Object.keys(env), ['PATH', 'http_proxy'], 'no other proxy')
  const [token] = /job:[^@]+/.exec(env['http_proxy']!)!
  t.notMatch(inputs.urls.join(' '), token)
  t.equal(inputs.bytesServed, 0)
})

t.test('uses a cache of the caller, and does not close it', async t => {
  const bytes = Buffer.from('abcdef')
  const cache = new BlockCache(new BytesSource({ bytes }), { cacheSize: 1024 ** 2 })
  const inputs = await SeekableInputs.open([{ source: cache, head: NOTHING }], 1024 ** 2, fail)
  await inputs.close()
  const chunks: Buffer[] = []
  for await (const chunk of cache.read(0, 6)) chunks.push(chunk)
  t.same(Buffer.concat(chunks), bytes)
  await cache.close()
})

t.test('leaves no cache open when the server does not start', async t => {
  const error = new Error('no port is free')
  t.intercept(RangeServer, 'start', {
    value: () => {
      t.equal(memoryUse().stages, 1)
      return Promise.reject(error)
    },
  })
  const source = new BytesSource({ bytes: Buffer.from('abc') })
  const lent = new BlockCache(source, { cacheSize: 1024 ** 2 })
  const inputs = [
    { source, head: Buffer.from('abc') },
    { source: lent, head: NOTHING },
  ]
  await t.rejects(SeekableInputs.open(inputs, 2 * 1024 ** 2, fail), error)
  t.equal(memoryUse().stages, 0)
  t.equal(await lent.size(), 3, 'a cache of the caller stays open')
  await lent.close()
})
