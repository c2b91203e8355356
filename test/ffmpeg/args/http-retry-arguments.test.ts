import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { isUnanswered, retryArguments } from '../../../lib/ffmpeg/args/http-retry-arguments.js'
import { parseLogLine } from '../../../lib/ffmpeg/log/log.js'
import { indexLastMp4 } from '../../support/media.js'

const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'

/** Runs ffmpeg on `bytes` over HTTP; `end` ends the second and the third connection. */
async function copied(t: Test, bytes: Buffer, args: readonly string[], end: 'destroy' | 'resetAndDestroy') {
  let connections = 0
  const server = createServer((request, response) => {
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    response.writeHead(206, {
      'Content-Length': bytes.length - start,
      'Content-Range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
      'Accept-Ranges': 'bytes',
    })
    response.end(bytes.subarray(start))
  })
  server.on('connection', socket => {
    connections++
    socket.on('error', () => undefined)
    // The first seek and the first retry.
    if (connections === 2 || connections === 3) socket[end]()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.mp4`
  const command = [
    '-nostdin',
    '-loglevel',
    'level+info',
    ...args,
    '-i',
    url,
    '-c',
    'copy',
    '-f',
    'framemd5',
    '-',
  ]
  const child = spawn(FFMPEG, command, { stdio: ['ignore', 'pipe', 'ignore'] })
  const closed = once(child, 'close') as Promise<[number]>
  const output = Buffer.concat((await child.stdout.toArray()) as Buffer[]).toString()
  return { code: (await closed)[0], output, connections }
}

t.test('retries a connection closed or reset without a response, and loses no data', async t => {
  const bytes = await indexLastMp4()
  for (const end of ['destroy', 'resetAndDestroy'] as const) {
    const without = await copied(t, bytes, [], end)
    t.not(without.code === 0 && /^1, /m.test(without.output), true, 'fails without the arguments')
    const { code, output, connections } = await copied(t, bytes, retryArguments(['http', 'tcp']), end)
    t.equal(code, 0, end)
    t.match(output, /^1, /m, 'both tracks are present')
    t.ok(connections >= 4)
  }
})

t.test('adds arguments only for an input over HTTP', t => {
  t.same(retryArguments(['pipe']), [])
  t.match(retryArguments(['http', 'tcp']).join(' '), /^-reconnect_on_network_error 1 /)
  t.end()
})

t.test('distinguishes the fifth failed attempt from earlier ones and from other messages', t => {
  const isFifth = (line: string) => isUnanswered(parseLogLine(line, undefined))
  t.equal(isFifth('[http @ 0x55e319466200] [warning] Will reconnect at 601924 in 7 second(s).'), false)
  t.equal(isFifth('[http @ 0x55e319466200] [warning] Will reconnect at 601924 in 15 second(s).'), true)
  const newer =
    '[http @ 0x555580f824c0] [warning] Will reconnect at 4222502 in 31 second(s), error=End of file.'
  t.equal(isFifth(newer), true)
  t.equal(isFifth('[info]     title : Will reconnect at 1 in 63 second(s).'), false)
  t.end()
})
