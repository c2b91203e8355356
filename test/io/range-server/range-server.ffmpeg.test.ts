import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { BlockCache } from '../../../lib/io/cache/block-cache.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { RangeServer } from '../../../lib/io/range-server/range-server.js'
import { MiB } from '../../../lib/options.js'
import { indexLastMp4, transportStream } from '../../support/media.js'
import { SyntheticSource } from '../../support/synthetic-source.js'

const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'
const FLAGS = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-protocol_whitelist', 'http,tcp']

/** ffmpeg with `server` as its proxy, or without one. */
async function ffmpeg(args: readonly string[], proxy?: string) {
  const env = { ...process.env }
  delete env['http_proxy']
  delete env['no_proxy']
  const child = spawn(FFMPEG, [...FLAGS, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, ...(proxy !== undefined && { http_proxy: proxy }) },
  })
  const closed = once(child, 'close') as Promise<[number]>
  const [stdout, stderr] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()])
  const [code] = await closed
  return { code, stdout: Buffer.concat(stdout as Buffer[]), stderr: (stderr as Buffer[]).join('') }
}

async function started(t: Test, onError: (error: Error) => void = error => t.fail(error.message)) {
  const server = await RangeServer.start({ onError })
  t.teardown(() => server.close())
  return server
}

const COPY = ['-c', 'copy', '-f', 'framemd5', 'pipe:1']

t.test('lets ffmpeg read an MP4 with its index at the end, after a 407', async t => {
  const bytes = await indexLastMp4()
  const server = await started(t)
  const cache = new BlockCache(new BytesSource({ bytes }), { cacheSize: MiB, blockSize: 16 * 1024 })
  const served = server.add(cache, 'talk.mp4')
  const { code, stdout, stderr } = await ffmpeg(['-i', served.url, ...COPY], server.proxy)
  t.equal(stderr, '')
  t.equal(code, 0)
  t.match(stdout.toString(), /^1, /m, 'both tracks are there')
  t.ok(served.requests >= 2, 'ffmpeg seeks with a second request')
  t.equal(cache.bytesFetched, bytes.length, 'each byte was fetched once')
  await cache.close()
})

t.test('gives ffmpeg no access without the proxy or with a wrong token', async t => {
  const server = await started(t)
  const source = new SyntheticSource(1000)
  const { url } = server.add(source)
  const unknown = await ffmpeg(['-i', url, ...COPY])
  t.ok(unknown.code > 0)
  t.match(unknown.stderr, /resolve hostname/)
  const wrong = server.proxy.replace(/job:[\w-]+/, 'job:wrong')
  const refused = await ffmpeg(['-i', url, ...COPY], wrong)
  t.ok(refused.code > 0)
  t.match(refused.stderr, /407|4XX/)
  t.same(source.log, [])
})

t.test('answers 404 for a URL in a playlist', async t => {
  const canary = createServer()
  let visits = 0
  canary.on('connection', socket => {
    visits++
    socket.destroy()
  })
  canary.listen(0, '127.0.0.1')
  await once(canary, 'listening')
  t.teardown(() => canary.close())
  const nested = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/x.ts`
  const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${nested}\n#EXT-X-ENDLIST\n`
  const errors: Error[] = []
  const server = await started(t, error => errors.push(error))
  const served = server.add(new BytesSource({ bytes: Buffer.from(playlist) }), 'x.m3u8')
  // The test forces this demuxer; the library never gives it to an input.
  const { stderr } = await ffmpeg(
    ['-loglevel', 'warning', '-f', 'hls', '-i', served.url, ...COPY],
    server.proxy,
  )
  t.match(stderr, /404/)
  t.equal(visits, 0)
  t.match(errors, [{ code: 'AVIO_ERR_PROTOCOL_REFUSED' }], 'the refused URL is reported')
})

t.test('reports a source that fails midway, whatever ffmpeg does', async t => {
  const bytes = await transportStream()
  const failure = new Error('on purpose')
  const whole = new BytesSource({ bytes })
  const errors: Error[] = []
  const server = await started(t, error => errors.push(error))
  const served = server.add({
    size: () => whole.size(),
    async *read(start, end) {
      yield* whole.read(start, Math.min(end, bytes.length >> 1))
      throw failure
    },
  })
  // ffmpeg usually exits with 0: it treats a broken connection as the end.
  await ffmpeg(['-i', served.url, ...COPY], server.proxy)
  t.equal(errors.length, 1)
  t.equal(errors[0], failure)
})
