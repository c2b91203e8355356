import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { finished, pipeline } from 'node:stream/promises'
import t from 'tap'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { CmafPackager } from '../../lib/hls/cmaf-packager.js'
import { DirectoryStorage } from '../../lib/hls/storage/directory-storage.js'
import type { ImageSheet } from '../../lib/hls/image-store.js'
import { commitOf } from '../../lib/io/pipeline/commit-hook.js'
import {
  MemoryStorage,
  bothOf,
  chunksOf,
  packageAll,
  pictureOf,
  probePlaylist,
  sheetOf,
  soundOf,
} from '../support/hls.js'
import {
  AAC,
  H264_B_FRAMES,
  audioInput,
  ffmpegThroughPipes,
  ffmpegToFile,
  ffprobeJson,
  videoInput,
} from '../support/media.js'
import { samplesOf } from '../support/samples.js'
import { ChunkedSource } from '../support/sources.js'

async function ladder(): Promise<Record<string, Buffer>> {
  const [low, high, sound] = await Promise.all([pictureOf('160x90'), pictureOf('320x180'), soundOf()])
  return { low, high, sound }
}

/** Durations of a media playlist, in seconds. */
function durations(playlist: string): number[] {
  return [...playlist.matchAll(/#EXTINF:([\d.]+),/g)].map(([, seconds]) => Number(seconds))
}

function isPlaylist(name: string): boolean {
  return /\.(m3u8|mpd)$/.test(name)
}

/** A stream without ffmpeg's final `mfra`. */
function withoutIndex(bytes: Buffer): Buffer {
  const size = bytes.readUInt32BE(bytes.length - 4)
  t.equal(bytes.toString('latin1', bytes.length - size + 4, bytes.length - size + 8), 'mfra')
  return bytes.subarray(0, bytes.length - size)
}

t.test(
  'cuts all renditions at the same times, within the target, into segments equal to the streams sample for sample',
  async t => {
    const storage = new MemoryStorage()
    const renditions = await ladder()
    const result = await packageAll(new CmafPackager({ run: 'run', storage, targetDuration: 2 }), renditions)
    const [low, high, sound] = result.presentation.renditions
    t.same(durations(storage.text('run/low/index.m3u8')), [2, 2, 2, 2])
    t.same(
      low!.segments.map(({ start }) => start),
      high!.segments.map(({ start }) => start),
    )
    t.equal(sound!.segments.length, 4)
    for (const [n, { start, duration }] of sound!.segments.entries()) {
      t.ok(Math.abs(start - n * 2) < 0.15, `audio is cut close to the video: ${start}`)
      t.ok(Math.round(duration) <= 2)
    }
    for (const [name, bytes] of Object.entries(renditions)) {
      const parts = storage.names().filter(object => object.startsWith(`run/${name}/`) && !isPlaylist(object))
      t.equal(parts[0], `run/${name}/init.mp4`)
      const whole = Buffer.concat(parts.map(part => storage.objects.get(part)!))
      t.same(samplesOf(whole), samplesOf(bytes), name)
      if (name === 'sound') t.ok(whole.equals(withoutIndex(bytes)), 'no audio has to be rewritten')
    }
    t.equal(result.segments, 12)
    t.equal(
      result.bytes,
      [...storage.objects].reduce((sum, [name, { length }]) => sum + (isPlaylist(name) ? 0 : length), 0),
    )
  },
)

t.test('describes the bytes in the multivariant playlist', async t => {
  const storage = new MemoryStorage()
  await packageAll(new CmafPackager({ run: 'run', storage, targetDuration: 2 }), await ladder())
  const lines = storage.text('main.m3u8').split('\n')
  t.match(
    lines[3],
    /TYPE=AUDIO,GROUP-ID="audio",NAME="sound",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="1"/,
  )
  t.match(
    lines[4],
    /CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2",RESOLUTION=160x90,FRAME-RATE=25\.000,AUDIO="audio"$/,
  )
  t.match(lines[6], /RESOLUTION=320x180/)
  const heaviest = (name: string): number =>
    Math.max(
      ...[...storage.objects].flatMap(([object, { length }]) =>
        object.startsWith(`run/${name}/segment`) ? [length] : [],
      ),
    )
  const peak = Number(/BANDWIDTH=(\d+)/.exec(lines[4]!)![1])
  t.ok(Math.abs(peak / (((heaviest('low') + heaviest('sound')) * 8) / 2) - 1) < 0.05, 'the peak is measured')
})

t.test('stores playlists after all segments, the multivariant playlist and the manifest last', async t => {
  const storage = new MemoryStorage()
  const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2, mpd: 'manifest.mpd' })
  const result = await packageAll(packager, await ladder())
  const media = storage.log.findIndex(line => isPlaylist(line))
  t.same(storage.log.slice(media), [
    'store run/low/index.m3u8',
    'store run/high/index.m3u8',
    'store run/sound/index.m3u8',
    'store main.m3u8',
    'store manifest.mpd',
    'delete run/.claim',
  ])
  t.same(
    [...result.playlists].sort().map(name => `store ${name}`),
    storage.log.slice(media, -1).sort(),
  )
  t.match(storage.text('manifest.mpd'), /type="static"[^]*\$Number%05d\$/)
  t.same(storage.infos.get('run/low/init.mp4'), {
    contentType: 'video/mp4',
    cacheControl: 'public, max-age=31536000',
  })
  t.match(storage.infos.get('run/sound/segment-00001.m4s'), { contentType: 'audio/mp4' })
  t.same(storage.infos.get('main.m3u8'), {
    contentType: 'application/vnd.apple.mpegurl',
    cacheControl: 'public, max-age=3600',
  })
})

t.test('writes playlists that ffprobe reads, in both layouts', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'avio-streams-hls-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const layout of ['segments', 'byterange'] as const) {
    const storage = new DirectoryStorage({ path: join(folder, layout) })
    const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2, layout })
    const { playlists } = await packageAll(packager, { ...(await ladder()), both: await bothOf() })
    t.equal(playlists.length, 5)
    for (const name of playlists) {
      const { packets, seconds } = await probePlaylist(join(folder, layout, name))
      const expected = { 'main.m3u8': [200, 200, 200], 'run/sound/index.m3u8': [] }[name] ?? [200]
      t.same(packets, expected, `${layout} ${name}: every frame is there`)
      t.ok(Math.abs(seconds - 8) < 0.05, `${layout} ${name} lasts ${seconds} s`)
    }
  }
})

t.test('stores a rendition as one object with byte ranges that match its bytes', async t => {
  const storage = new MemoryStorage()
  const sound = await soundOf()
  const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2, layout: 'byterange' })
  const result = await packageAll(packager, { sound })
  t.same(storage.names(), ['main.m3u8', 'run/sound/index.m3u8', 'run/sound/media.mp4'])
  t.ok(storage.objects.get('run/sound/media.mp4')!.equals(withoutIndex(sound)))
  t.equal(storage.infos.get('run/sound/media.mp4')!.large, true)
  let end = 0
  const { segments } = result.presentation.renditions[0]!
  for (const { offset, byteLength } of [segments[0]!.init, ...segments]) {
    t.equal(offset, end)
    end += byteLength
  }
  t.match(storage.text('run/sound/index.m3u8'), /#EXT-X-MAP:URI="media.mp4",BYTERANGE="\d+@0"/)
  t.match(
    storage.text('main.m3u8'),
    /#EXT-X-STREAM-INF:[^\n]*CODECS="mp4a.40.2"\nrun\/sound\/index.m3u8/,
    'audio only',
  )
})

t.test('leaves nothing if the storage fails at any object, and names the object', async t => {
  const renditions = await ladder()
  for (const failing of [
    'run/low/init.mp4',
    'run/high/segment-00003.m4s',
    'run/sound/segment-00004.m4s',
    'run/low/index.m3u8',
    'main.m3u8',
  ]) {
    const storage = new MemoryStorage()
    storage.onStore = name => {
      if (name === failing) throw new Error('no room')
    }
    await t.rejects(packageAll(new CmafPackager({ run: 'run', storage, targetDuration: 2 }), renditions), {
      name: 'HlsError',
      code: 'AVIO_ERR_HLS_STORE_FAILED',
      object: failing,
      cause: { message: 'no room' },
    })
    t.same(storage.names(), [], failing)
    const published = storage.log.filter(line => line.startsWith('store ') && line.endsWith('main.m3u8'))
    t.same(published, [], 'nothing was ever visible')
  }
})

t.test('ends all renditions on damaged bytes, and leaves nothing', async t => {
  const storage = new MemoryStorage()
  const { low, sound } = await ladder()
  const cut = sound!.subarray(0, sound!.length - 5000)
  const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2 })
  await t.rejects(packageAll(packager, { low: low!, sound: cut }), { code: 'AVIO_ERR_MP4_BOX_TRUNCATED' })
  t.same(storage.names(), [])
  t.throws(() => packager.rendition({ name: 'sound' }), { code: 'AVIO_ERR_OPTION' })
})

t.test('reports a failed clean-up beside the first error', async t => {
  const storage = new MemoryStorage()
  storage.onStore = name => {
    if (name.endsWith('00002.m4s')) throw new Error('no room')
  }
  storage.delete = () => Promise.reject(new Error('not allowed'))
  const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2 })
  await t.rejects(packageAll(packager, { sound: await soundOf() }), {
    name: 'HlsError',
    object: 'run/sound/segment-00002.m4s',
    cleanupError: { code: 'AVIO_ERR_HLS_STORE_FAILED', cause: { message: 'not allowed' } },
  })
})

t.test('ends everything on an abort, at once or before it has started', async t => {
  const aborted = new CmafPackager({ run: 'run', storage: new MemoryStorage(), signal: AbortSignal.abort() })
  const stream = aborted.rendition({ name: 'sound' })
  await t.rejects(finished(stream), { name: 'AbortError' })
  await t.rejects(aborted.result, { name: 'AbortError' })

  const controller = new AbortController()
  const storage = new MemoryStorage()
  storage.onStore = name => {
    if (!name.endsWith('00002.m4s')) return undefined
    controller.abort()
    return new Promise(() => undefined)
  }
  storage.delete = name => Promise.resolve(void storage.objects.delete(name))
  const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2, signal: controller.signal })
  await t.rejects(packageAll(packager, { sound: await soundOf() }), { name: 'AbortError' })
  t.same(storage.names(), [])
})

t.test('holds playlists until the commit, and leaves nothing if aborted meanwhile', async t => {
  const hold = async (signal?: AbortSignal) => {
    const storage = new MemoryStorage()
    storage.delete = name => Promise.resolve(void storage.objects.delete(name))
    const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2, signal })
    let letGo!: () => void
    const reached = new Promise<void>(resolve => {
      commitOf(packager)!.hold(() => {
        resolve()
        return new Promise(open => (letGo = open))
      })
    })
    const over = packageAll(packager, { sound: await soundOf() })
    over.catch(() => undefined)
    await reached
    return { storage, over, letGo }
  }
  const held = await hold()
  t.notOk(held.storage.names().some(isPlaylist), 'all segments are stored, and no playlist')
  held.letGo()
  await held.over
  t.ok(held.storage.names().includes('main.m3u8'))

  const controller = new AbortController()
  const { storage, over, letGo } = await hold(controller.signal)
  controller.abort()
  await t.rejects(over, { name: 'AbortError' })
  letGo()
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  t.same(storage.names(), [])
})

t.test('rejects a rendition closed before its end', async t => {
  const storage = new MemoryStorage()
  const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2 })
  const stream = packager.rendition({ name: 'sound' })
  stream.write(await soundOf(), () => stream.destroy())
  await t.rejects(packager.result, { code: 'AVIO_ERR_UPSTREAM_CLOSED' })
  t.same(storage.names(), [])
})

t.test('refuses renditions with different key frames, unless allowed', async t => {
  const renditions = { a: await pictureOf('160x90'), b: await pictureOf('160x90', { gop: 40 }) }
  const refusing = new CmafPackager({ run: 'run', storage: new MemoryStorage(), targetDuration: 2 })
  await t.rejects(packageAll(refusing, renditions), { code: 'AVIO_ERR_HLS_NOT_ALIGNED' })
  const taking = new CmafPackager({
    run: 'run',
    storage: new MemoryStorage(),
    targetDuration: 2,
    align: false,
  })
  t.equal((await packageAll(taking, renditions)).segments > 8, true)
})

t.test('lists stored segments as an event grows, and writes the multivariant playlist once', async t => {
  const storage = new MemoryStorage()
  const lists: string[] = []
  storage.onStore = name => {
    if (name === 'run/low/index.m3u8') lists.push(storage.log.join('\n'))
  }
  const programDateTime = new Date('2030-01-01T00:00:00Z')
  const packager = new CmafPackager({
    run: 'run',
    storage,
    targetDuration: 2,
    mode: 'event',
    programDateTime,
  })
  const { low, sound } = await ladder()
  await packageAll(packager, { low: low!, sound: sound! })
  t.ok(lists.length >= 5, 'after every segment, and at the end')
  for (const [n, stored] of lists.slice(0, 4).entries()) {
    t.match(stored, `run/low/segment-0000${n + 1}.m4s`, 'a segment is stored before it is listed')
  }
  const multivariant = storage.log.indexOf('store main.m3u8')
  for (const name of ['run/low/index.m3u8', 'run/sound/index.m3u8']) {
    t.ok(storage.log.indexOf(`store ${name}`) < multivariant, `${name} before the file that names it`)
  }
  const playlist = storage.text('run/low/index.m3u8')
  t.match(playlist, /TYPE:EVENT[^]*#EXT-X-PROGRAM-DATE-TIME:2030-01-01T00:00:00.000Z[^]*#EXT-X-ENDLIST/)
  t.same(durations(playlist), [2, 2, 2, 2])
  t.match(storage.infos.get('run/low/index.m3u8'), { cacheControl: 'no-cache' })
})

t.test('moves a live window on, and removes segments that left it twice over', async t => {
  const storage = new MemoryStorage()
  const packager = new CmafPackager({
    run: 'run',
    storage,
    targetDuration: 1,
    mode: 'live',
    windowSize: 3,
    mpd: 'live.mpd',
  })
  const types: unknown[] = []
  storage.onStore = () => {
    if (storage.objects.has('live.mpd')) types.push(/type="(\w+)"/.exec(storage.text('live.mpd'))?.[1])
  }
  const { presentation } = await packageAll(packager, { low: await pictureOf('160x90', { seconds: 9 }) })
  const playlist = storage.text('run/low/index.m3u8')
  t.match(playlist, /#EXT-X-MEDIA-SEQUENCE:7\n/)
  t.same(durations(playlist), [1, 1, 1])
  t.notMatch(playlist, 'PLAYLIST-TYPE')
  t.same(
    storage.names().filter(name => name.endsWith('.m4s')),
    [3, 4, 5, 6, 7, 8, 9].map(n => `run/low/segment-0000${n}.m4s`),
    'three listed, three and one kept for older playlists',
  )
  t.ok(storage.names().includes('run/low/init.mp4'))
  t.equal(presentation.duration, 9)
  t.match(storage.text('live.mpd'), 'type="static"')
  t.match(types.join(' '), /^(dynamic )+static( static)*$/)
})

t.test('keeps the published part of an event when it fails, without an end', async t => {
  const storage = new MemoryStorage()
  storage.onStore = name => {
    if (name.endsWith('00003.m4s')) throw new Error('no room')
  }
  const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2, mode: 'event' })
  await t.rejects(packageAll(packager, { sound: await soundOf() }), {
    name: 'HlsError',
    object: 'run/sound/segment-00003.m4s',
  })
  t.same(durations(storage.text('run/sound/index.m3u8')).length, 2)
  t.notMatch(storage.text('run/sound/index.m3u8'), 'ENDLIST')
})

t.test('rejects a segment too long for a published playlist, but states its length at the end', async t => {
  const low = await pictureOf('160x90', { gop: 75 })
  const growing = new CmafPackager({
    run: 'run',
    storage: new MemoryStorage(),
    targetDuration: 2,
    mode: 'event',
  })
  await t.rejects(packageAll(growing, { low }), { code: 'AVIO_ERR_HLS_SEGMENT_TOO_LONG', segment: 1 })
  const storage = new MemoryStorage()
  await packageAll(new CmafPackager({ run: 'run', storage, targetDuration: 2 }), { low })
  t.match(storage.text('run/low/index.m3u8'), '#EXT-X-TARGETDURATION:3\n')
})

t.test('gives another stream after a discontinuity its own initialization segment', async t => {
  const storage = new MemoryStorage()
  const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2 })
  const stream = packager.rendition({ name: 'sound' })
  await pipeline(chunksOf(await soundOf({ seconds: 3 })), stream, { end: false })
  stream.discontinuity({ programDateTime: new Date('2030-01-01T00:00:00Z') })
  await pipeline(chunksOf(await soundOf({ seconds: 3, channels: 2 })), stream)
  const { presentation } = await packager.result
  const playlist = storage.text('run/sound/index.m3u8')
  const tags = playlist.match(/#EXT-X-(MAP|DISC|PROG).*|^segment.*/gm)
  t.same(tags, [
    '#EXT-X-MAP:URI="init.mp4"',
    'segment-00001.m4s',
    'segment-00002.m4s',
    '#EXT-X-DISCONTINUITY',
    '#EXT-X-MAP:URI="init-2.mp4"',
    '#EXT-X-PROGRAM-DATE-TIME:2030-01-01T00:00:00.000Z',
    'segment-00003.m4s',
    'segment-00004.m4s',
  ])
  t.equal(presentation.duration, 6, 'priming does not count')
})

t.test(
  'counts presented time in playlists and manifest, and makes no segment from a single last frame',
  async t => {
    const storage = new MemoryStorage()
    const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2, mpd: 'manifest.mpd' })
    const [low, sound] = await Promise.all([
      pictureOf('160x90', { seconds: 4.04 }),
      soundOf({ seconds: 4.04 }),
    ])
    const { presentation } = await packageAll(packager, { low, sound })
    t.same(durations(storage.text('run/low/index.m3u8')), [2, 2.04])
    const heard = durations(storage.text('run/sound/index.m3u8'))
    t.ok(Math.abs(heard.reduce((sum, duration) => sum + duration) - 4.04) < 1e-5, heard.join())
    const [first] = presentation.renditions[1]!.segments
    t.equal(first!.durationTicks % 1024, 0)
    t.match(storage.text('manifest.mpd'), `<S t="0" d="${first!.durationTicks}"/>`)
    t.equal(Number((first!.durationTicks / 48_000).toFixed(6)), heard[0])
  },
)

t.test('checks its options, and refuses a repeated rendition name', async t => {
  const storage = new MemoryStorage()
  for (const options of [
    {},
    { storage, targetDuration: 0 },
    { storage, mode: 'live', layout: 'byterange' },
    { storage, windowSize: 5 },
    { storage, playlist: '../main.m3u8' },
    { storage, run: 'main.m3u8' },
    { storage, run: 'm.mpd', mpd: 'm.mpd' },
    { storage, run: 'a/b' },
    { storage, limits: { maxObjects: 0 } },
    { storage, limits: { maxObject: 5 } },
    { storage, target: 5 },
  ]) {
    t.throws(() => new CmafPackager(options as never), { code: 'AVIO_ERR_OPTION' })
  }
  const packager = new CmafPackager({ run: 'run', storage })
  packager.rendition({ name: 'a' })
  t.throws(() => packager.rendition({ name: 'a' }), { code: 'AVIO_ERR_OPTION' })
  packager.rendition({ name: 'main.m3u8' })
})

t.test('rejects indistinguishable audio of a group before a playlist lists it', async t => {
  const storage = new MemoryStorage()
  const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2 })
  const picture = packager.rendition({ name: 'picture' })
  const sounds = ['a', 'b'].map(name => packager.rendition({ name, label: 'English' }))
  const [pictures, sound] = await Promise.all([pictureOf('160x90'), soundOf({ seconds: 2 })])
  await Promise.allSettled([
    pipeline(chunksOf(pictures), picture),
    ...sounds.map(stream => pipeline(chunksOf(sound), stream)),
  ])
  await t.rejects(packager.result, { code: 'AVIO_ERR_OPTION', option: 'label' })
  t.same(storage.names(), [])
})

t.test('lists images for seek bars beside the media, and fails with them', async t => {
  const sound = await soundOf({ seconds: 2 })
  const sheets = async function* (failure?: Error): AsyncGenerator<ImageSheet> {
    yield sheetOf(6, 0)
    await new Promise(setImmediate)
    if (failure) throw failure
  }
  const storage = new MemoryStorage()
  const packager = new CmafPackager({ run: 'run', storage })
  packager.images(sheets())
  t.throws(() => packager.rendition({ name: 'thumbnails' }), { code: 'AVIO_ERR_OPTION' })
  const { playlists, presentation } = await packageAll(packager, { sound })
  t.same(playlists, ['run/sound/index.m3u8', 'run/thumbnails/index.m3u8', 'main.m3u8'])
  t.match(
    storage.text('main.m3u8'),
    '#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=667,RESOLUTION=160x90,CODECS="jpeg",URI="run/thumbnails/index.m3u8"\n',
  )
  t.match(storage.text('run/thumbnails/index.m3u8'), 'LAYOUT=3x2')
  t.equal(presentation.images?.length, 1)

  const failed = new MemoryStorage()
  const failing = new CmafPackager({ run: 'run', storage: failed })
  failing.images(sheets(new Error('no images')))
  await t.rejects(packageAll(failing, { sound }), { message: 'no images' })
  t.same(failed.names(), [])
  const growing = new CmafPackager({ run: 'run', storage, mode: 'event' })
  t.throws(() => growing.images(sheets()), { code: 'AVIO_ERR_OPTION' })
})

/** Video whose audio begins only after the end. */
async function muted(): Promise<[ChunkedSource, FfmpegTransform]> {
  const inputs = [...videoInput({ seconds: 4 }), '-itsoffset', '3', ...audioInput({ seconds: 1 })]
  const bytes = await ffmpegToFile([...inputs, ...H264_B_FRAMES, ...AAC], 'soon.mkv')
  const cut = ['-i', 'pipe:0', '-map', '0', '-c', 'copy', '-t', '2', '-f', 'matroska']
  const silent = await ffmpegThroughPipes(cut, bytes)
  return [new ChunkedSource(silent), new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy'] } })]
}

t.test('omits audio without samples from playlists and initialization segments', async t => {
  const storage = new MemoryStorage()
  const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2 })
  const rendition = packager.rendition({ name: 'both' })
  const [source, stage] = await muted()
  await pipeline(source, stage, rendition, { end: false })
  rendition.discontinuity()
  rendition.end(await bothOf({ seconds: 2 }))
  const { presentation } = await packager.result
  const inits = presentation.renditions[0]!.segments.map(({ init }) => init)
  t.same(
    [...new Set(inits)].map(({ name, tracks }) => [name, tracks.map(({ kind }) => kind)]),
    [
      ['run/both/init.mp4', ['video']],
      ['run/both/init-2.mp4', ['video', 'audio']],
    ],
    'of the first programme only',
  )
  t.equal(storage.objects.get('run/both/init.mp4')!.indexOf('mp4a'), -1)
  const alone = new MemoryStorage()
  const other = new CmafPackager({ run: 'run', storage: alone, targetDuration: 2 })
  await pipeline(...(await muted()), other.rendition({ name: 'both' }))
  const { segments } = (await other.result).presentation.renditions[0]!
  const pictures = segments.reduce((sum, { sampleCount }) => sum + sampleCount, 0)
  t.match(alone.text('main.m3u8'), /CODECS="avc1\.[0-9a-f]{6}"/)
  const parts = alone.names().filter(name => !isPlaylist(name))
  const whole = Buffer.concat(parts.map(name => alone.objects.get(name)!))
  const { streams } = await ffprobeJson<{ streams: { codec_type: string; nb_read_packets: string }[] }>(
    whole,
    [...['-count_packets', '-show_entries', 'stream=codec_type,nb_read_packets']],
  )
  t.same(streams, [{ codec_type: 'video', nb_read_packets: `${pictures}` }])
})

t.test('keeps properties of one stream from applying to the next', async t => {
  const packager = new CmafPackager({ run: 'run', storage: new MemoryStorage(), targetDuration: 2 })
  packager.result.catch(() => undefined)
  const rendition = packager.rendition({ name: 'both' })
  await pipeline(...(await muted()), rendition, { end: false })
  rendition.discontinuity()
  const [source, stage] = await muted()
  const [bytes] = await Promise.all([buffer(stage), pipeline(source, stage)])
  rendition.end(bytes)
  await t.rejects(finished(rendition), { code: 'AVIO_ERR_MP4_NO_FRAGMENT' })
})

t.test('rejects a track without samples if players may have seen it announced', async t => {
  const layouts = [
    { mode: 'event' as const },
    { mode: 'live' as const, windowSize: 3 },
    { layout: 'byterange' as const },
  ]
  for (const options of layouts) {
    const storage = new MemoryStorage()
    const packager = new CmafPackager({ run: 'run', storage, targetDuration: 2, ...options })
    packager.result.catch(() => undefined)
    await t.rejects(pipeline(...(await muted()), packager.rendition({ name: 'both' })), {
      code: 'AVIO_ERR_MP4_NO_FRAGMENT',
    })
  }
})
