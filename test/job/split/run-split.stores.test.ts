import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { encodeAudio, encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { joinChunks } from '../../../lib/job/split/join-chunks.js'
import { planSplit } from '../../../lib/job/split/plan-split.js'
import { removeWork } from '../../../lib/job/split/remove-work.js'
import { runSplit } from '../../../lib/job/split/run-split.js'
import type { SplitPlan } from '../../../lib/job/split/split-plan.js'
import { readPlan, readResults, storePlan } from '../../../lib/job/split/stored-plan.js'
import { MiB } from '../../../lib/options.js'
import { ffmpegToFile, framesOf } from '../../support/media.js'
import { type Store, stores } from '../../support/stores.js'

/** Lossless noise, so that the object has several parts: some stores ignore conditions on those. */
const NOISE = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=5,noise=alls=90:allf=t'],
  ...['-f', 'lavfi', '-i', 'sine=r=48000:d=5'],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
]

async function open(t: Test, store: Store) {
  const { client, bucket } = await store.open(t)
  const source = await ffmpegToFile(NOISE, 'source.mp4')
  const put = (Key: string, Body: Buffer | string) =>
    client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))
  const get = async (Key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }))
    return Buffer.from(await Body!.transformToByteArray())
  }
  const keys = async (Prefix: string) =>
    (await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }))).Contents ?? []
  await put('in', source)
  const plan = async () => {
    const made = await planSplit(
      {
        source: { bucket, key: 'in' },
        args: ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0', '-c:a', 'aac'],
        output: { bucket, key: 'out.mp4' },
        work: { bucket, prefix: 'pieces/' },
        ...{ gop: 50, threads: 1, chunkSeconds: 2 },
      },
      { client },
    )
    if (made.unsplit !== undefined) throw new Error(made.unsplit.message)
    return made
  }
  const pieces = async (made: SplitPlan) => {
    const results = [await encodeAudio(made, { client })]
    for (const [n] of made.chunks.entries()) results.push(await encodeChunk(made, n, { client }))
    return results
  }
  return { client, bucket, source, put, get, keys, plan, pieces }
}

for (const store of stores()) {
  t.test(`on ${store.name}, steps run twice, late and elsewhere, and nothing is left`, async t => {
    const { client, source, get, keys, plan, pieces } = await open(t, store)
    const made = await plan()
    const read = await readPlan(await storePlan(made, { client }), { client })
    t.same(read, made)
    const [one, two] = await Promise.all([encodeChunk(read, 0, { client }), encodeChunk(read, 0, { client })])
    t.same(one, two, 'the first result stays')
    t.same(await readResults(read, { client }), [one])
    await pieces(read)
    const results = await readResults(read, { client })
    t.equal(results.length, made.chunks.length + 1)
    const stored = await joinChunks(read, results, { client })
    t.ok(stored.bytes > 8 * MiB, 'in several parts')
    t.same(await joinChunks(read, results, { client }), stored, 'a join that runs twice')
    t.same(
      (await framesOf(await get('out.mp4'))).map(({ hash }) => hash),
      (await framesOf(source)).map(({ hash }) => hash),
    )
    await removeWork(read, { client })
    t.same(await keys('pieces/'), [])
    await encodeChunk(read, 1, { client })
    t.same(await runSplit(read, { client }), stored, 'a late step costs its piece, and nothing else')
    t.same(await keys('pieces/'), [])
  })

  t.test(`on ${store.name}, a newer object stays, whenever it comes`, async t => {
    const { client, put, get, plan, pieces } = await open(t, store)
    const made = await plan()
    const results = await pieces(made)
    await put('out.mp4', 'newer')
    await t.rejects(joinChunks(made, results, { client }), { code: 'AVIO_ERR_PLAN_TARGET_CHANGED' })
    t.equal(String(await get('out.mp4')), 'newer')

    const again = await plan()
    t.equal(again.hash, made.hash)
    let newest: Promise<unknown> | undefined
    const onProgress = () => void (newest ??= put('out.mp4', 'newest'))
    // Before the commit: the condition is looked at once more then, also for stores that ignore it.
    await t.rejects(joinChunks(again, results, { client, onProgress }), {
      code: 'AVIO_ERR_PLAN_TARGET_CHANGED',
    })
    await newest
    t.equal(String(await get('out.mp4')), 'newest')

    const stored = await joinChunks(await plan(), results, { client })
    t.equal((await get('out.mp4')).length, stored.bytes, 'a plan for the newest object replaces it')
    t.same(await joinChunks(made, results, { client }), stored)
  })
}
