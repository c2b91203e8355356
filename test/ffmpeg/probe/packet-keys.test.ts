import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { packetKeys } from '../../../lib/ffmpeg/probe/packet-keys.js'
import { keyframes } from '../../../lib/ffmpeg/probe/keyframes.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { keyPackets } from '../../support/key-packets.js'
import { audioInput, avi, ffmpegToFile, transportStream } from '../../support/media.js'
import { LoggedAccess } from '../../support/random-accesses.js'

const NOTHING = { track: undefined, ffprobePath: undefined, signal: undefined }

t.test('lists the key packets of containers without a supported index', async t => {
  for (const bytes of [await transportStream(), await avi()]) {
    const { method, track, duration, frames } = await packetKeys(new BytesSource({ bytes }), NOTHING)
    t.same([method, track], ['packets', 0])
    t.ok(duration! > 1.9 && duration! < 2.2, `${duration} s`)
    t.ok(frames.length >= 2)
    if (bytes === (await transportStream())) t.same(frames, await keyPackets(bytes))
  }
})

t.test('lists audio if there is no video but a cover, and any stream by its index', async t => {
  const cover = ['-f', 'lavfi', '-i', 'color=red:size=64x64:rate=25:duration=0.04', '-c:v', 'mjpeg']
  const args = [
    ...audioInput(),
    ...cover,
    '-map',
    '0',
    '-map',
    '1',
    '-disposition:v',
    'attached_pic',
    '-c:a',
    'mp3',
  ]
  const mp3 = new BytesSource({ bytes: await ffmpegToFile(args, 'cover.mp3') })
  const { track, frames } = await packetKeys(mp3, NOTHING)
  t.equal(track, 0)
  t.ok(frames.length > 50, 'each audio packet decodes by itself')
  t.same((await packetKeys(mp3, { ...NOTHING, track: 1 })).frames, [], 'a cover has no time')
  await t.rejects(packetKeys(mp3, { ...NOTHING, track: 2 }), { code: 'AVIO_ERR_NO_SUCH_STREAM' })
})

t.test('rejects a source that is not media, and a missing ffprobe, each with its own error', async t => {
  const text = new BytesSource({ bytes: Buffer.from('just a text\n'.repeat(1000)) })
  await t.rejects(packetKeys(text, NOTHING), { name: 'FfmpegError' })
  await t.rejects(packetKeys(text, { ...NOTHING, ffprobePath: '/nowhere/ffprobe' }), {
    code: 'AVIO_ERR_FFMPEG_NOT_FOUND',
  })
})

t.test(
  'applies the system limits to every run of ffprobe',
  { skip: process.platform !== 'linux' && 'only Linux has prlimit' },
  async t => {
    const folder = t.testdir()
    const [ffprobePath, log] = [join(folder, 'ffprobe'), join(folder, 'log')]
    const own = process.env['FFPROBE_PATH'] ?? 'ffprobe'
    await writeFile(
      ffprobePath,
      `#!/bin/sh\ncase "$*" in *-version*) ;; *) ulimit -t >>${log} ;; esac\nexec ${own} "$@"\n`,
    )
    await chmod(ffprobePath, 0o755)
    const source = new BytesSource({ bytes: await transportStream() })
    await keyframes(source, { ffprobePath, limits: { cpuSeconds: 77 } })
    const times = (await readFile(log, 'utf8')).trim().split('\n')
    t.ok(times.length >= 2, 'one run for the streams, and one for their packets')
    t.same(new Set(times), new Set(['77']))
  },
)

t.test('fails with the error of the source, wherever it occurs', async t => {
  const bytes = await transportStream({ seconds: 20 })
  for (const failAt of [10, Math.floor(bytes.length / 2), bytes.length - 10]) {
    const error = new Error(`broken at ${failAt}`)
    await t.rejects(packetKeys(new LoggedAccess(bytes, { failAt, error }), NOTHING), error)
  }
})

t.test('aborts with its signal', async t => {
  const source = new LoggedAccess(await transportStream())
  await t.rejects(packetKeys(source, { ...NOTHING, signal: AbortSignal.abort() }), { name: 'AbortError' })
  const later = new AbortController()
  const running = packetKeys(source, { ...NOTHING, signal: later.signal })
  later.abort()
  await t.rejects(running, { name: 'AbortError' })
})

t.test('applies the limits to the media, and the named demuxer to the tool', async t => {
  const source = new BytesSource({ bytes: await transportStream() })
  await t.rejects(keyframes(source, { limits: { maxDuration: 1 } }), { code: 'AVIO_ERR_LIMIT_DURATION' })
  await t.rejects(keyframes(source, { limits: { maxPixels: 100 } }), { code: 'AVIO_ERR_LIMIT_PIXELS' })
  await t.rejects(keyframes(source, { limits: { timeout: 5 } as never }), { code: 'AVIO_ERR_OPTION' })
  await t.rejects(keyframes(source, { formatWhitelist: ['avi'] }), { name: 'FfmpegError' })
  const { frames } = await keyframes(source, { limits: { threads: 1 } })
  t.same((await keyframes(source, { formatWhitelist: ['avi'], format: 'mpegts' })).frames, frames)
})
