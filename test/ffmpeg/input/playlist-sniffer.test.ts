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

t.test('names the demuxer of a playlist that may be opened, and leaves the rest to ffmpeg', async t => {
  const of = (text: string, format: string | undefined, formatWhitelist: readonly string[]) =>
    demuxerOf({ format, formatWhitelist }, Buffer.from(text))
  t.equal(of('RIFF....WAVE', undefined, []), undefined)
  t.equal(of(hls, undefined, ['mov', 'hls']), 'hls')
  t.equal(of(hls, 'data', []), 'data', "the user's word counts")
  t.throws(() => of(hls, undefined, ['mov', 'concat']), { code: 'AVIO_ERR_FORMAT_REFUSED', bytesIn: 0 })
  t.throws(() => of(concat, undefined, ['hls']), { code: 'AVIO_ERR_FORMAT_REFUSED' })
})

/** A server that counts who asks it. */
async function canary(t: Test) {
  const seen: string[] = []
  const segment = await transportStream({ seconds: 1 })
  const server = createServer((request, response) => {
    seen.push(request.url ?? '')
    response.end(segment)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret.ts` }
}

const COPY = { format: 'mpegts', args: ['-c', 'copy'] }

/** Every way that a source gets to ffmpeg. */
const WAYS: Record<string, (bytes: Buffer, input: object) => Promise<unknown>> = {
  piped: (bytes, input) =>
    pipeline(Readable.from([bytes]), new FfmpegTransform({ input, output: COPY }), buffer),
  'piped byte by byte': (bytes, input) =>
    pipeline(
      Readable.from(Array.from(bytes, byte => Buffer.of(byte))),
      new FfmpegTransform({ input, output: COPY }),
      buffer,
    ),
  'by address': (bytes, input) =>
    buffer(new FfmpegReadable({ input: { ...input, source: new BytesSource({ bytes }) }, output: COPY })),
  'probed by address': (bytes, input) => probe(new BytesSource({ bytes }), input),
  'probed by pipe': (bytes, input) => probe(Readable.from([bytes]), input),
} as const

t.test('refuses playlists, manifests and scripts by one code, and requests nothing they name', async t => {
  const { seen, url } = await canary(t)
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
  t.same(seen, [])
})

t.test('refuses them by the same code if the demuxer is named, but not in the list', async t => {
  const { seen, url } = await canary(t)
  for (const [way, run] of Object.entries(WAYS)) {
    for (const [format, text] of Object.entries(hostile(url))) {
      await t.rejects(
        run(Buffer.from(text), { format }),
        { code: 'AVIO_ERR_FORMAT_REFUSED' },
        `${format}, ${way}`,
      )
    }
  }
  t.same(seen, [])
})

/** An address is refused, a file that is not the pipe's may not be named, one on the range server is not there. */
const CODES = {
  hls: /^AVIO_ERR_(?:PROTOCOL_REFUSED|INPUT_INVALID)$/,
  dash: 'AVIO_ERR_INPUT_INVALID',
  concat: 'AVIO_ERR_PROTOCOL_REFUSED',
}

t.test('reaches nothing they name even if the list has the demuxer', async t => {
  const { seen, url } = await canary(t)
  const formatWhitelist = ['hls', 'concat', 'dash', 'mpegts']
  for (const [way, run] of Object.entries(WAYS)) {
    for (const [name, text] of Object.entries(hostile(url))) {
      for (const input of [{ formatWhitelist }, { formatWhitelist, format: name }]) {
        await t.rejects(run(Buffer.from(text), input), { code: CODES[name as 'hls'] }, `${name}, ${way}`)
      }
    }
  }
  t.same(seen, [])
})
