import t from 'tap'
import { pinOf, planSplit } from '../../../lib/job/split/plan-split.js'
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
  t.same(new Set(s3.calls.map(({ operation }) => operation)), new Set(['HeadObject', 'GetObject']))
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
  t.equal(await reason({ mode: 'auto' }), 'no-gain')
  t.equal(await reason({ mode: 'auto', workers: 4 }), undefined)
  await t.rejects(planSplit(spec({ args: ['-c', 'copy'], mode: 'required' }), { client }), {
    code: 'AVIO_ERR_PLAN_UNSPLIT',
    message: /-c:v copy/,
  })
  await t.rejects(planSplit(spec({ args: ['out.mp4'] }), { client }), { code: 'AVIO_ERR_ARGUMENT_REFUSED' })
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
