import { HeadObjectCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { runSplit } from '../../../lib/job/split/run-split.js'
import { chunkFilters } from '../../../lib/job/encoding/chunk-filters.js'
import { ffmpegToFile, ffmpegToPipe, framesOf, packetsOf } from '../../support/media.js'
import { AS_MP4, LOSSLESS, openSplit, packetTimes, splitSource } from '../../support/split.js'

const SOURCES: Record<string, () => Promise<Buffer>> = {
  'MPEG-TS that starts at 3,601.4 s': () =>
    splitSource({ more: ['-output_ts_offset', '3601.4', '-f', 'mpegts'] }),
  'Matroska, whose audio begins before its video': () => matroskaFile(),
  'AVI without B-frames': () => splitSource({ rate: '25', more: ['-bf', '0', '-c:a', 'mp2', '-f', 'avi'] }),
  'MP4 of one GOP': () => splitSource({ more: ['-g', '1000', '-sc_threshold', '0', ...AS_MP4] }),
  'MPEG-TS with video 0.5 s after the audio': () =>
    ffmpegToPipe([
      ...['-itsoffset', '0.5', '-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=25:d=6'],
      ...['-f', 'lavfi', '-i', 'sine=f=440:r=48000:d=6.5'],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '20', '-c:a', 'aac', '-f', 'mpegts'],
    ]),
}

/** Written to a file, as a pipe has no duration and no cues. */
const matroskaFile = () =>
  ffmpegToFile(
    [
      ...['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=24000/1001:d=7', '-f', 'lavfi', '-i', 'sine=r=48000:d=7'],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '37', '-c:a', 'aac'],
    ],
    'source.mkv',
  )

for (const [name, make] of Object.entries(SOURCES)) {
  t.test(`makes of ${name} what one run makes`, async t => {
    const source = await make()
    const { client, plan, whole, out, left } = await openSplit(t, source)
    const made = await plan({ args: LOSSLESS })
    t.ok(made.chunks.length >= 3, `${made.chunks.length} chunks`)
    const { bytes } = await runSplit(made, { client, concurrency: 2 })
    const [split, unsplit] = [await out(), await whole(made)]
    t.equal(split.length, bytes)
    t.same(await packetTimes(split, 'v'), await packetTimes(unsplit, 'v'), 'video')
    t.same(await packetTimes(split, 'a'), await packetTimes(unsplit, 'a'), 'audio')
    t.same(left(), [], 'nothing is left of the work')
    // Lossless: each frame is one of the source, in the same place.
    const hashes = async (file: Buffer, args: string[] = []) =>
      (await framesOf(file, 'm', args)).map(({ hash }) => hash)
    t.same(await hashes(split), await hashes(unsplit), 'frames')
  })
}

t.test('applies filters, rotation and deinterlacing as one run does', async t => {
  const source = await splitSource({ rate: '25', more: ['-flags', '+ilme+ildct', ...AS_MP4] })
  const { client, plan, whole, out } = await openSplit(t, source)
  const made = await plan({ args: [...LOSSLESS, '-an', '-vf', 'yadif,transpose=1,scale=32:48'] })
  t.equal(made.video.renditions[0]!.margin, 2)
  await runSplit(made, { client, concurrency: 2 })
  const [split, unsplit] = [await out(), await whole(made)]
  t.same(await packetTimes(split, 'v'), await packetTimes(unsplit, 'v'))
  t.same(await framesOf(split), await framesOf(unsplit))
  t.match(chunkFilters({ ...made.video, ...made.video.renditions[0]!, start: 24 }), /yadif/)
})

const CODECS: Record<string, string[]> = {
  'H.264 of 10 bits with reordered B-frames': [
    '-c:v',
    'libx264',
    '-pix_fmt',
    'yuv420p10le',
    '-preset',
    'fast',
  ],
  HEVC: ['-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1', '-x265-params', 'log-level=error'],
  VP9: ['-c:v', 'libvpx-vp9', '-cpu-used', '8', '-deadline', 'realtime'],
  AV1: ['-c:v', 'libsvtav1', '-preset', '12'],
}

for (const [name, args] of Object.entries(CODECS)) {
  t.test(`makes of ${name} the packets of one run`, async t => {
    const { client, plan, whole, out } = await openSplit(t, await splitSource({ seconds: 5, more: AS_MP4 }))
    const made = await plan({ args: [...args, '-crf', '35', '-an'] })
    await runSplit(made, { client })
    const [split, unsplit] = [await out(), await whole(made)]
    t.same(await packetTimes(split, 'v'), await packetTimes(unsplit, 'v'))
    t.equal((await framesOf(split)).length, (await framesOf(unsplit)).length, 'and all of them decode')
  })
}

for (const encoder of ['libx264', 'libx265']) {
  t.test(`keeps a stream of ${encoder} to its cap across the joins`, async t => {
    const noisy = ['-vf', 'noise=alls=60:allf=t', '-preset', 'ultrafast', '-qp', '0', ...AS_MP4]
    const { client, plan, out } = await openSplit(t, await splitSource({ rate: '25', more: noisy }))
    const cap = ['-crf', '18', '-maxrate', '400k', '-bufsize', '400k', '-preset', 'fast', '-an']
    const made = await plan({ args: ['-c:v', encoder, ...cap] })
    await runSplit(made, { client })
    const replayed = underflow(await packetSizes(await out()), 400_000 / 25, 400_000)
    t.ok(replayed < 40_000, `the buffer of a decoder lacks ${replayed} of 400,000 bits at worst`)
  })
}

/** Sizes of the video's packets in decoding order, in bits. */
async function packetSizes(bytes: Buffer): Promise<number[]> {
  return (await packetsOf(bytes, ['-select_streams', 'v'])).map(({ size }) => Number(size) * 8)
}

/** A decoder's buffer that is filled at the cap: how many bits it lacks at the worst moment. */
function underflow(sizes: readonly number[], perFrame: number, size: number): number {
  let fullness = 0.9 * size
  let worst = 0
  for (const bits of sizes) {
    fullness -= bits
    worst = Math.max(worst, -fullness)
    fullness = Math.min(size, fullness + perFrame)
  }
  return worst
}

t.test('encodes only what is missing, and reports progress that never exceeds the whole', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource())
  const made = await plan()
  s3.fault({ operation: 'PutObject', key: /chunk-00001\.json$/, times: 1, status: 403, code: 'AccessDenied' })
  await t.rejects(runSplit(made, { client }), { code: 'AVIO_ERR_ACCESS_DENIED' })
  const kept = s3.keys('work').filter(key => key.endsWith('.json'))
  t.same(
    kept.map(key => key.slice(key.lastIndexOf('/') + 1)),
    ['audio.json', 'chunk-00000.json'],
    'a failure keeps what is done',
  )
  s3.clearFaults()
  s3.clearCalls()
  const seen: { frames: number; pieces: number; step: string }[] = []
  await runSplit(await plan(), { client, onProgress: progress => seen.push(progress) })
  const media = s3.calls.filter(
    ({ operation, key }) => operation === 'PutObject' && /chunk.*mp4$/.test(key ?? ''),
  )
  t.same(
    media.map(({ key = '' }) => /chunk-\d+/.exec(key)?.[0]),
    ['chunk-00001', 'chunk-00002', 'chunk-00003'],
  )
  const total = made.chunks.at(-1)!.end - made.chunks[0]!.start
  t.ok(seen.every(({ frames }) => frames <= total))
  t.match(seen.at(-1), { step: 'join', pieces: 5, frames: total })
})

t.test('an object that this plan has made already is the result at once', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource())
  const made = await plan()
  const first = await runSplit(made, { client })
  s3.clearCalls()
  t.same(await runSplit(made, { client }), first)
  t.same(await runSplit(await plan(), { client }), first, 'a plan made again is the same')
  t.notOk(
    s3.calls.some(({ operation }) => operation === 'PutObject' || operation === 'CompleteMultipartUpload'),
  )
})

t.test('stores an object again whose content type, cache control or metadata have changed', async t => {
  const { client, plan } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const where = { bucket: 'web', key: 'out.mp4' }
  for (const [more, shown] of [
    [{}, { ContentType: 'video/mp4' }],
    [{ contentType: 'video/x' }, { ContentType: 'video/x' }],
    [{ contentType: 'video/x', cacheControl: 'no-store' }, { CacheControl: 'no-store' }],
    [{ metadata: { title: 'a' } }, { Metadata: { title: 'a' } }],
  ] as const) {
    const made = await plan({ args: ['-an'], output: { ...where, ...more } })
    const stored = await runSplit(made, { client })
    t.match(await client.send(new HeadObjectCommand({ Bucket: where.bucket, Key: where.key })), shown)
    t.same(await runSplit(made, { client }), stored, 'and only then')
  }
})

t.test('an abort after the commit is too late: the object is the result, and its pieces go', async t => {
  const { s3, client, plan, left } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const abort = new AbortController()
  const held = s3.fault({ operation: 'DeleteObject', bucket: 'work', hold: true })
  const running = runSplit(await plan(), { client, signal: abort.signal })
  await held.reached
  abort.abort()
  held.release()
  t.match(await running, { key: 'out.mp4', etag: s3.head('web', 'out.mp4')!.etag })
  t.same(left(), [])
})

t.test('tells which pieces could not be removed, and the object is the result all the same', async t => {
  const { s3, client, plan, left } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const made = await plan()
  s3.fault({ operation: 'DeleteObject', status: 403, code: 'AccessDenied', times: Infinity })
  const { workLeft, ...stored } = await runSplit(made, { client, concurrency: 2 })
  t.match(stored, { key: 'out.mp4', etag: s3.head('web', 'out.mp4')!.etag })
  t.match(workLeft, { url: `s3://work/pieces/${made.hash}/`, code: 'AVIO_ERR_ACCESS_DENIED' })
  t.match(workLeft?.message, /avio-streams clean --work s3:\/\/work\/pieces\/ --older-than 24h --delete/)
  t.not(left().length, 0)
  s3.clearFaults()
  t.same(await runSplit(made, { client }), stored, 'another run finds the object, and removes them')
  t.same(left(), [])
})

t.test('an abort stays an abort if its pieces can’t be removed, and tells that', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const made = await plan()
  s3.fault({ operation: 'DeleteObject', status: 403, code: 'AccessDenied', times: Infinity })
  for (const reason of [undefined, 'no error']) {
    const abort = new AbortController()
    const onProgress = ({ pieces }: { pieces: number }) => pieces === 1 && abort.abort(reason)
    const run = runSplit(made, { client, signal: abort.signal, onProgress })
    const error = await run.then(
      () => t.fail(),
      (thrown: unknown) => thrown,
    )
    if (reason !== undefined) t.equal(error, reason)
    else t.match(error, { name: 'AbortError', cleanupError: { message: /could not all be removed/ } })
  }
})

t.test('leaves nothing after an abort', async t => {
  const { s3, client, plan, left } = await openSplit(t, await splitSource())
  const abort = new AbortController()
  const onProgress = ({ pieces }: { pieces: number }) => pieces === 2 && abort.abort()
  await t.rejects(runSplit(await plan(), { client, signal: abort.signal, onProgress }), {
    name: 'AbortError',
  })
  t.same(left(), [])
  t.same(s3.keys('web'), [])
  await t.rejects(runSplit(await plan(), { client, signal: abort.signal }), { name: 'AbortError' })
})

t.test('two machines with one plan store one object, and both have its result', async t => {
  const { client, plan, whole, out } = await openSplit(t, await splitSource())
  const made = await plan()
  const runs = await Promise.allSettled([runSplit(made, { client }), runSplit(made, { client })])
  const results = runs.flatMap(run => (run.status === 'fulfilled' ? [run.value.etag] : []))
  t.ok(results.length >= 1, 'one at least is through; the other may find its pieces removed')
  t.equal(new Set(results).size, 1)
  t.same(await packetTimes(await out(), 'v'), await packetTimes(await whole(made), 'v'))
})

t.test('checks its options', async t => {
  const { client, plan } = await openSplit(t, await splitSource())
  const made = await plan()
  await t.rejects(runSplit(made, { client, concurrency: 0 }), {
    code: 'AVIO_ERR_OPTION',
    option: 'concurrency',
  })
  for (const option of ['onProgress', 'onLog'])
    await t.rejects(runSplit(made, { client, [option]: 1 }), { code: 'AVIO_ERR_OPTION', option })
  await t.rejects(runSplit({ version: 1, unsplit: { code: 'short', message: 'Too short.' } }, { client }), {
    code: 'AVIO_ERR_PLAN_UNSPLIT',
    message: /Too short\./,
  })
})

t.test('returns the result of another run of its plan, which removed its pieces in the middle', async t => {
  const { s3, client, plan, left } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const made = await plan()
  const key = /chunk-00001\/.*mp4$/
  const held = s3.fault({ bucket: 'work', operation: 'PutObject', key, hold: true })
  const first = runSplit(made, { client })
  await held.reached
  const second = await runSplit(made, { client })
  s3.fault({
    bucket: 'work',
    operation: 'GetObject',
    key,
    status: 403,
    code: 'AccessDenied',
    times: Infinity,
  })
  held.release()
  t.same(await first, second)
  t.same(left(), [])
})

t.test('a run that fails tells its own error, whatever lies under the key', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const made = await plan()
  const key = /chunk-00001\/.*mp4$/
  s3.fault({
    bucket: 'work',
    operation: 'PutObject',
    key,
    status: 403,
    code: 'AccessDenied',
    times: Infinity,
  })
  await t.rejects(runSplit(made, { client }), { code: 'AVIO_ERR_ACCESS_DENIED' })
  const held = s3.fault({ bucket: 'work', operation: 'GetObject', key: /chunk-00001\.json$/, hold: true })
  const running = runSplit(made, { client })
  await held.reached
  await s3.put('web', 'out.mp4', 'newer')
  held.release()
  await t.rejects(running, { code: 'AVIO_ERR_ACCESS_DENIED' })
})
