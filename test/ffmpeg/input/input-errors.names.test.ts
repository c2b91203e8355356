import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import {
  BytesSource,
  FfmpegReadable,
  FfmpegTransform,
  FileSource,
  HttpSource,
  type RandomAccess,
  S3Source,
  S3RangeReadable,
  clip,
  keyframes,
  probe,
  thumbnails,
} from '../../../lib/index.js'
import { BlockCache } from '../../../lib/io/cache/block-cache.js'
import { KiB, MiB } from '../../../lib/options.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { ffmpegToFile } from '../../support/media.js'

/** Every error about an input names the object by the source's own name, whatever reads it. */

const OUTPUT = { format: 'mpegts', args: ['-c', 'copy'] }
const TEXT = Buffer.from('<html>no such film</html>\n'.repeat(200))

async function messageOf(run: () => Promise<unknown>): Promise<string> {
  const error = await run().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return error instanceof Error ? error.message : 'no error'
}

/** The same bytes in each kind of source, with the name of each. */
async function sourcesOf(t: Test, bytes: Buffer) {
  const s3 = await LocalS3.start({ buckets: ['masters'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('masters', 'x.html', bytes)
  const path = join(t.testdir(), 'x.html')
  await writeFile(path, bytes)
  const server = createServer((request, response) => {
    const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
    const end = Math.min(last === '' ? Infinity : Number(last) + 1, bytes.length)
    if (Number(first) >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
      return
    }
    const range = `bytes ${first}-${end - 1}/${bytes.length}`
    response.writeHead(206, { 'content-range': range, etag: '"1"' }).end(bytes.subarray(Number(first), end))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.html`
  const at = { client, bucket: 'masters', key: 'x.html' }
  const sources: [string, () => RandomAccess][] = [
    ['s3://masters/x.html', () => new S3Source(at)],
    [path, () => new FileSource({ path })],
    [url, () => new HttpSource({ url: `${url}?X-Amz-Signature=secret` })],
    ['BytesSource', () => new BytesSource({ bytes })],
  ]
  return { at, sources }
}

function check(t: Test, message: string, name: string, what: string) {
  t.ok(message.includes(name), `${what} names ${name}: ${message}`)
  t.notMatch(message, /pipe:\d|\/input\b|Signature|secret|inputs?\[\d|\.\.(?!\.)/, what)
}

async function firstOf(list: AsyncIterable<unknown>): Promise<unknown> {
  for await (const one of list) return one
  return undefined
}

const RUNS: readonly [string, (source: RandomAccess) => Promise<unknown>][] = [
  ['FfmpegReadable', source => buffer(new FfmpegReadable({ input: { source }, output: OUTPUT }))],
  ['probe', source => probe(source)],
  ['keyframes', source => keyframes(source)],
  ['clip', source => buffer(clip({ source, start: 0, end: 1 }))],
  ['thumbnails', source => firstOf(thumbnails({ source, count: 1 }))],
]

for (const [kind, bytes] of [
  ['not media', TEXT],
  ['a playlist', Buffer.from('#EXTM3U\n#EXTINF:1,\nhttp://169.254.169.254/x.ts\n')],
] as const) {
  t.test(`names an input that is ${kind}, for every source and reader`, async t => {
    const { at, sources } = await sourcesOf(t, bytes)
    for (const [name, source] of sources) {
      for (const [what, run] of RUNS) check(t, await messageOf(() => run(source())), name, what)
      const cache = new BlockCache(source(), { cacheSize: MiB })
      t.equal(cache.name, name)
      check(t, await messageOf(() => RUNS[0]![1](cache)), name, 'FfmpegReadable of a cache')
      check(t, await messageOf(() => probe(cache)), name, 'probe of a cache')
      await cache.close()
    }
    const piped = () => pipeline(new S3RangeReadable(at), new FfmpegTransform({ output: OUTPUT }), buffer)
    check(t, await messageOf(piped), 's3://masters/x.html', 'a pipe')
    check(
      t,
      await messageOf(() => probe(new S3RangeReadable(at))),
      's3://masters/x.html',
      'probe of a stream',
    )
  })
}

t.test('names an empty input', async t => {
  const { at } = await sourcesOf(t, Buffer.alloc(0))
  const name = 's3://masters/x.html'
  const piped = () => pipeline(new S3RangeReadable(at), new FfmpegTransform({ output: OUTPUT }), buffer)
  check(t, await messageOf(piped), name, 'a pipe')
  for (const [what, run] of RUNS.slice(0, 2))
    check(t, await messageOf(() => run(new S3Source(at))), name, what)
})

t.test('names a truncated input', async t => {
  const args = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25:duration=2', '-c:v', 'ffv1']
  const whole = await ffmpegToFile(args, 'cut.avi')
  const { at } = await sourcesOf(t, whole.subarray(0, whole.length - 5000))
  const name = 's3://masters/x.html'
  const output = { format: 'matroska', args: ['-c', 'copy'] }
  const piped = () => pipeline(new S3RangeReadable(at), new FfmpegTransform({ output }), buffer)
  check(t, await messageOf(piped), name, 'a pipe')
  const read = () => buffer(new FfmpegReadable({ input: { source: new S3Source(at) }, output }))
  check(t, await messageOf(read), name, 'FfmpegReadable')
})

t.test('names an input that a pipe cannot serve', async t => {
  const args = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25:duration=4', '-c:v', 'mpeg4', '-q:v', '2']
  const { at } = await sourcesOf(t, await ffmpegToFile(args, 'last.mp4'))
  const input = { seek: 'never' } as const
  const piped = (sniffSize: number) => () =>
    pipeline(new S3RangeReadable(at), new FfmpegTransform({ input, output: OUTPUT, sniffSize }), buffer)
  // Without and with a window for media before the index.
  for (const sniffSize of [0, 64 * KiB]) {
    const message = await messageOf(piped(sniffSize))
    check(t, message, 's3://masters/x.html', `sniffSize ${sniffSize}`)
    t.match(message, /media come before its index/)
  }
})
