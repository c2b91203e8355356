import t from 'tap'
import { encodeAudio, encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { joinChunks } from '../../../lib/job/split/join-chunks.js'
import { planSplit } from '../../../lib/job/split/plan-split.js'
import { runSplit } from '../../../lib/job/split/run-split.js'
import {
  joinLimits,
  lookLimits,
  pieceLimits,
  probeLimits,
  splitLimitsOption,
} from '../../../lib/job/split/split-limits.js'
import type { PieceRendition } from '../../../lib/job/split/piece-result.js'
import type { SplitPlan } from '../../../lib/job/split/split-plan.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'

/** Limits that no step of the tests reaches. */
const GENEROUS = {
  ...{ maxInputBytes: 1e9, maxDuration: 3600.5, maxPixels: 1e6, maxOutputBytes: 1e9 },
  ...{ timeout: 1e9, idleTimeout: 1e9, threads: 2, nice: 1, memory: 2 ** 33, cpuSeconds: 3600 },
}

t.test('keeps what is given as JSON, and names the limit that breaks its rule', async t => {
  t.equal(splitLimitsOption({}), undefined)
  t.equal(splitLimitsOption({ limits: { timeout: Infinity, nice: undefined } }), undefined)
  t.same(splitLimitsOption({ limits: { ...GENEROUS, timeout: Infinity } }), {
    ...{ maxInputBytes: 1e9, maxDuration: 3600.5, maxPixels: 1e6, maxOutputBytes: 1e9 },
    ...{ idleTimeout: 1e9, threads: 2, nice: 1, memory: 2 ** 33, cpuSeconds: 3600 },
  })
  for (const name of Object.keys(GENEROUS)) {
    t.throws(() => splitLimitsOption({ limits: { [name]: -1 } }), {
      ...{ code: 'AVIO_ERR_OPTION', option: `limits.${name}` },
    })
  }
  t.throws(() => splitLimitsOption({ limits: { maxObjects: 0 } }), { code: 'AVIO_ERR_OPTION' })
  t.same(splitLimitsOption({ limits: { maxObjects: 1 } }), { maxObjects: 1 })
  t.equal(splitLimitsOption({ limits: { maxObjects: Infinity } }), undefined)
})

t.test('gives each tool the limits that concern it', async t => {
  const tool = { threads: 2, nice: 1, memory: 2 ** 33, cpuSeconds: 3600 }
  const probing = { ...tool, maxPixels: 1e6 }
  const looking = { ...probing, timeout: 1e9, idleTimeout: 1e9 }
  t.same(lookLimits(GENEROUS), looking)
  t.same(probeLimits(GENEROUS), probing)
  t.same(pieceLimits(GENEROUS), { ...looking, maxOutputBytes: 1e9 })
  t.same(joinLimits(GENEROUS), { ...looking, maxOutputBytes: 1e9, maxPixels: undefined })
})

t.test('limits are in the plan, and not in its hash, except for threads', async t => {
  const { client, plan, spec } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const [bare, limited] = [await plan(), await plan({ limits: { ...GENEROUS, threads: 1 } })]
  t.equal(bare.limits, undefined)
  t.same(limited.limits, { ...GENEROUS, threads: 1 })
  t.equal(limited.hash, bare.hash)
  t.ok((await runSplit(JSON.parse(JSON.stringify(limited)) as SplitPlan, { client })).bytes > 0)

  const threadsOf = ({ video }: SplitPlan) => {
    const { first } = video.renditions[0]!
    return first[first.indexOf('-threads') + 1]
  }
  const { source, args, output, work } = spec()
  for (const [more, threads] of [
    [{ limits: { threads: 2 } }, 2],
    [{ threads: 2, limits: { threads: 4 } }, 2],
    [{ args: ['-threads', '8'], limits: { threads: 2 } }, 2],
    [{ args: ['-threads', '2'], limits: { threads: 8 } }, 2],
  ] as const) {
    const made = (await planSplit(
      { source, args, output, work, chunkSeconds: 2, ...more },
      { client },
    )) as SplitPlan
    t.equal(threadsOf(made), String(threads))
    t.same(made.limits, { threads }, 'the bytes of some encoders depend on it')
  }
})

t.test('refuses a source or an output beyond a limit before anything is encoded', async t => {
  const { s3, plan } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  s3.clearCalls()
  await t.rejects(plan({ limits: { maxInputBytes: 10 } }), {
    ...{ code: 'AVIO_ERR_LIMIT_INPUT_BYTES', message: /^s3:\/\/masters\/in has \d+ bytes, more than 10/ },
  })
  t.notOk(
    s3.calls.some(({ operation }) => operation === 'GetObject'),
    'the source is not read',
  )
  await t.rejects(plan({ limits: { maxDuration: 3.9 } }), { code: 'AVIO_ERR_LIMIT_DURATION' })
  await t.rejects(plan({ limits: { maxPixels: 96 * 64 - 1 } }), { code: 'AVIO_ERR_LIMIT_PIXELS' })
  t.same(s3.keys('work'), [])
})

/** Limits that an ffmpeg exceeds, though the plan was made without them. */
const EXCEEDED = {
  AVIO_ERR_LIMIT_DURATION: { maxDuration: 1 },
  AVIO_ERR_LIMIT_PIXELS: { maxPixels: 1000 },
  AVIO_ERR_LIMIT_OUTPUT_BYTES: { maxOutputBytes: 1000 },
  AVIO_ERR_LIMIT_TIMEOUT: { timeout: 1 },
  AVIO_ERR_LIMIT_MEMORY: { memory: 64 * 1024 * 1024 },
} as const

t.test('each ffmpeg of a piece has the limits', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const made = await plan()
  for (const [code, limits] of Object.entries(EXCEEDED)) {
    await t.rejects(encodeChunk({ ...made, limits }, 1, { client }), { code }, `${code} of a chunk`)
    if (code === 'AVIO_ERR_LIMIT_PIXELS') continue
    await t.rejects(encodeAudio({ ...made, limits }, { client }), { code }, `${code} of the audio`)
  }
  t.same(s3.keys('work'), [])
})

t.test('the join has the limits, except for the size of frames, which are its own', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const made = await plan()
  const results = [
    ...(await Promise.all(made.chunks.map((_, n) => encodeChunk(made, n, { client })))),
    await encodeAudio(made, { client }),
  ]
  const largest = Math.max(...results.map(({ renditions }) => renditions[0]!.media.bytes))
  const join = (limits: SplitPlan['limits'] & object) => joinChunks({ ...made, limits }, results, { client })
  for (const [code, limits] of Object.entries({
    ...EXCEEDED,
    AVIO_ERR_LIMIT_PIXELS: undefined,
    AVIO_ERR_LIMIT_OUTPUT_BYTES: { maxOutputBytes: largest },
  })) {
    if (limits === undefined) continue
    await t.rejects(join(limits), { code })
  }
  t.same(s3.keys('web'), [])
  t.ok((await join({ maxPixels: 1000 })).bytes > 0)
})

t.test('the pieces of one run share the limit of bytes', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ seconds: 6, more: AS_MP4 }))
  const made = await plan({ args: ['-an'] })
  const [{ media }] = (await encodeChunk(made, 0, { client })).renditions as [PieceRendition]
  const limited = { ...made, limits: { maxOutputBytes: Math.floor(1.5 * media.bytes) } }
  await t.rejects(runSplit(limited, { client }), {
    ...{ code: 'AVIO_ERR_LIMIT_OUTPUT_BYTES', message: /^The pieces have \d+ bytes/ },
  })
  t.same(
    s3.keys('work').filter(key => key.endsWith('.json')).length,
    2,
    'it ends with the piece that exceeds it',
  )
})
