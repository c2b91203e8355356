import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import type { FfmpegTransformOptions } from '../../lib/ffmpeg/ffmpeg-options.js'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import * as media from '../support/media.js'
import { mediaPackets } from '../support/transport.js'

const copy = (...args: string[]) => ({ output: { format: 'mp4', args: ['-c', 'copy', ...args] } })

/** How many of `bytes` the stage needs to start ffmpeg, if the source waits after each small chunk. */
async function live(t: Test, bytes: Buffer, options: FfmpegTransformOptions) {
  const ffmpeg = new FfmpegTransform(options)
  const output = buffer(ffmpeg)
  output.catch(() => undefined)
  t.teardown(() => ffmpeg.destroy())
  const spawned = { after: Infinity, args: [] as readonly string[] }
  let sent = 0
  ffmpeg.on('spawn', ({ args }) => Object.assign(spawned, { after: sent, args }))
  for (; sent < bytes.length && spawned.after === Infinity; sent += 188) {
    await new Promise(resolve => ffmpeg.write(bytes.subarray(sent, sent + 188), resolve))
  }
  ffmpeg.end(bytes.subarray(sent))
  const { streams } = await media.ffprobeJson<{ streams: { codec_name: string }[] }>(await output, [
    '-show_streams',
  ])
  return { ...spawned, codecs: streams.map(stream => stream.codec_name) }
}

const filtersOf = (args: readonly string[]) =>
  args.flatMap((arg, n) => (arg.startsWith('-bsf') ? [`${arg} ${args[n + 1]}`] : []))

t.test('copies a transport stream as soon as its tables list AAC as its only audio', async t => {
  const ts = await media.transportStream()
  const { after, args, codecs } = await live(t, ts, copy())
  t.ok(after < 188 * 10, `after ${after} bytes`)
  t.same(filtersOf(args), ['-bsf:a aac_adtstoasc'])
  t.same(codecs, ['h264', 'aac'])
  const silent = await live(t, ts, copy('-map', '0:v'))
  t.same(silent.codecs, ['h264'], 'without audio if it is not mapped')
})

t.test('copies other audio, raw or in a transport stream, as soon as its codec is known', async t => {
  const tone = [...media.bothInputs(), ...media.H264]
  const inputs = {
    'a transport stream with AC-3': await media.ffmpegToPipe([...tone, '-c:a', 'ac3', '-f', 'mpegts']),
    'a transport stream with MPEG audio': await media.ffmpegToPipe([...tone, '-c:a', 'mp2', '-f', 'mpegts']),
    MP3: await media.ffmpegToPipe([...media.audioInput(), '-c:a', 'libmp3lame', '-f', 'mp3']),
  }
  for (const [name, bytes] of Object.entries(inputs)) {
    const { after, args } = await live(t, bytes, copy())
    t.ok(after < 188 * 15, `${name}: after ${after} bytes`)
    t.same(filtersOf(args), [], name)
  }
})

t.test('waits for each of two kinds of audio to begin before it asks ffmpeg', async t => {
  const both = [...media.bothInputs(), '-map', '0', '-map', '1', '-map', '1', ...media.H264]
  const codecs = ['-c:a:0', 'aac', '-ac:a:0', '1', '-c:a:1', 'ac3', '-ac:a:1', '2']
  const ts = await media.ffmpegToPipe([...both, ...codecs, '-f', 'mpegts'])
  const chosen = await live(t, ts, copy())
  t.ok(chosen.after < 100_000, `after ${chosen.after} bytes`)
  t.same(chosen.codecs, ['h264', 'ac3'], 'ffmpeg chooses the AC-3 track')
  t.same(filtersOf(chosen.args), [])
  const all = await live(t, ts, copy('-map', '0'))
  t.same(filtersOf(all.args), ['-bsf:1 aac_adtstoasc'])
  t.same(all.codecs, ['h264', 'aac', 'ac3'])
})

t.test('starts ffmpeg even if a live source sends nothing more', async t => {
  const adts = await media.ffmpegToPipe([...media.audioInput(), ...media.AAC, '-f', 'adts'])
  const ts = await media.transportStream()
  const cases = {
    'two frames of raw AAC': [adts.subarray(0, 1500), copy()],
    'the tables of a transport stream': [
      Buffer.concat([ts.subarray(0, 188 * 3), mediaPackets(0x1ffe, 3)]),
      copy(),
    ],
    'any bytes, if the user gives the filter': [Buffer.alloc(100, 0x5a), copy('-bsf:a', 'aac_adtstoasc')],
  } as const
  for (const [name, [bytes, options]] of Object.entries(cases)) {
    const source = new PassThrough()
    const ffmpeg = source.pipe(new FfmpegTransform(options))
    const spawned = once(ffmpeg, 'spawn') as Promise<[{ args: string[] }]>
    ffmpeg.resume()
    source.write(bytes)
    const [{ args }] = await spawned
    t.ok(args.includes('aac_adtstoasc'), name)
    ffmpeg.on('error', () => undefined).destroy()
    await once(ffmpeg, 'close')
  }
})
