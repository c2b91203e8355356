import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { encodeAudio, encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { joinChunks } from '../../../lib/job/split/join-chunks.js'
import { removeWork } from '../../../lib/job/split/remove-work.js'
import type { SplitPlan } from '../../../lib/job/split/split-plan.js'
import type { S3Client } from '@aws-sdk/client-s3'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'

const chunksOf = (plan: SplitPlan, client: S3Client) =>
  Promise.all(plan.chunks.map((_, n) => encodeChunk(plan, n, { client })))
const pieces = async (plan: SplitPlan, client: S3Client) => [
  ...(await chunksOf(plan, client)),
  await encodeAudio(plan, { client }),
]

t.test('a newer object stays, and one of this plan is the result', async t => {
  const { s3, client, plan, out } = await openSplit(t, await splitSource({ seconds: 5, more: AS_MP4 }))
  const made = await plan()
  const results = await pieces(made, client)
  await s3.put('web', 'out.mp4', 'newer')
  await t.rejects(joinChunks(made, results, { client }), { code: 'AVIO_ERR_PLAN_TARGET_CHANGED' })
  t.equal(String(await out()), 'newer')
  const again = await plan()
  t.equal(again.hash, made.hash, 'a plan for the newer object shares the pieces')
  const stored = await joinChunks(again, results, { client })
  t.same(await joinChunks(again, results, { client }), stored)
  t.same(await joinChunks(made, results, { client }), stored, 'also for the older plan')
})

t.test('a newer object that comes during the join stays as well', async t => {
  const { s3, client, plan, out } = await openSplit(t, await splitSource({ seconds: 5, more: AS_MP4 }))
  const made = await plan()
  const results = await pieces(made, client)
  // After the last look, before the commit.
  const held = s3.fault({ operation: 'PutObject', bucket: 'web', hold: true })
  const joining = joinChunks(made, results, { client })
  await held.reached
  await s3.put('web', 'out.mp4', 'newer')
  held.release()
  await t.rejects(joining, { code: 'AVIO_ERR_PLAN_TARGET_CHANGED' })
  t.equal(String(await out()), 'newer')
})

t.test('a join whose pieces another run of the plan removes has the result of that run', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ seconds: 5, more: AS_MP4 }))
  const made = await plan()
  const results = await pieces(made, client)
  const held = s3.fault({ operation: 'GetObject', bucket: 'work', key: /\.mp4$/, hold: true })
  const late = joinChunks(made, results, { client })
  await held.reached
  const stored = await joinChunks(made, results, { client })
  await removeWork(made, { client })
  held.release()
  t.same(await late, stored)
  t.same(s3.keys('web'), ['out.mp4'])
})

/** An ffmpeg that ends early, and well. */
const SHORT = `#!/bin/sh
left=$#
for word do
  shift
  left=$((left - 1))
  case "$left $word" in '0 pipe:'*) set -- "$@" -frames:v 20 ;; esac
  set -- "$@" "$word"
done
exec ${process.env['FFMPEG_PATH'] ?? 'ffmpeg'} "$@"
`

t.test('stores nothing if the join loses frames', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ seconds: 5, more: AS_MP4 }))
  const made = await plan({ args: ['-c:v', 'libx264', '-preset', 'ultrafast', '-an'] })
  const results = await chunksOf(made, client)
  const folder = t.testdir({ ffmpeg: SHORT })
  chmodSync(join(folder, 'ffmpeg'), 0o755)
  await t.rejects(joinChunks(made, results, { client, ffmpegPath: join(folder, 'ffmpeg') }), {
    code: 'AVIO_ERR_PLAN_GAP',
    message: 'The join copied 20 frames, the pieces have 120: nothing was stored.',
  })
  t.same([...s3.keys('web'), ...s3.uploads('web')], [])
})

t.test('refuses pieces that do not fit, or are gone', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ seconds: 5, more: AS_MP4 }))
  const made = await plan()
  const results = await pieces(made, client)
  await t.rejects(joinChunks(made, results.slice(1), { client }), { code: 'AVIO_ERR_PLAN_GAP' })
  await s3.put('work', results[1]!.renditions[0]!.media.key, 'something else')
  await t.rejects(joinChunks(made, results, { client }), { code: 'AVIO_ERR_OBJECT_CHANGED' })
  t.same(s3.keys('web'), [])
  for (const option of ['onProgress', 'onLog'])
    await t.rejects(joinChunks(made, results, { client, [option]: 1 }), { code: 'AVIO_ERR_OPTION', option })
  await t.rejects(joinChunks(made, results, { client, signal: AbortSignal.abort() }), { name: 'AbortError' })
})
