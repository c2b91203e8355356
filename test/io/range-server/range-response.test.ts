import { once } from 'node:events'
import { type IncomingMessage, type RequestOptions, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { ResponsePacer } from '../../../lib/io/range-server/response-pacer.js'
import { respond } from '../../../lib/io/range-server/range-response.js'
import type { RandomAccess } from '../../../lib/io/random-access.js'
import { MiB } from '../../../lib/options.js'
import { SyntheticSource, bytesOf } from '../../support/synthetic-source.js'

const SIZE = 300_000

/** A server for `source`, the result of each response, and a client. */
async function serving(t: Test, source: RandomAccess, unread: () => number = () => 0) {
  const pieces: number[] = []
  const results: Promise<void>[] = []
  const server = createServer((asked, response) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const pace = new ResponsePacer(async () => unread())
    const answer = respond(source, asked, response, {
      pace,
      signal: gone.signal,
      onBytes: bytes => pieces.push(bytes),
    })
    results.push(answer)
    answer.catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const ask = async (options: RequestOptions) => {
    const asked = request({
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      agent: false,
      ...options,
    })
    asked.on('error', () => undefined)
    const answered = once(asked, 'response') as Promise<[IncomingMessage]>
    asked.end()
    return { asked, response: (await answered)[0] }
  }
  return { pieces, results, ask }
}

async function body(response: IncomingMessage): Promise<Buffer> {
  return Buffer.concat((await response.toArray()) as Buffer[])
}

t.test('answers HEAD with headers, and GET with the bytes', async t => {
  const { ask, pieces } = await serving(t, new SyntheticSource(SIZE))
  for (const [range, status, start, end, contentRange] of [
    [undefined, 200, 0, SIZE, undefined],
    ['bytes=0-', 206, 0, SIZE, `bytes 0-${SIZE - 1}/${SIZE}`],
    ['bytes=1000-1999', 206, 1000, 2000, `bytes 1000-1999/${SIZE}`],
    ['bytes=-5', 206, SIZE - 5, SIZE, `bytes ${SIZE - 5}-${SIZE - 1}/${SIZE}`],
  ] as const) {
    for (const method of ['HEAD', 'GET']) {
      const { response } = await ask({ method, headers: range === undefined ? {} : { range } })
      t.equal(response.statusCode, status)
      t.match(response.headers, {
        'content-type': 'application/octet-stream',
        'accept-ranges': 'bytes',
        'content-length': String(end - start),
      })
      t.equal(response.headers['content-range'], contentRange)
      const bytes = await body(response)
      t.ok(bytes.equals(method === 'HEAD' ? Buffer.alloc(0) : bytesOf(start, end)), `${method} ${range}`)
    }
  }
  t.equal(
    pieces.reduce((sum, bytes) => sum + bytes),
    2 * SIZE + 1005,
  )
})

t.test('answers 416 with the size for a range past the end', async t => {
  const source = new SyntheticSource(SIZE)
  const { ask } = await serving(t, source)
  const { response } = await ask({ headers: { range: `bytes=${SIZE}-` } })
  t.equal(response.statusCode, 416)
  t.equal(response.headers['content-range'], `bytes */${SIZE}`)
  t.equal((await body(response)).length, 0)
  t.same(source.log, ['size'])
})

t.test('answers an empty source with an empty body', async t => {
  const { ask } = await serving(t, new SyntheticSource(0))
  const { response } = await ask({ headers: { range: 'bytes=0-' } })
  t.equal(response.statusCode, 200)
  t.equal((await body(response)).length, 0)
})

t.test('writes large chunks in pieces', async t => {
  const { ask, pieces } = await serving(t, new SyntheticSource(SIZE, { chunkSize: SIZE }))
  t.equal((await body((await ask({})).response)).length, SIZE)
  t.ok(Math.max(...pieces) <= 65_536)
})

t.test(
  'sends little to a client that does not read, and cancels the read of one that disconnects',
  async t => {
    const source = new SyntheticSource(1000 * MiB)
    const { ask, pieces, results } = await serving(t, source, () => 256 * 1024)
    const { asked } = await ask({ headers: { range: 'bytes=0-' } })
    while (pieces.length < 4) await new Promise(setImmediate)
    asked.destroy()
    await t.rejects(results[0]!, { name: 'AbortError' })
    t.equal(source.underWay, 0)
    t.equal(pieces.length, 4, '256 KiB')
  },
)

t.test('pauses the read while the socket is full', async t => {
  const source = new SyntheticSource(1000 * MiB)
  // The pacer sees no unread bytes, so only the socket limits the response.
  const { ask, pieces, results } = await serving(t, source)
  const { asked, response } = await ask({ headers: { range: 'bytes=0-' } })
  response.pause()
  let before = -1
  while (pieces.length !== before) {
    before = pieces.length
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  t.ok(pieces.length * 65_536 < 64 * MiB, `${pieces.length} pieces`)
  asked.destroy()
  await t.rejects(results[0]!, { name: 'AbortError' })
  t.equal(source.underWay, 0)
})

t.test('passes a failure on, and breaks the body instead of ending it', async t => {
  for (const at of [0, 131_072]) {
    const failure = new Error('on purpose')
    const source = new SyntheticSource(SIZE, {
      before: position => {
        if (position === at) throw failure
      },
    })
    const { ask, results } = await serving(t, source)
    await t.rejects(async () => body((await ask({})).response), { code: 'ECONNRESET' })
    await t.rejects(results[0]!, failure)
  }
})
