import t from 'tap'
import { encodeAudio, encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { pinOf, planSplit } from '../../../lib/job/split/plan-split.js'
import { runSplit } from '../../../lib/job/split/run-split.js'
import { ffmpegToPipe } from '../../support/media.js'
import { AS_MP4, X264, openSplit, splitSource } from '../../support/split.js'

t.test('pins the source, cuts on the grid, and writes nothing', async t => {
  const { s3, client, spec } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const plan = await planSplit(spec({ source: { bucket: 'masters', key: 'in' } }), { client })
  t.match(plan, {
    ...{ version: 1, hash: /^[0-9a-f]{64}$/, unsplit: undefined, notes: [], file: [] },
    source: { bucket: 'masters', key: 'in', etag: /^"/, size: Number },
    video: {
      ...{ rate: '24000/1001', gop: 24, runUp: 1000 },
      renditions: [{ name: 'video', encoder: 'libx264', margin: 0, filters: '' }],
    },
    output: { type: 'object', bucket: 'web', key: 'out.mp4' },
    audio: [{ name: 'audio', args: ['-c:a', 'aac', '-b:a', '64k'] }],
  })
  t.same(plan.unsplit === undefined && plan.chunks.map(({ end, start }) => end - start), [48, 48, 48, 24])
  t.same(
    new Set(s3.calls.map(({ operation }) => operation)),
    new Set(['HeadObject', 'HeadBucket', 'GetObject']),
  )
  t.same(await planSplit(spec(), { client }), plan, 'and again')
  t.same(JSON.parse(JSON.stringify(plan)), plan)
})

t.test('pins the version, and knows what it would replace', async t => {
  const { s3, client, spec } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  await s3.put('web', 'out.mp4', 'older')
  const plan = await planSplit(spec(), { client })
  t.ok(plan.unsplit === undefined && plan.output.replaces)
  await t.rejects(
    planSplit(spec({ source: { bucket: 'masters', key: 'in', etag: '"other"' } }), { client }),
    {
      code: 'AVIO_ERR_OBJECT_CHANGED',
    },
  )
  await t.rejects(planSplit(spec({ source: { bucket: 'masters', key: 'gone' } }), { client }), {
    code: 'AVIO_ERR_NO_SUCH_KEY',
  })
  const pin = { bucket: 'b', key: 'k', versionId: 'v', etag: '"e"' }
  t.same(pinOf({ ...pin, size: 1 }), pin)
})

t.test('translates rates and key frames', async t => {
  const { client, spec } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const video = async (args: string[], more: object = {}) => {
    const plan = await planSplit(spec({ args: [...X264, ...args], ...more }), { client })
    return plan.unsplit === undefined ? [plan.video.rate, plan.video.gop] : plan.unsplit.code
  }
  t.same(await video(['-r', '12'], { gop: undefined, chunkSeconds: 1 }), ['12', 24])
  t.same(await video(['-force_key_frames', 'expr:gte(t,n_forced*0.5)', '-r', '30'], { gop: undefined }), [
    '30',
    15,
  ])
  t.same(await video(['-force_key_frames', 'expr:gte(t,n_forced*2)'], { gop: undefined }), 'key-frames')
  t.same(await video(['-g', '12'], { gop: undefined, frameRate: '24' }), ['24', 12])
})

t.test('says why an output is not split', async t => {
  const { client, spec } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const reason = async (more: object) => (await planSplit(spec(more), { client })).unsplit?.code
  t.equal(await reason({ args: ['-c', 'copy'] }), 'encoder')
  t.equal(await reason({ args: ['-b:v', '1M'] }), 'rate-control')
  t.equal(await reason({ args: ['-vf', 'tmix'] }), 'filter')
  t.equal(await reason({ args: ['-ss', '1'] }), 'argument')
  t.equal(await reason({ chunkSeconds: undefined }), 'short')
  await t.rejects(planSplit(spec({ args: ['-c', 'copy'], mode: 'required' }), { client }), {
    code: 'AVIO_ERR_PLAN_UNSPLIT',
    message: /-c:v copy/,
  })
  await t.rejects(planSplit(spec({ args: ['out.mp4'] }), { client }), { code: 'AVIO_ERR_ARGUMENT_REFUSED' })
})

t.test('with auto, splits if that is estimated to be faster', async t => {
  const { client, spec } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const plan = async (more: object) => await planSplit(spec({ mode: 'auto', ...more }), { client })
  // 7 s at real time, in four chunks of 2 s: each takes 3 s, the audio and the join 1 s each.
  const encodeSpeed = { chunk: 1, whole: 1 }
  for (const [workers, whole, isSplit] of [
    [1, 1, false],
    [4, 1, true],
    [4, 2, false],
    [100, 2, true],
    [100, 2.5, false],
    [2, 0.5, true],
  ] as const) {
    const { estimate, unsplit } = await plan({ workers, encodeSpeed: { chunk: 1, whole } })
    const { wholeSeconds, splitSeconds } = estimate!
    t.equal(splitSeconds < wholeSeconds, isSplit, `${splitSeconds} and ${wholeSeconds} s`)
    t.equal(unsplit?.code, isSplit ? undefined : 'no-gain', `${workers} workers, ${whole} ×`)
  }
  const { unsplit, estimate } = await plan({ encodeSpeed })
  t.match(
    unsplit?.message,
    /^With 1 at a time, 4 chunks would take about 1\d s, a single run about 8 s\. A chunk/,
  )
  t.match(estimate, { speed: 'stated', terms: { workers: 1, chunks: 4, chunkSpeed: 1, wholeSpeed: 1 } })
  for (const mode of ['required', 'prefer'])
    t.same((await plan({ mode, encodeSpeed })).estimate, estimate, `${mode} splits all the same`)
})

t.test('with auto, pieces that are encoded already are no reason to begin anew', async t => {
  const { s3, client, spec, plan: made } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  // As above: one at a time, four chunks of 3 s, the audio and the join of 1 s each; or 8 s in a single run.
  const encodeSpeed = { chunk: 1, whole: 1 }
  const plan = async (more: object = {}) => {
    s3.clearCalls()
    const one = await planSplit(spec({ mode: 'auto', encodeSpeed, ...more }), { client })
    return { one, lists: s3.calls.filter(({ operation }) => operation === 'ListObjectsV2').length }
  }
  const preferred = await made({ encodeSpeed })
  t.match(await plan({ workers: 4 }), { one: { unsplit: undefined }, lists: 0 }, 'nothing is looked for')
  t.match(await plan(), { one: { unsplit: { code: 'no-gain' } }, lists: 1 })
  await encodeChunk(preferred, 0, { client })
  const late = await plan()
  t.match(late, {
    one: {
      unsplit: {
        message: /^With 1 at a time, what is left \(1 of 4 chunks are encoded already\) would take/,
      },
      estimate: { terms: { chunks: 3, finishedChunks: 1, audioSeconds: 1.16 } },
    },
  })
  await encodeChunk(preferred, 2, { client })
  await encodeAudio(preferred, { client })
  const { one } = await plan()
  t.match(one, {
    ...{ unsplit: undefined, hash: preferred.hash },
    estimate: { terms: { chunks: 2, finishedChunks: 2, audioSeconds: 0 } },
  })
  s3.fault({ operation: 'ListObjectsV2', status: 403, code: 'AccessDenied' })
  t.match(await plan(), { one: { unsplit: { code: 'no-gain' } } }, 'who may not list them runs whole')
  s3.fault({ operation: 'ListObjectsV2', bucket: 'work', status: 404, code: 'NoSuchBucket' })
  await t.rejects(plan(), { code: 'AVIO_ERR_NO_SUCH_BUCKET' })
})

t.test('with auto, an object that the plan has made already is its result', async t => {
  const { s3, client, spec } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const output = { bucket: 'web', key: 'out.mp4', contentType: 'video/x' }
  const plan = (workers: number, mode: 'auto' | 'prefer') =>
    planSplit(spec({ ...{ mode, workers, output }, encodeSpeed: { chunk: 1, whole: 1 } }), { client })
  const stored = await runSplit(await plan(1, 'prefer'), { client })
  s3.clearCalls()
  const again = await plan(1, 'auto')
  t.equal(again.unsplit, undefined)
  t.notOk(s3.calls.some(({ operation }) => operation === 'ListObjectsV2'))
  t.same(await runSplit(again, { client }), stored)
})

t.test('estimates by what the plan encodes, without a change of its hash', async t => {
  const { client, plan } = await openSplit(t, await splitSource({ size: '128x72', more: AS_MP4 }))
  const { hash, estimate } = await plan()
  const { terms, encodings, speed } = estimate
  t.same([speed, encodings], ['assumed', ['libx264 veryfast, 128x72, 23.98 frames/s']])
  t.match(terms, { chunks: 4, workers: 1, runUpSeconds: 1 })
  t.ok(Math.abs(terms.chunkSeconds - 48 * (1001 / 24000)) < 1e-9)
  t.ok(Math.abs(terms.seconds - 7) < 0.1)
  t.ok(terms.audioSeconds > 1 && terms.wholeSpeed >= terms.chunkSpeed)
  const other = await plan({ workers: 9, encodeSpeed: { chunk: 3 } })
  t.equal(other.hash, hash)
  t.match(other.estimate, { speed: 'stated', terms: { workers: 9, chunkSpeed: 3 } })
  const args = ['-c:v', 'libx265', '-preset', 'slow', '-vf', 'scale=-2:36', '-r', '12', '-an']
  t.match((await plan({ args, gop: 12 })).estimate, {
    encodings: ['libx265 slow, 64x36, 12 frames/s'],
    terms: { audioSeconds: 0 },
    wholeThreads: 1,
  })
  for (const more of [{ args: [...X264, '-threads', '1'] }, { limits: { threads: 1 } }])
    t.equal((await plan(more)).estimate.wholeThreads, 1, 'a single run uses no more threads than it may')
  const renditions = [
    { name: 'hd', args: ['-an', '-c:v', 'libx264'] },
    { name: 'sd', args: ['-an', '-c:v', 'libx264', '-vf', 'scale=64:36'] },
  ]
  const output = { type: 'package', bucket: 'web', prefix: 'p/', targetDuration: 2, renditions } as const
  const work = { source: { bucket: 'masters', key: 'in' }, work: { bucket: 'work', prefix: 'pieces/' } }
  const ladder = await planSplit({ ...work, output, chunkSeconds: 2 }, { client })
  t.match(ladder.estimate, {
    encodings: ['libx264 medium, 128x72, 23.98 frames/s', 'libx264 medium, 64x36, 23.98 frames/s'],
    terms: { joinSeconds: 1 },
  })
})

t.test('says what about a source keeps its output whole', async t => {
  const code = async (source: Buffer) => {
    const { client, spec } = await openSplit(t, source)
    return (await planSplit(spec(), { client })).unsplit?.code
  }
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast']
  const sound = ['-f', 'lavfi', '-i', 'sine=d=3', '-c:a', 'aac', ...AS_MP4]
  t.equal(await code(await ffmpegToPipe(sound)), 'source', 'no video')
  const two = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:d=4', '-map', '0:v', '-map', '0:v', ...x264, ...AS_MP4]
  t.equal(await code(await ffmpegToPipe(two)), 'source', 'two videos')
  const changing = ['-f', 'lavfi', '-i', "testsrc2=s=64x64:r=50:d=6,select='lt(t,3)+not(mod(n,7))'"]
  const variable = [...changing, '-fps_mode', 'vfr', ...x264, ...AS_MP4]
  t.equal(await code(await ffmpegToPipe(variable)), 'frame-rate', 'a variable rate')
  const endless = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=25:d=4', '-c:v', 'libvpx-vp9', '-f', 'webm']
  t.equal(await code(await ffmpegToPipe(endless)), 'source', 'no duration: a WebM from a pipe')
})

t.test('takes the rate of the frames, though the average in the index is off', async t => {
  // The first frame is longer: without an edit list, the others are moved by the priming of the audio.
  for (const rate of ['25', '30000/1001', '60000/1001']) {
    const { client, spec } = await openSplit(
      t,
      await splitSource({ rate, seconds: 5, more: ['-bf', '0', ...AS_MP4] }),
    )
    t.match(await planSplit(spec(), { client }), { video: { rate } })
  }
})

t.test('tells which encoders may exceed their cap near a join', async t => {
  const { client, spec } = await openSplit(t, await splitSource({ seconds: 5, more: AS_MP4 }))
  for (const [encoder, cap] of [
    ['libvpx-vp9', ['-crf', '40', '-b:v', '0', '-maxrate', '1M', '-bufsize', '1M']],
    ['libaom-av1', ['-crf', '40', '-b:v', '0', '-maxrate', '1M', '-bufsize', '1M']],
    ['libsvtav1', ['-crf', '40', '-maxrate', '1M', '-bufsize', '1M']],
    ['libx264', ['-crf', '40', '-maxrate', '1M', '-bufsize', '1M']],
  ] as const) {
    const plan = await planSplit(spec({ args: ['-c:v', encoder, ...cap] }), { client })
    const wanted = encoder === 'libx264' ? [] : [new RegExp(`^${encoder} .*may exceed "-maxrate"`)]
    t.match(plan.unsplit ?? plan.notes, wanted)
    t.equal(plan.unsplit, undefined)
    if (plan.unsplit === undefined) t.equal(plan.notes.length, wanted.length)
  }
})
