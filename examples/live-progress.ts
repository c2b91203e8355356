/**
 * Live progress on a web page: forwards the stages' events as server-sent events.
 *
 *   npx tsx examples/live-progress.ts s3://masters/talk.avi s3://web/talk.mp4
 */
import { once } from 'node:events'
import { type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { FfmpegTransform, Fmp4Validator, S3MultipartWritable, S3RangeReadable } from 'avio-streams'

const PAGE = `<!doctype html>
<meta charset="utf-8"><title>avio-streams</title>
<style>
  body { font: 16px system-ui; max-width: 40rem; margin: 3rem auto }
  progress { width: 100% } dt { margin-top: 1rem } dd { margin: 0; color: #555 }
</style>
<h1>Transcoding</h1>
<dl>
  <dt>Read<dd><progress id="read" value="0"></progress><span id="read-text">…</span>
  <dt>ffmpeg<dd><progress id="ffmpeg" value="0"></progress><span id="ffmpeg-text">…</span>
  <dt>Checked<dd id="check-text">…
  <dt>Stored<dd id="write-text">…
</dl>
<p id="state">Running</p>
<script>
  const set = (id, value) => { if (value !== undefined) document.getElementById(id).value = value }
  const say = (id, text) => { document.getElementById(id).textContent = text }
  const mega = n => (n / 1e6).toFixed(1) + ' MB'
  const on = {
    read: p => { set('read', p.bytes / p.total); say('read-text', mega(p.bytes) + ' of ' + mega(p.total)) },
    ffmpeg: p => {
      if (p.percent !== undefined) set('ffmpeg', p.percent / 100)
      say('ffmpeg-text', (p.outTime ?? 0).toFixed(1) + ' s of media' + (p.speed ? ', ' + p.speed + ' × real time' : ''))
    },
    fragment: f => say('check-text', 'fragment ' + f.sequence + ', ' + mega(f.byteOffset + f.byteLength)),
    write: p => say('write-text', mega(p.bytes) + ' in ' + p.parts + ' parts'),
    done: r => { say('state', 'Done: s3://' + r.bucket + '/' + r.key + ', ' + mega(r.bytes)); events.close() },
    failed: e => { say('state', 'Failed: ' + e.message); events.close() },
  }
  const events = new EventSource('/events')
  for (const name in on) events.addEventListener(name, event => on[name](JSON.parse(event.data)))
</script>
`

export async function main(
  [from, to]: readonly string[],
  { client, onListening }: { client?: S3Client; onListening?: (url: string) => void | Promise<void> } = {},
): Promise<void> {
  if (from === undefined || to === undefined) {
    throw new Error('Usage: live-progress.ts s3://bucket/source s3://bucket/target')
  }
  const browsers = new Set<ServerResponse>()
  const latest = new Map<string, string>()
  const tell = (name: string, data: unknown) => {
    const event = `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
    latest.set(name, event)
    for (const browser of browsers) browser.write(event)
  }
  const server = createServer((request, response) => {
    if (request.url !== '/events') {
      response.setHeader('content-type', 'text/html').end(PAGE)
      return
    }
    response.setHeader('content-type', 'text/event-stream')
    browsers.add(response)
    response.once('close', () => browsers.delete(response))
    // A page opened late starts with the latest state.
    for (const event of latest.values()) response.write(event)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await onListening?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)

  const sink = new S3MultipartWritable({ client, uri: to })
  try {
    await pipeline(
      new S3RangeReadable({ client, uri: from }).on('progress', progress => tell('read', progress)),
      new FfmpegTransform({
        output: { format: 'mp4', args: ['-c:v', 'libx264', '-c:a', 'aac'] },
      }).on('progress', progress => tell('ffmpeg', progress)),
      new Fmp4Validator().on('fragment', fragment => tell('fragment', fragment)),
      sink.on('progress', progress => tell('write', progress)),
    )
    tell('done', await sink.result)
  } catch (error) {
    tell('failed', { message: (error as Error).message })
    throw error
  } finally {
    for (const browser of browsers) browser.end()
    server.close()
  }
}

if (process.argv[1] === import.meta.filename) {
  await main(process.argv.slice(2), { onListening: url => console.log(`Progress at ${url}`) })
}
