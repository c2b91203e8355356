import { fork } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { encodeAudio, encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { fingerprintOf } from '../../../lib/job/split/fingerprint.js'
import type { PieceResult } from '../../../lib/job/split/piece-result.js'
import { planSplit } from '../../../lib/job/split/plan-split.js'
import { runSplit } from '../../../lib/job/split/run-split.js'
import { type SplitPlan, planHash } from '../../../lib/job/split/split-plan.js'
import type { LocalS3 } from '../../../lib/testing/index.js'
import { programOf } from '../../support/program.js'
import { Unavailable } from '../../support/servers/debian-tree.js'
import { debianFfmpeg } from '../../support/servers/debian-ffmpeg.js'
import { AS_MP4, openSplit, packetTimes, splitSource } from '../../support/split.js'

t.test('makes a chunk once, and finds its result the next time', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const made = await plan()
  const frames: number[] = []
  const result = await encodeChunk(made, 1, { client, onProgress: progress => frames.push(progress.frames) })
  t.match(result, {
    piece: 'chunk-00001',
    renditions: [{ tracks: [{ samples: 48, startTicks: made.chunks[1]!.start * 1001 }] }],
  })
  t.equal(frames.at(-1), 48)
  t.match(result.renditions[0]!.media.key, new RegExp(`^pieces/${made.hash}/chunk-00001/.+\\.mp4$`))
  s3.clearCalls()
  t.same(await encodeChunk(made, 1, { client }), result)
  t.same(
    s3.calls.map(({ operation }) => operation),
    ['GetObject'],
    'only the result is read',
  )
})

t.test('the first of two attempts stays, and both return it', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const made = await plan()
  const [one, two] = await Promise.all([encodeChunk(made, 0, { client }), encodeChunk(made, 0, { client })])
  t.same(one, two)
  const keys = s3.keys('work')
  t.equal(keys.filter(key => key.endsWith('.json')).length, 1)
  t.ok(keys.includes(one.renditions[0]!.media.key))
  t.equal(keys.filter(key => key.endsWith('.mp4')).length, 2, 'each attempt has its own key')
})

t.test('a zombie changes nothing', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const made = await plan()
  // The worker stops right before it puts its result; another one does the work meanwhile.
  const held = s3.fault({ operation: 'PutObject', key: /chunk-00000\.json$/, hold: true })
  const zombie = encodeChunk(made, 0, { client })
  await held.reached
  const result = await encodeChunk(made, 0, { client })
  held.release()
  t.same(await zombie, result)
})

t.test('gives the chunk back before it reads the source, if the encoder is another one', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const made = await plan()
  const pieces = { ...made, fingerprint: { ...made.fingerprint, build: 'another' } }
  const other = { ...pieces, hash: planHash(pieces) }
  s3.clearCalls()
  const refused = { code: 'AVIO_ERR_PLAN_OTHER_FFMPEG', retryable: true }
  await t.rejects(encodeChunk(other, 0, { client }), refused)
  await t.rejects(encodeAudio(other, { client }), refused)
  t.notOk(s3.calls.some(({ bucket }) => bucket === 'masters'))
})

t.test('reads the version of the plan, or none', async t => {
  const { s3, client, plan, left } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const made = await plan()
  await s3.put('masters', 'in', await splitSource({ seconds: 6, more: AS_MP4 }))
  await t.rejects(encodeChunk(made, 0, { client }), { code: 'AVIO_ERR_OBJECT_CHANGED' })
  t.same(left(), [])
})

t.test('finds frames that the source does not have', async t => {
  // The plan counts on frames behind the end of the source.
  const { client, plan, left } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const made = await plan()
  const pieces = { ...made, chunks: [made.chunks[0]!, { start: 48, end: 144 }, { start: 144, end: 168 }] }
  const wrong = { ...pieces, hash: planHash(pieces) }
  await t.rejects(encodeChunk(wrong, 1, { client }), { code: 'AVIO_ERR_PLAN_GAP' })
  await t.rejects(encodeChunk(wrong, 2, { client }), {
    ...{ code: 'AVIO_ERR_PLAN_GAP', piece: 'chunk-00002', plan: wrong.hash, retryable: false },
    message: /chunk-00002 has no frames; the plan has 24\./,
    cause: { code: 'AVIO_ERR_FFMPEG_NO_OUTPUT' },
  })
  t.notOk(
    left().some(key => typeof key === 'string' && key.endsWith('.json')),
    'and no result was put',
  )
})

t.test('checks what it is called with', async t => {
  const { client, plan } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const made = await plan({ args: ['-an'] })
  await t.rejects(encodeChunk(made, 9, { client }), { code: 'AVIO_ERR_OPTION', option: 'n' })
  await t.rejects(encodeAudio(made, { client }), { code: 'AVIO_ERR_OPTION', option: 'plan' })
  await t.rejects(encodeChunk({ ...made, hash: 'x' }, 0, { client }), { code: 'AVIO_ERR_PLAN_INVALID' })
  for (const option of ['onProgress', 'onLog'])
    await t.rejects(encodeChunk(made, 0, { client, [option]: 1 }), { code: 'AVIO_ERR_OPTION', option })
  await t.rejects(encodeChunk(made, 0, { client, signal: AbortSignal.abort() }), { name: 'AbortError' })
})

const WORKER = new URL('../../fixtures/encodes-chunk.ts', import.meta.url)

/** A worker process that encodes a chunk: with the ffmpeg of this process, or another one. */
function startWorker(t: Test, s3: LocalS3, plan: SplitPlan, n: number, ffmpegPath?: string) {
  const { path, execArgv } = programOf(WORKER)
  const env = { ...process.env, ...(ffmpegPath !== undefined && { FFMPEG_PATH: ffmpegPath }) }
  const worker = fork(path, { execArgv, env })
  t.teardown(() => worker.kill('SIGKILL'))
  const message = once(worker, 'message').then(
    ([said]) => said as { result?: PieceResult; error?: Record<string, unknown> },
  )
  const exit = once(worker, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  worker.send({ config: s3.clientConfig(), plan, n })
  return { worker, message, exit }
}

/** Moments in the life of a chunk, as requests that the worker waits for. */
const MOMENTS = {
  'while it reads the source': { operation: 'GetObject', bucket: 'masters' },
  'while it stores the media': { operation: 'PutObject', key: /chunk-00001\/.+\.mp4$/ },
  'before it puts its result': { operation: 'PutObject', key: /chunk-00001\.json$/ },
} as const

for (const [moment, request] of Object.entries(MOMENTS)) {
  t.test(`a worker killed ${moment} costs its chunk, which another process encodes again`, async t => {
    const { s3, client, plan, whole, out, left } = await openSplit(t, await splitSource({ more: AS_MP4 }))
    const made = await plan()
    const held = s3.fault({ ...request, hold: true })
    const { worker, exit } = startWorker(t, s3, made, 1)
    await held.reached
    worker.kill('SIGKILL')
    t.same(await exit, [null, 'SIGKILL'])
    t.notOk(
      s3.keys('work').some(key => key.endsWith('.json')),
      'it left no result',
    )
    const { result } = await startWorker(t, s3, made, 1).message
    held.release()
    t.match(result, { piece: 'chunk-00001', renditions: [{ tracks: [{ samples: 48 }] }] })
    t.same(await encodeChunk(made, 1, { client }), result, 'the second attempt is the result')
    await runSplit(made, { client })
    t.same(await packetTimes(await out(), 'v'), await packetTimes(await whole(made), 'v'))
    t.same(left(), [])
  })
}

/** An ffmpeg of another build than this process's own; or why there is none. */
async function otherFfmpeg(): Promise<{ path: string } | { missing: string }> {
  const own = await fingerprintOf('libx264')
  const candidates = [
    async () => (await locateFfmpeg('ffmpeg')).path,
    async () => (await debianFfmpeg('trixie')).ffmpegPath,
  ]
  const reasons: string[] = []
  for (const candidate of candidates) {
    try {
      const path = await candidate()
      if ((await fingerprintOf('libx264', { ffmpegPath: path })).build !== own.build) return { path }
      reasons.push(`${path} is the same build`)
    } catch (error) {
      if (
        !(error instanceof Unavailable) &&
        (error as { code?: string }).code !== 'AVIO_ERR_FFMPEG_NOT_FOUND'
      )
        throw error
      reasons.push((error as Error).message)
    }
  }
  return { missing: `no second ffmpeg: ${reasons.join('; ')}` }
}

const other = await otherFfmpeg()
// Without one it fails in CI.
const skip = process.env['CI'] !== 'true' && 'missing' in other && other.missing

t.test('a worker with another real ffmpeg gives the chunk back, in both directions', { skip }, async t => {
  if ('missing' in other) throw new Error(other.missing)
  const { s3, client, spec } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const { path: own } = await locateFfmpeg()
  const refused = { error: { code: 'AVIO_ERR_PLAN_OTHER_FFMPEG', retryable: true } }
  for (const [planner, stranger] of [
    [own, other.path],
    [other.path, own],
  ]) {
    const made = await planSplit(spec(), { client, ffmpegPath: planner })
    if (made.unsplit !== undefined) throw new Error(made.unsplit.message)
    s3.clearCalls()
    t.match(await startWorker(t, s3, made, 0, stranger).message, refused)
    t.notOk(
      s3.calls.some(({ bucket }) => bucket === 'masters'),
      'before it reads the source',
    )
    t.match(await startWorker(t, s3, made, 0, planner).message, { result: { piece: 'chunk-00000' } })
  }
})
