import t from 'tap'
import { checkRun, hasNamedRun, seenTarget, withTarget } from '../../../lib/job/split/planned-target.js'
import type { PackageSettings } from '../../../lib/job/split/package-settings.js'
import { type SplitPlan, planHash } from '../../../lib/job/split/split-plan.js'
import type { SplitSettings } from '../../../lib/job/split/split-spec.js'
import { PLAN_METADATA } from '../../../lib/job/split/target-state.js'
import { WorkStore } from '../../../lib/job/split/work-store.js'
import { S3MultipartWritable } from '../../../lib/s3/s3-multipart-writable.js'
import { openSplit } from '../../support/split.js'

const OBJECT = { type: 'object', bucket: 'web', key: 'k' } as const
const PACKAGE: PackageSettings = {
  ...{ type: 'package', bucket: 'web', prefix: 'p/', targetDuration: 2, layout: 'segments' },
  ...{ playlist: 'main.m3u8', mpd: 'a.mpd', renditions: [{ name: 'hd' }], removeReplaced: false },
}
const PIECES = {
  version: 1 as const,
  source: { bucket: 'b', key: 'k', etag: '"e"', size: 10, start: 0 },
  video: { map: '0:0', rate: '25', gop: 50, shift: 0, runUp: 1000, renditions: [] },
  chunks: [{ start: 0, end: 50 }],
  file: [],
  fingerprint: { ffmpeg: '7.1', build: 'x', encoder: 'y' },
}
const settingsOf = (output: SplitSettings['output']) => ({ output }) as SplitSettings

t.test('remembers what the commit replaces, and which plan made it', async t => {
  const { s3, client } = await openSplit(t, Buffer.from('x'))
  const store = new WorkStore({ client })
  for (const output of [OBJECT, PACKAGE])
    t.same(await seenTarget(settingsOf(output), store), { replaces: {}, madeBy: undefined })
  const metadata = { [PLAN_METADATA]: 'h' }
  for (const key of ['k', 'p/main.m3u8']) {
    const sink = new S3MultipartWritable({ client, bucket: 'web', key, metadata })
    sink.end('x')
    await sink.result
  }
  await s3.put('web', 'p/a.mpd', 'y')
  t.match(await seenTarget(settingsOf(OBJECT), store), { replaces: { replaces: /^"/ }, madeBy: 'h' })
  t.match(await seenTarget(settingsOf(PACKAGE), store), {
    ...{ replaces: { replaces: /^"/, replacesMpd: /^"/ }, madeBy: 'h' },
  })
})

t.test('names a run after its pieces', async t => {
  const seen = { replaces: { replaces: '"e"' }, madeBy: undefined }
  const made = withTarget(PIECES, PACKAGE, seen)
  t.match(made.output, { run: /^[0-9a-f]{16}$/, replaces: '"e"' })
  t.equal(made.hash, planHash(made))
  t.same(withTarget(PIECES, PACKAGE, { replaces: {}, madeBy: undefined }).hash, made.hash)
  const other = withTarget({ ...PIECES, chunks: [] }, PACKAGE, seen)
  t.not((other.output as { run?: string }).run, (made.output as { run?: string }).run)
  const moved = withTarget(PIECES, { ...PACKAGE, prefix: 'q/' }, seen)
  t.not(moved.hash, made.hash, 'its segments would lie elsewhere')
  const named = withTarget(PIECES, { ...PACKAGE, run: 'v1' }, seen)
  t.match(named.output, { run: 'v1' })
  const isNamed = (plan: object) => hasNamedRun(plan as SplitPlan)
  t.same([isNamed(named), isNamed(made), isNamed(withTarget(PIECES, OBJECT, seen))], [true, false, false])
  t.same(withTarget(PIECES, OBJECT, seen).output, { ...OBJECT, replaces: '"e"' })
})

t.test('refuses a run that something else has published', async t => {
  const { s3, client } = await openSplit(t, Buffer.from('x'))
  const run = { ...PACKAGE, run: 'v1' }
  await checkRun(run, false, client)
  await s3.put('web', 'p/main.m3u8', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv1/hd/index.m3u8\n')
  await s3.put('web', 'p/v1/hd/index.m3u8', '#EXTM3U\n')
  await t.rejects(checkRun(run, false, client), { code: 'AVIO_ERR_OPTION', option: 'run' })
  await checkRun(run, true, client)
  await checkRun({ ...PACKAGE, run: 'v' }, false, client)
  await checkRun(PACKAGE, false, client)
})
