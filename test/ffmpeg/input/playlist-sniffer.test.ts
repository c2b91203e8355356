import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { BytesSource, FfmpegReadable, FfmpegTransform, probe } from '../../../lib/index.js'
import { demuxerOf, playlistOf } from '../../../lib/ffmpeg/input/playlist-sniffer.js'
import { transportStream } from '../../support/media.js'
import { hostile } from '../../support/playlists.js'

const { hls, concat, dash } = hostile('http://127.0.0.1:9/secret.ts')

t.test('recognizes a playlist by its first eight bytes', async t => {
  for (let length = 0; length <= hls.length; length++) {
    t.equal(playlistOf(Buffer.from(hls.slice(0, length))), length < 7 ? undefined : 'hls')
  }
  for (let length = 0; length <= concat.length; length++) {
    t.equal(playlistOf(Buffer.from(concat.slice(0, length))), length < 8 ? undefined : 'concat')
  }
  const others = [
    '',
    '#EXTINF:1',
    ' #EXTM3U',
    '#extm3u',
    'ffconcat',
    'ffconcats version 1.0',
    'ffconcat_v',
    dash,
    'ID3',
  ]
  t.same(
    others.filter(text => text !== 'ffconcat' && playlistOf(Buffer.from(text)) !== undefined),
    [],
  )
})

t.test('names the demuxer of an allowed playlist, and leaves other inputs to ffmpeg', async t => {
  const of = (text: string, format: string | undefined, formatWhitelist: readonly string[]) =>
    demuxerOf({ format, formatWhitelist }, Buffer.from(text))
  t.equal(of('RIFF....WAVE', undefined, []), undefined)
  t.equal(of(hls, undefined, ['mov', 'hls']), 'hls')
  t.equal(of(hls, 'data', []), 'data', "the user's format wins")
  t.throws(() => of(hls, undefined, ['mov', 'concat']), { code: 'AVIO_ERR_FORMAT_REFUSED', bytesIn: 0 })
  t.throws(() => of(concat, undefined, ['hls']), { code: 'AVIO_ERR_FORMAT_REFUSED' })
})

/** A server that records its requests. */
async function canary(t: Test) {
  const requests: string[] = []
  const segment = await transportStream({ seconds: 1 })
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    response.end(segment)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret.ts` }
}

const COPY = { format: 'mpegts', args: ['-c', 'copy'] }

/** Every way to pass a source to ffmpeg. */
const WAYS: Record<string, (bytes: Buffer, input: object) => Promise<unknown>> = {
  piped: (bytes, input) =>
    pipeline(Readable.from([bytes]), new FfmpegTransform({ input, output: COPY }), buffer),
  'piped byte by byte': (bytes, input) =>
    pipeline(
      Readable.from(Array.from(bytes, byte => Buffer.of(byte))),
      new FfmpegTransform({ input, output: COPY }),
      buffer,
    ),
  'read by seeking': (bytes, input) =>
    buffer(new FfmpegReadable({ input: { ...input, source: new BytesSource({ bytes }) }, output: COPY })),
  'probed by seeking': (bytes, input) => probe(new BytesSource({ bytes }), input),
  'probed from a pipe': (bytes, input) => probe(Readable.from([bytes]), input),
} as const

t.test('refuses playlists, manifests and scripts with one code, and requests nothing they name', async t => {
  const { requests, url } = await canary(t)
  const documents = {
    ...hostile(url),
    plain: `#EXTM3U\n${url}\n`,
    variants: `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\n${url}\n`,
    session: 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 49170 RTP/AVP 33\n',
  }
  for (const [way, run] of Object.entries(WAYS)) {
    for (const [name, text] of Object.entries(documents)) {
      await t.rejects(run(Buffer.from(text), {}), { code: 'AVIO_ERR_FORMAT_REFUSED' }, `${name}, ${way}`)
    }
  }
  t.same(requests, [])
})

t.test('refuses them with the same code if the demuxer is named, but not in the list', async t => {
  const { requests, url } = await canary(t)
  for (const [way, run] of Object.entries(WAYS)) {
    for (const [format, text] of Object.entries(hostile(url))) {
      await t.rejects(
        run(Buffer.from(text), { format }),
        { code: 'AVIO_ERR_FORMAT_REFUSED' },
        `${format}, ${way}`,
      )
    }
  }
  t.same(requests, [])
})

/** URLs are refused, files other than the pipe may not be named, and the range server has no such file. */
const CODES = {
  hls: /^AVIO_ERR_(?:PROTOCOL_REFUSED|INPUT_INVALID)$/,
  dash: 'AVIO_ERR_INPUT_INVALID',
  concat: 'AVIO_ERR_PROTOCOL_REFUSED',
}

t.test('requests nothing they name even if the list has the demuxer', async t => {
  const { requests, url } = await canary(t)
  const formatWhitelist = ['hls', 'concat', 'dash', 'mpegts']
  for (const [way, run] of Object.entries(WAYS)) {
    for (const [name, text] of Object.entries(hostile(url))) {
      for (const input of [{ formatWhitelist }, { formatWhitelist, format: name }]) {
        await t.rejects(run(Buffer.from(text), input), { code: CODES[name as 'hls'] }, `${name}, ${way}`)
      }
    }
  }
  t.same(requests, [])
})
