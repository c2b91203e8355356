import t from 'tap'
import { runSplit } from '../../../lib/job/split/run-split.js'
import { ffprobeJson, framesOf } from '../../support/media.js'
import { presented } from '../../support/presented.js'
import { openSplit } from '../../support/split.js'
import { CLOCKS, CONTAINERS, FIELDS, GOPS, PICTURES, TRACK_CHOICES } from '../../support/split-sources.js'

const LOSSLESS = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0', '-bf', '2']

for (const [
  name,
  { make, args = [], encoder = LOSSLESS, has = {}, sideData, mayFail = false },
] of Object.entries({
  ...CONTAINERS,
  ...CLOCKS,
  ...PICTURES,
  ...TRACK_CHOICES,
  ...GOPS,
  ...FIELDS,
})) {
  t.test(`makes of ${name} what one run makes`, async t => {
    const source = await make()
    const { s3, client, plan, whole, out, left } = await openSplit(t, source)
    const made = await plan({ args: [...encoder, '-c:a', 'aac', ...args] })
    t.ok(made.chunks.length >= 2, `${made.chunks.length} chunks`)
    const failure = await runSplit(made, { client, concurrency: 2 }).then(
      () => undefined,
      (error: unknown) => (error as { code?: string }).code ?? 'none',
    )
    if (mayFail && failure !== undefined) {
      t.equal(failure, 'AVIO_ERR_PLAN_GAP')
      t.same(s3.keys('web'), [])
      return
    }
    t.equal(failure, undefined)
    t.same(left(), [])
    const [split, unsplit] = [await out(), await whole(made)]
    const facts = await presented(split)
    t.same(facts, await presented(unsplit))
    t.match(facts.streams[0], has)
    for (const { data } of sideData === undefined ? [] : facts.keys)
      t.same(data.map(({ side_data_type: type }) => type).sort(), sideData)
    t.same(await hashes(split), await hashes(unsplit), 'frames')
    if (args.includes('-vf')) return
    // Lossless: the frames are those of the source, each less than half a frame from its own time.
    const [ours, theirs] = [await framesOf(split), await framesOf(source)]
    t.same(
      ours.map(({ hash }) => hash),
      theirs.map(({ hash }) => hash),
      'frames of the source',
    )
    // The audio may begin after zero, and the video before the audio.
    const begin = Math.max(0, await startOf(split))
    const negative = Math.min(0, await startOf(source))
    const [numerator, denominator = 1] = made.video.rate.split('/').map(Number)
    const half = (0.5 * denominator) / numerator! + 0.0015
    const off = ours.map(({ time }, n) => Math.abs(begin + time - (theirs[n]?.time ?? NaN) + negative))
    t.ok(
      off.every(by => by <= half),
      `at most ${Math.max(...off)} s off`,
    )
  })
}

async function hashes(file: Buffer): Promise<string[]> {
  return (await framesOf(file)).map(({ hash }) => hash)
}

/** The time of the first frame of any track, in seconds. */
async function startOf(file: Buffer): Promise<number> {
  const { format } = await ffprobeJson<{ format: { start_time: string } }>(file, [
    ...['-show_entries', 'format=start_time'],
  ])
  return Number(format.start_time)
}
