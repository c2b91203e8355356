import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { runCommand } from '../support/command.js'
import * as media from '../support/media.js'

/**
 * Untrusted media that name a file or a URL. On a pipe, ffmpeg must open nothing but that pipe, whatever the media
 * name. Two canaries detect it: a server that records its requests, and a file whose media would appear in the output.
 */
async function canaries(t: Test) {
  const segment = await media.transportStream({ seconds: 1 })
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    response.end(segment)
  })
  server.on('connection', () => requests.push('connection'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const file = join(t.testdir(), 'canary.ts')
  await writeFile(file, segment)
  return {
    requests,
    file,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/canary.ts`,
  }
}

const hls = (uri: string, extra = '') =>
  `#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n${extra}#EXTINF:1.0,\n${uri}\n#EXT-X-ENDLIST\n`

const dash = (uri: string) => `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:full:2011">
<Period><AdaptationSet mimeType="video/mp2t"><Representation id="1" bandwidth="1000"><BaseURL>${uri}</BaseURL>
<SegmentList duration="1"><SegmentURL media="${uri}"/></SegmentList></Representation></AdaptationSet></Period></MPD>`

const external = (uri: string) => `<?xml version="1.0"?>
<!DOCTYPE MPD [<!ENTITY x SYSTEM "${uri}">]>${dash('&x;').slice(21)}`

const svg = (uri: string) => `<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64">
<image width="64" height="64" href="${uri}" xlink:href="${uri}"/></svg>`

const sdp = 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 49170 RTP/AVP 33\n'

t.test('keeps media that name files and URLs from reaching them, and rejects them as media', async t => {
  const { requests, file, url } = await canaries(t)
  const places = [
    url,
    file,
    pathToFileURL(file).href,
    `concat:${file}|${file}`,
    `subfile,,start,0,end,0,,:${file}`,
  ]
  const inputs = [
    ...[...places, 'pipe:3', 'pipe:1', 'pipe:0', 'fd:'].map(place => hls(place)),
    hls('pipe:0', `#EXT-X-KEY:METHOD=AES-128,URI="${url}"\n`),
    hls('pipe:0', `#EXT-X-MAP:URI="${url}"\n`),
    `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\n${url}\n`,
    ...places.map(place => `ffconcat version 1.0\nfile '${place}'\n`),
    ...places.slice(0, 3).map(place => dash(place)),
    ...places.slice(0, 3).map(place => external(place)),
    sdp,
  ]
  for (const input of inputs) {
    const { code, bytes, log } = await runCommand({
      input: Buffer.from(input),
      format: 'mpegts',
      args: ['-c', 'copy'],
    })
    t.ok(code !== 0 || bytes.length === 0, `${input.slice(0, 200)}\n${log}`)
  }
  t.same(requests, [])
})

t.test('relies on the protocol whitelist to block them', async t => {
  const { requests, url } = await canaries(t)
  const input = Buffer.from(`#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\n${url}\n`)
  const { log } = await runCommand({ input, inputFormat: 'hls', format: 'mpegts', args: ['-c', 'copy'] })
  t.match(log, /Protocol 'http' not on whitelist 'pipe'/)
  t.same(requests, [])
})

t.test('renders an SVG without the images that it names', async t => {
  const { requests, file, url } = await canaries(t)
  for (const place of [url, file, pathToFileURL(file).href]) {
    await runCommand({ input: Buffer.from(svg(place)), format: 'image2pipe', args: ['-c:v', 'png'] })
  }
  t.same(requests, [])
})

t.test('reaches the canaries if the user allows it', async t => {
  const { requests, file, url } = await canaries(t)
  const inputArgs = ['-safe', '0', '-protocol_whitelist', 'pipe,file,http,tcp']
  for (const place of [`file:${file}`, url]) {
    const { bytes } = await runCommand({
      input: Buffer.from(`ffconcat version 1.0\nfile '${place}'\n`),
      inputFormat: 'concat',
      inputArgs,
      format: 'mpegts',
      args: ['-c', 'copy'],
    })
    t.ok(bytes.length > 10_000, place)
  }
  t.ok(requests.includes('/canary.ts'))
})
