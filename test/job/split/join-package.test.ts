import t from 'tap'
import type { JobPackage } from '../../../lib/job/schema/job.js'
import { encodeImages } from '../../../lib/job/split/encode-images.js'
import { encodeAudio, encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { joinChunks } from '../../../lib/job/split/join-chunks.js'
import { removeWork } from '../../../lib/job/split/remove-work.js'
import { runSplit } from '../../../lib/job/split/run-split.js'
import type { LocalS3 } from '../../../lib/testing/index.js'
import { ffmpegToFile, ffprobeJson } from '../../support/media.js'
import { splitSource } from '../../support/split.js'
import { validate } from '../../support/validate.js'
import { ladder, openPackage, withoutNames } from '../../support/split-package.js'

const mp4 = (rate: string, more: string[] = []) =>
  ffmpegToFile(
    [
      ...['-f', 'lavfi', '-i', `testsrc2=s=96x64:r=${rate}:d=9`, ...more],
      ...['-f', 'lavfi', '-i', 'sine=f=440:r=48000:d=9', '-c:v', 'libx264', '-preset', 'ultrafast'],
      ...['-bf', '2', '-c:a', 'aac'],
    ],
    'source.mp4',
  )

/** Sources, frames between key frames, and more of the package. */
const CASES: Record<string, { source: () => Promise<Buffer>; gop: number; more?: Partial<JobPackage> }> = {
  '25 frames/s': { source: () => mp4('25'), gop: 25 },
  '29.97 frames/s, whose key frames drift off the target': {
    ...{ source: () => mp4('30000/1001'), gop: 30 },
    more: { targetDuration: 1 },
  },
  '23.976 frames/s in an MPEG-TS that starts at 3,601.4 s': {
    source: () => splitSource({ seconds: 9, more: ['-output_ts_offset', '3601.4', '-f', 'mpegts'] }),
    gop: 24,
  },
  'audio that begins later than the video': { source: () => mp4('25', ['-itsoffset', '0.7']), gop: 50 },
}

for (const [name, { source, gop, more = {} }] of Object.entries(CASES)) {
  for (const layout of ['byterange', 'segments'] as const) {
    t.test(`publishes the playlists of one run (${layout}): ${name}`, async t => {
      const { s3, client, plan, whole, text, left } = await openPackage(t, await source())
      const output = { ...more, layout, renditions: ladder({ gop }) }
      const made = await plan(output)
      t.ok(made.chunks.length >= 3, `${made.chunks.length} chunks`)
      const split = await runSplit(made, { client, concurrency: 2 })
      const unsplit = (await whole(output)).outputs[0] as unknown as { playlists: string[]; segments: number }
      t.equal(split.package!.segments, unsplit.segments)
      for (const [n, playlist] of unsplit.playlists.entries()) {
        if (playlist.endsWith('.mpd')) continue
        const own = await text(`split/${split.package!.playlists[n]!}`)
        t.equal(withoutNames(own), withoutNames(await text(`whole/${playlist}`)), playlist)
      }
      t.same(left(), [], 'nothing is left of the work')
      t.equal(await segmentsOfMpd(await text('split/manifest.mpd')), unsplit.segments, 'of the manifest')
      const media = (name: string, playlist: string) =>
        mediaOf(key => s3.get('web', key), `${name}/`, playlist)
      for (const [n, rendition] of made.output.renditions.entries()) {
        const [one, other] = await Promise.all([
          media('split', split.package!.playlists[n]!),
          media('whole', unsplit.playlists[n]!),
        ])
        t.same(
          differences(await packetTimes(one), await packetTimes(other)),
          [],
          `packets of ${rendition.name}`,
        )
        const { error, fragments } = await validate(one)
        t.equal(error, undefined, `${rendition.name}: decode times and sequence numbers go on`)
        t.ok(fragments.length > 1)
      }
    })
  }
}

for (const layout of ['byterange', 'segments'] as const) {
  t.test(`publishes thumbnails as one run does (${layout})`, async t => {
    const { s3, client, plan, whole, text, left } = await openPackage(t, await mp4('25'))
    const output = { layout, images: { every: 2, columns: 2, rows: 1, name: 'thumbs' } }
    const made = await plan(output)
    const split = await runSplit(made, { client, concurrency: 2 })
    const unsplit = (await whole(output)).outputs[0] as unknown as { playlists: string[]; run: string }
    const { run, playlists } = split.package!
    t.equal(playlists.at(-3), `${run}/thumbs/index.m3u8`)
    t.same(
      playlists,
      unsplit.playlists.map(name => name.replace(unsplit.run, run)),
    )
    for (const [n, name] of playlists.entries()) {
      if (name.endsWith('.mpd')) continue
      const other = await text(`whole/${unsplit.playlists[n]!}`)
      t.equal(withoutNames(await text(`split/${name}`)), withoutNames(other), name)
    }
    const sheets = (await text(`split/${run}/thumbs/index.m3u8`))
      .split('\n')
      .filter(line => line.endsWith('.jpg'))
    t.equal(sheets.length, 3)
    for (const [n, sheet] of sheets.entries()) {
      const other = await s3.get('web', `whole/${unsplit.run}/thumbs/sheet-0000${n + 1}.jpg`)
      t.same(await s3.get('web', `split/${run}/thumbs/${sheet}`), other, sheet)
    }
    const manifest = await text('split/manifest.mpd')
    t.match(manifest, /thumbnail_tile" value="2x1"/)
    const [, media = ''] = /media="([^"]*thumbs[^"]*)"/.exec(manifest) ?? []
    for (const [n, sheet] of sheets.entries())
      t.equal(media.replace('$Number%05d$', `0000${n + 1}`), `${run}/thumbs/${sheet}`, 'and in the manifest')
    t.same(left(), [])
    t.same(await joinChunks(made, [], { client }), split, 'whoever looks later has the same result')
  })
}

t.test('removes the sheets of other attempts, and before the join all of them', async t => {
  const { s3, client, plan, pieces } = await openPackage(t, await mp4('25'))
  const made = await plan({ images: { count: 2 } })
  const sheets = () => s3.keys('web').filter(key => key.endsWith('.jpg'))
  const held = s3.fault({ operation: 'PutObject', key: /images\.json$/, hold: true })
  const zombie = encodeImages(made, { client })
  await held.reached
  s3.clearFaults()
  const results = await pieces(made)
  held.release()
  const { images } = await zombie
  t.equal(sheets().length, 2)
  await joinChunks(made, results, { client })
  await removeWork(made, { client })
  t.same(sheets(), [`split/${images!.sheets[0]!.name}`])
  const other = await plan({ images: { count: 3 } })
  t.not(other.output.run, made.output.run, 'other images are another package')
  await encodeImages(other, { client })
  await removeWork(other, { client })
  t.same(sheets(), [`split/${images!.sheets[0]!.name}`])
})

t.test('refuses images that are missing, or gone', async t => {
  const { s3, client, plan, pieces } = await openPackage(t, await mp4('25'))
  const made = await plan({ images: { count: 2 } })
  const results = await pieces(made)
  await t.rejects(joinChunks(made, results.slice(0, -1), { client }), {
    ...{ code: 'AVIO_ERR_PLAN_GAP', piece: 'images', message: /no result of 1 of 6 pieces: images/ },
  })
  const { name } = results.at(-1)!.images!.sheets[0]!
  s3.delete('web', `split/${name}`)
  await t.rejects(joinChunks(made, results, { client }), {
    code: 'AVIO_ERR_PLAN_GAP',
    message: new RegExp(`${name}, a part of "thumbnails", is gone`),
  })
  t.notOk(s3.keys('web').includes('split/main.m3u8'))
})

interface MpdPlaylist {
  readonly segments: readonly unknown[]
}
interface MpdParser {
  parse: (
    text: string,
    options: { manifestUri: string; eventHandler: (event: { type: string }) => void },
  ) => {
    readonly playlists: readonly MpdPlaylist[]
    readonly mediaGroups: {
      readonly AUDIO: Record<string, Record<string, { playlists: readonly MpdPlaylist[] }>>
    }
  }
}

/** The number of segments that mpd-parser finds in a manifest, unless it warns. */
async function segmentsOfMpd(manifest: string): Promise<number> {
  // It has no types.
  const name: string = 'mpd-parser'
  const { parse } = (await import(name)) as MpdParser
  const problems: unknown[] = []
  const { playlists, mediaGroups } = parse(manifest, {
    manifestUri: 'http://localhost/manifest.mpd',
    eventHandler: event => event.type !== 'info' && problems.push(event),
  })
  const groups = Object.values(mediaGroups.AUDIO).flatMap(group => Object.values(group))
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return [...playlists, ...groups.flatMap(own => own.playlists)].reduce(
    (sum, { segments }) => sum + segments.length,
    0,
  )
}

/** The segments that a media playlist lists, one behind the other, after its initialization segment. */
async function mediaOf(
  get: (key: string) => Promise<Buffer | undefined>,
  prefix: string,
  playlist: string,
): Promise<Buffer> {
  const folder = `${prefix}${playlist.slice(0, playlist.lastIndexOf('/') + 1)}`
  const lines = String(await get(prefix + playlist)).split('\n')
  const [, init = '', size, offset] =
    /URI="([^"]+)"(?:,BYTERANGE="(\d+)@(\d+)")?/.exec(lines.join('\n')) ?? []
  const parts = [await rangeOf(get, folder + init, size, offset)]
  let range: RegExpExecArray | null = null
  for (const line of lines) {
    range = /^#EXT-X-BYTERANGE:(\d+)@(\d+)/.exec(line) ?? range
    if (line === '' || line.startsWith('#')) continue
    parts.push(await rangeOf(get, folder + line, range?.[1], range?.[2]))
  }
  return Buffer.concat(parts)
}

async function rangeOf(
  get: (key: string) => Promise<Buffer | undefined>,
  key: string,
  size?: string,
  offset?: string,
): Promise<Buffer> {
  const bytes = await get(key)
  if (bytes === undefined) throw new Error(`${key} is listed, and not stored`)
  return size === undefined ? bytes : bytes.subarray(Number(offset), Number(offset) + Number(size))
}

/** A packet, its times in milliseconds. */
interface Packet {
  readonly times: readonly number[]
  readonly flag: string
}

async function packetTimes(bytes: Buffer): Promise<Packet[]> {
  const entries = 'packet=pts_time,dts_time,duration_time,flags'
  const { packets } = await ffprobeJson<{ packets: Record<string, string>[] }>(bytes, [
    '-show_entries',
    entries,
  ])
  return packets.map(({ pts_time, dts_time, duration_time, flags = '' }) => ({
    times: [pts_time, dts_time, duration_time ?? '0'].map(time => Number(time) * 1000),
    flag: flags.slice(0, 1),
  }))
}

/** The times of packets that differ. An edit list, in which ffmpeg says when a track begins, has milliseconds. */
function differences(some: readonly Packet[], others: readonly Packet[]): string[] {
  const isEqual = (one: Packet, other: Packet | undefined) =>
    one.flag === other?.flag && one.times.every((time, n) => Math.abs(time - other.times[n]!) <= 1)
  const different = some.flatMap((packet, n) =>
    isEqual(packet, others[n]) ? [] : [`${n}: ${packet.times.join()}`],
  )
  return some.length === others.length
    ? different
    : [`${some.length}, ${others.length} packets`, ...different]
}

t.test('the numbers of the result are those of the objects, and those of a second join', async t => {
  const { s3, client, plan, pieces, text } = await openPackage(t, await mp4('25'))
  const made = await plan({ layout: 'byterange' })
  const results = await pieces(made)
  s3.clearCalls()
  const stored = await joinChunks(made, results, { client })
  t.notOk(
    s3.calls.some(({ operation, key }) => operation === 'GetObject' && key?.includes(made.output.run)),
    'no media are read',
  )
  const { run, playlists, segments, duration } = stored.package!
  const ofRun = s3.keys('web').filter(key => key.startsWith(`split/${run}/`) && !key.endsWith('.m3u8'))
  const sizes = await Promise.all(ofRun.map(async key => (await s3.get('web', key))!.length))
  t.equal(
    stored.bytes,
    sizes.reduce((sum, size) => sum + size, 0),
  )
  t.equal(segments, 15)
  t.ok(Math.abs(duration - 9) < 0.05)
  t.same(playlists.slice(-2), ['manifest.mpd', 'main.m3u8'])
  t.match(await text('split/main.m3u8'), /NAME="Deutsch",LANGUAGE="de"[^]*RESOLUTION=48x32/)
  t.same(await joinChunks(made, results, { client }), stored)
  const again = await plan({ layout: 'byterange' })
  t.equal(again.hash, made.hash, 'a plan made again is the same')
  t.same(await runSplit(again, { client }), stored)
})

t.test('a chunk that is encoded twice, and late, changes nothing of the package', async t => {
  const { s3, client, plan, pieces, text } = await openPackage(t, await mp4('25'))
  const made = await plan({ layout: 'segments' })
  const held = s3.fault({ operation: 'PutObject', key: /chunk-00001\.json$/, hold: true })
  const zombie = encodeChunk(made, 1, { client })
  await held.reached
  s3.clearFaults()
  const results = await pieces(made)
  const stored = await joinChunks(made, results, { client })
  const playlist = `split/${stored.package!.playlists[0]!}`
  const before = await text(playlist)
  held.release()
  t.same(await zombie, results[1], 'the zombie returns the first result')
  t.equal(await text(playlist), before)
  const attempts = () =>
    new Set(s3.keys('web').flatMap(key => /big\/(chunk-00001-\w+-\w+)-/.exec(key)?.[1] ?? []))
  t.equal(attempts().size, 2)
  await removeWork(made, { client })
  t.equal(attempts().size, 1, 'the media that no playlist names are removed')
  for (const line of before.split('\n').filter(line => line.endsWith('.m4s')))
    t.ok(s3.keys('web').includes(`split/${made.output.run}/big/${line}`), line)
  t.equal(await removeWork(made, { client }), 0, 'and nothing else, however often')
})

t.test('a newer package stays, with its manifest', async t => {
  const { s3, client, plan, pieces, text } = await openPackage(t, await mp4('25'))
  const made = await plan()
  const results = await pieces(made)
  await s3.put('web', 'split/main.m3u8', 'newer')
  await t.rejects(joinChunks(made, results, { client }), { code: 'AVIO_ERR_PLAN_TARGET_CHANGED' })
  s3.delete('web', 'split/main.m3u8')
  await s3.put('web', 'split/manifest.mpd', 'newer')
  await t.rejects(joinChunks(made, results, { client }), {
    code: 'AVIO_ERR_PLAN_TARGET_CHANGED',
    message: /manifest\.mpd/,
  })
  t.equal(await text('split/manifest.mpd'), 'newer')
  await joinChunks(await plan(), results, { client })
  t.match(await text('split/manifest.mpd'), /^<\?xml/, 'a plan made since then replaces it')
})

t.test('a newer package that comes during the join stays as well', async t => {
  const { s3, client, plan, pieces, text } = await openPackage(t, await mp4('25'))
  const made = await plan({ mpd: undefined })
  const results = await pieces(made)
  // After the last look, before the commit.
  const held = s3.fault({ operation: 'PutObject', key: 'split/main.m3u8', hold: true })
  const joining = joinChunks(made, results, { client })
  await held.reached
  await s3.put('web', 'split/main.m3u8', 'newer')
  held.release()
  await t.rejects(joining, { code: 'AVIO_ERR_PLAN_TARGET_CHANGED' })
  t.equal(await text('split/main.m3u8'), 'newer')
})

t.test('a manifest that is replaced or appears during the join stays as well', async t => {
  const { s3, client, plan, pieces, text } = await openPackage(t, await mp4('25'))
  for (const isThere of [false, true]) {
    if (isThere) await s3.put('web', 'split/manifest.mpd', 'older')
    const made = await plan()
    t.equal(made.output.replacesMpd !== undefined, isThere)
    const results = await pieces(made)
    const held = s3.fault({ operation: 'PutObject', key: 'split/manifest.mpd', hold: true })
    const joining = joinChunks(made, results, { client })
    await held.reached
    await s3.put('web', 'split/manifest.mpd', 'newer')
    held.release()
    await t.rejects(joining, { code: 'AVIO_ERR_PLAN_TARGET_CHANGED', message: /split\/manifest\.mpd is now/ })
    t.equal(await text('split/manifest.mpd'), 'newer')
    t.match(await text('split/main.m3u8'), made.output.run, 'the playlist has decided')
    await t.rejects(joinChunks(made, results, { client }), { code: 'AVIO_ERR_PLAN_TARGET_CHANGED' })
    await joinChunks(await plan(), results, { client })
    t.match(await text('split/manifest.mpd'), made.output.run, 'a plan made since then goes on')
    for (const root of ['split/main.m3u8', 'split/manifest.mpd']) s3.delete('web', root)
  }
})

for (const key of ['split/manifest.mpd', 'split/main.m3u8']) {
  t.test(`a join that is overtaken before it stores ${key} has the result of the other`, async t => {
    const { s3, client, plan, pieces, text } = await openPackage(t, await mp4('25'))
    const made = await plan()
    const results = await pieces(made)
    const held = s3.fault({ operation: 'PutObject', key, hold: true })
    const late = joinChunks(made, results, { client })
    await held.reached
    const first = await joinChunks(made, results, { client })
    const before = await text(key)
    held.release()
    t.same(await late, first)
    t.equal(await text(key), before)
  })
}

t.test('two machines with one plan publish one package, and both have its result', async t => {
  const { client, plan, pieces } = await openPackage(t, await mp4('25'))
  const made = await plan()
  const results = await pieces(made)
  const [one, two] = await Promise.all([
    joinChunks(made, results, { client }),
    joinChunks(made, results, { client }),
  ])
  t.same(one, two)
})

t.test('another label or manifest is another package, which overwrites nothing of the first', async t => {
  const { s3, client, plan, text } = await openPackage(t, await mp4('25'))
  const first = await plan({ mpd: undefined })
  await runSplit(first, { client })
  const ofFirst = s3.keys('web').filter(key => key.includes(first.output.run))
  const before = await Promise.all(ofFirst.map(key => s3.get('web', key)))
  const renditions = ladder().map(one => (one.label === undefined ? one : { ...one, label: 'German' }))
  for (const [more, key, shown] of [
    [{ mpd: 'manifest.mpd' }, 'split/manifest.mpd', /^<\?xml/],
    [{ renditions, mpd: undefined }, 'split/main.m3u8', /NAME="German"/],
  ] as const) {
    const { run } = (await runSplit(await plan(more), { client })).package!
    t.not(run, first.output.run)
    t.match(await text(key), shown)
    t.match(await text('split/main.m3u8'), run)
  }
  t.same(await Promise.all(ofFirst.map(key => s3.get('web', key))), before)
})

t.test('goes on after a failure between the playlist and the manifest', async t => {
  const { s3, client, plan, text } = await openPackage(t, await mp4('25'))
  const made = await plan()
  s3.fault({
    operation: 'PutObject',
    key: 'split/manifest.mpd',
    status: 403,
    code: 'AccessDenied',
    times: Infinity,
  })
  await t.rejects(runSplit(made, { client }), { code: 'AVIO_ERR_COMMIT_PARTIAL' })
  t.ok(s3.keys('work').length > 0, 'the results stay')
  s3.clearFaults()
  s3.clearCalls()
  const stored = await runSplit(await plan(), { client })
  t.notOk(
    s3.calls.some(({ operation, key }) => operation === 'PutObject' && key?.includes('chunk-')),
    'no chunk is encoded again',
  )
  t.match(await text('split/manifest.mpd'), new RegExp(stored.package!.run))
  t.same(s3.keys('work'), [])
})

t.test('an abort leaves nothing of the package', async t => {
  const { s3, client, plan, left } = await openPackage(t, await mp4('25'))
  for (const layout of ['byterange', 'segments'] as const) {
    const abort = new AbortController()
    const onProgress = ({ pieces }: { pieces: number }) => pieces === 2 && abort.abort()
    const made = await plan({ layout })
    await t.rejects(runSplit(made, { client, signal: abort.signal, onProgress }), { name: 'AbortError' })
    t.same([...left(), ...s3.keys('web')], [], layout)
  }
  const abort = new AbortController()
  const held = s3.fault({ operation: 'PutObject', key: /small\/index\.m3u8$/, hold: true })
  const joining = runSplit(await plan(), { client, signal: abort.signal })
  await held.reached
  abort.abort()
  held.release()
  await t.rejects(joining, { name: 'AbortError' })
  t.same([...left(), ...s3.keys('web')], [], 'nor one amid the join')
})

t.test('refuses media that are gone, and chunks with other headers', async t => {
  for (const layout of ['byterange', 'segments'] as const) {
    const { s3, client, plan, pieces } = await openPackage(t, await mp4('25'))
    const made = await plan({ layout })
    const results = await pieces(made)
    const [first, second] = results
    const rendition = second!.renditions[1]!
    const other = { ...rendition, init: { ...rendition.init, sha256: 'x' } }
    const changed = { ...second!, renditions: [second!.renditions[0]!, other] }
    await t.rejects(joinChunks(made, [first!, changed, ...results.slice(2)], { client }), {
      ...{
        code: 'AVIO_ERR_PLAN_MIXED',
        piece: 'chunk-00001',
        message: /segment of "small" than chunk-00000/,
      },
    })
    const gone = s3.keys('web').find(key => key.includes('small/chunk-00001'))!
    s3.delete('web', gone)
    await t.rejects(joinChunks(made, results, { client }), {
      code: 'AVIO_ERR_PLAN_GAP',
      message: new RegExp(gone),
    })
    t.notOk(s3.keys('web').includes('split/main.m3u8'))
  }
})

t.test(
  'counts objects as one run does: those of each piece, and all of them before anything is published',
  async t => {
    const { s3, client, plan, pieces, whole } = await openPackage(t, await mp4('25'))
    for (const layout of ['byterange', 'segments'] as const) {
      const output = { layout, images: { count: 2, columns: 1, rows: 1 } }
      const made = await plan(output)
      const results = await pieces(made)
      const stored = s3.keys('web').filter(key => key.includes(made.output.run)).length
      // The join stores three initialization segments.
      const most = stored + 3
      if (layout === 'segments') {
        await whole(output)
        t.equal(s3.keys('web').filter(key => /whole\/.*\.(?:m4s|mp4|jpg)$/.test(key)).length, most)
      }
      const limited = (maxObjects: number) => ({ ...made, limits: { maxObjects } })
      const refused = { code: 'AVIO_ERR_LIMIT_OBJECTS' }
      await t.rejects(joinChunks(limited(most - 1), results, { client }), refused)
      t.notOk(s3.keys('web').includes('split/main.m3u8'))
      if (layout === 'segments')
        await t.rejects(encodeAudio(limited(1), { client, ...fresh(s3, 'audio') }), refused)
      await t.rejects(encodeImages(limited(1), { client, ...fresh(s3, 'images') }), refused)
      await joinChunks(limited(most), results, { client })
      for (const root of ['split/main.m3u8', 'split/manifest.mpd']) s3.delete('web', root)
    }
  },
)

/** Forgets the results of a kind of piece, so that it is made again. */
function fresh(s3: LocalS3, kind: string): object {
  for (const key of s3.keys('work')) if (key.includes(`/${kind}`)) s3.delete('work', key)
  return {}
}

t.test('removes the replaced package if asked to', async t => {
  const { s3, client, plan, whole } = await openPackage(t, await mp4('25'))
  await whole({ prefix: 's3://web/split/' })
  const older = s3.keys('web')
  const made = await plan({ removeReplaced: true })
  const stored = await runSplit(made, { client })
  t.same(stored.package!.leftBehind, [])
  const roots = ['split/main.m3u8', 'split/manifest.mpd']
  t.same(
    s3.keys('web').filter(key => older.includes(key)),
    roots,
  )
})

t.test('asks for nothing after the commit', async t => {
  const { s3, client, plan, pieces } = await openPackage(t, await mp4('25'))
  const made = await plan()
  const results = await pieces(made)
  const when = () => s3.head('web', 'split/manifest.mpd') !== undefined
  const late = s3.fault({ when, status: 403, code: 'AccessDenied', times: Infinity })
  const stored = await joinChunks(made, results, { client })
  t.equal(late.hits, 0)
  s3.clearFaults()
  t.same(await joinChunks(made, [], { client }), stored, 'it is what a look at the store shows')
})

const OUTAGES = {
  denied: { status: 403, code: 'AccessDenied' },
  'failing for ever': { status: 500, code: 'InternalError' },
  'hanging until an abort': { stall: true },
} as const
for (const [name, fault] of Object.entries(OUTAGES)) {
  t.test(`tells which replaced objects are left by removals ${name}`, async t => {
    const { s3, client, plan, pieces, whole } = await openPackage(t, await mp4('25'))
    await whole({ prefix: 's3://web/split/' })
    const older = s3.keys('web').filter(key => !/(m3u8|mpd)$/.test(key) || key.includes('index'))
    const made = await plan({ removeReplaced: true })
    const results = await pieces(made)
    const over = new AbortController()
    const rule = s3.fault({ operation: 'DeleteObject', ...(fault as { status: number }), times: Infinity })
    if ('stall' in fault) void rule.reached.then(() => over.abort())
    const stored = await joinChunks(made, results, { client, signal: over.signal })
    t.equal(s3.head('web', 'split/main.m3u8')!.etag, stored.etag)
    t.same(stored.package!.leftBehind.map(file => `split/${file}`).sort(), older.sort())
  })
}
