import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { checkResults } from '../../../lib/job/split/check-results.js'
import { encodeAudio, encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { joinChunks } from '../../../lib/job/split/join-chunks.js'
import { planSplit } from '../../../lib/job/split/plan-split.js'
import type { SplitPlan } from '../../../lib/job/split/split-plan.js'
import { framesOf } from '../../support/media.js'
import { debianFfmpeg } from '../../support/servers/debian-ffmpeg.js'
import { Unavailable } from '../../support/servers/debian-tree.js'
import { AS_MP4, openSplit, packetTimes, splitSource } from '../../support/split.js'

/** What `ffmpeg -version` says: configuration and libraries, too. */
async function versionOf(ffmpegPath?: string): Promise<string> {
  const { path } = await locateFfmpeg(ffmpegPath)
  return (await promisify(execFile)(path, ['-version'])).stdout
}

/** The ffmpegs of Debian's suites, beside the one of this run, which may be one of them. */
const builds: { readonly ffmpegPath: string | undefined }[] = [{ ffmpegPath: undefined }]
const versions = new Set([await versionOf()])
const missing: string[] = []
for (const suite of ['trixie', 'sid']) {
  try {
    const build = await debianFfmpeg(suite)
    const version = await versionOf(build.ffmpegPath)
    if (!versions.has(version)) builds.push(build)
    versions.add(version)
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    missing.push(`no ffmpeg of Debian ${suite}: ${error.message}`)
  }
}
// Without them it fails in CI.
const skip = process.env['CI'] !== 'true' && missing.length > 0 && missing.join('; ')

const ENCODERS: Readonly<Record<string, readonly string[]>> = {
  libx264: ['-preset', 'veryfast', '-crf', '30', '-bf', '2'],
  libx265: ['-preset', 'ultrafast', '-crf', '30', '-x265-params', 'log-level=error'],
  'libvpx-vp9': ['-deadline', 'realtime', '-cpu-used', '8', '-crf', '40', '-b:v', '0'],
  libsvtav1: ['-preset', '12', '-crf', '50'],
}

/** Builds whose chunks of an encoder have one header must join; others must not. H.264 has one in all of them. */
for (const [encoder, args] of Object.entries(ENCODERS)) {
  t.test(`joins chunks of ${encoder} from several builds if their headers are equal`, { skip }, async t => {
    t.equal(missing.join(), '')
    t.ok(builds.length > 1)
    const { s3, client, plan, out } = await openSplit(t, await splitSource({ more: AS_MP4 }))
    const made = await plan({ args: ['-c:v', encoder, ...args, '-c:a', 'aac'], allowMixed: true })
    t.equal(made.allowMixed, true)
    const chunks = await Promise.all(
      made.chunks.map((_, n) => encodeChunk(made, n, { client, ...pathOf(n) })),
    )
    const results = [...chunks, await encodeAudio(made, { client, ...pathOf(1) })]
    t.equal(new Set(chunks.map(({ fingerprint }) => fingerprint.build)).size, builds.length, 'of all builds')
    const isEqual = new Set(chunks.map(({ renditions }) => renditions[0]!.init.sha256)).size === 1
    if (!isEqual) {
      t.not(encoder, 'libx264')
      await t.rejects(joinChunks(made, results, { client }), {
        ...{ code: 'AVIO_ERR_PLAN_MIXED', message: /another initialization segment/ },
      })
      t.same(s3.keys('web'), [])
      return
    }
    await joinChunks(made, results, { client })
    const alone = []
    for (const { media } of chunks.flatMap(({ renditions }) => renditions)) {
      const frames = await framesOf((await s3.get(media.bucket, media.key))!)
      alone.push(...frames.map(({ hash }) => hash))
    }
    const joined = (await framesOf(await out())).map(({ hash }) => hash)
    t.same(joined, alone, 'each chunk decodes as it does by itself')
    t.equal((await packetTimes(await out(), 'v')).length, alone.length)
  })
}

function pathOf(n: number) {
  const { ffmpegPath } = builds[n % builds.length]!
  return ffmpegPath === undefined ? {} : { ffmpegPath }
}

t.test('a plan that allows several builds is the same on each of them', { skip }, async t => {
  const { client, spec } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  for (const allowMixed of [false, true]) {
    const hashes = new Set<string>()
    for (const [n] of builds.entries()) {
      const plan = (await planSplit(spec({ allowMixed }), { client, ...pathOf(n) })) as SplitPlan
      hashes.add(plan.hash)
    }
    t.equal(hashes.size, allowMixed ? 1 : builds.length)
  }
})

t.test('accepts another build only with allowMixed, and another header never', async t => {
  const { client, plan } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  for (const allowMixed of [false, true]) {
    const made = await plan({ args: ['-an'], allowMixed })
    const [first, second] = await Promise.all(made.chunks.map((_, n) => encodeChunk(made, n, { client })))
    const other = { ...second!, fingerprint: { ...second!.fingerprint, build: 'x', encoder: 'y' } }
    const check = (result: object) => () => checkResults(made, [first, result])
    if (allowMixed) t.doesNotThrow(check(other))
    else t.throws(check(other), { code: 'AVIO_ERR_PLAN_MIXED' })
    const [rendition] = other.renditions
    const changed = { ...rendition!, init: { ...rendition!.init, sha256: 'z' } }
    t.throws(check({ ...other, renditions: [changed] }), { code: 'AVIO_ERR_PLAN_MIXED' })
  }
})

t.test('a chunk of a mixed plan names no version in its header', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const made = await plan({ allowMixed: true })
  const results = [await encodeChunk(made, 1, { client }), await encodeAudio(made, { client })]
  for (const { media, init } of results.flatMap(({ renditions }) => renditions)) {
    const head = (await s3.get(media.bucket, media.key))!.subarray(0, init.bytes).toString('latin1')
    t.notMatch(head, /Lav[cf]\d/)
  }
})
