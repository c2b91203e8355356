import t from 'tap'
import { runSplit } from '../../../lib/job/split/run-split.js'
import { type Frame, timedFramesOf } from '../../support/media.js'
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
    const ours = await timedFramesOf(split)
    t.same(hashes(ours), hashes(await timedFramesOf(unsplit)), 'frames')
    if (args.includes('-vf')) return
    // Lossless: the frames are those of the source, each less than half a frame from its own time.
    const theirs = await timedFramesOf(source)
    t.same(hashes(ours), hashes(theirs), 'frames of the source')
    // The audio may begin after zero, and the video before the audio.
    const begin = Math.max(0, ours.start)
    const negative = Math.min(0, theirs.start)
    const [numerator, denominator = 1] = made.video.rate.split('/').map(Number)
    const half = (0.5 * denominator) / numerator! + 0.0015
    const off = ours.frames.map(({ time }, n) =>
      Math.abs(begin + time - (theirs.frames[n]?.time ?? NaN) + negative),
    )
    t.ok(
      off.every(by => by <= half),
      `at most ${Math.max(...off)} s off`,
    )
  })
}

function hashes({ frames }: { readonly frames: readonly Frame[] }): string[] {
  return frames.map(({ hash }) => hash)
}
