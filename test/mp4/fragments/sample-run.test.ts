import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { MAX_RUN_SAMPLES } from '../../../lib/mp4/boxes/limits.js'
import { SampleRun, isSync } from '../../../lib/mp4/fragments/sample-run.js'
import { box, fullBox, sampleFlags, u32 } from '../../support/fmp4.js'

const NONE = { duration: 0, size: 0, flags: 0 }

/** The run in `trun`. */
function run(trun: Buffer, defaults = NONE): SampleRun {
  const traf = box('traf', trun)
  const run = new SampleRun({ trackId: 1, defaults })
  run.trun.moveTo(Box.topLevel(traf, 0, traf.length, 0, 0), 8, trun.length, 0, 0)
  run.read()
  return run
}

t.test("prefers the first sample's own flags to the table's and the defaults", async t => {
  const flags = run(fullBox('trun', 0, 0x4, u32(2, sampleFlags(true))), {
    ...NONE,
    flags: sampleFlags(false),
  })
  t.same([isSync(flags.flagsAt(0)), isSync(flags.flagsAt(1))], [true, false])
})

t.test('reads composition offsets as unsigned in version 0, signed in version 1', async t => {
  const table = u32(2, 0xffffffff, 5)
  t.same(run(fullBox('trun', 0, 0x800, table)).compositionOffsetAt(0), 0xffffffff)
  const signed = run(fullBox('trun', 1, 0x800, table), { ...NONE, duration: 10 })
  t.equal(signed.compositionOffsetAt(0), -1)
  t.same(signed.totals, { duration: 20, size: 0, presentationStart: -1, presentationEnd: 25 })
})

t.test('rejects at once a run that claims more samples than it has, or than any run has', async t => {
  t.throws(() => run(fullBox('trun', 0, 0x200, u32(3, 1, 1))), { code: 'AVIO_ERR_MP4_BOX_INVALID' })
  t.throws(() => run(fullBox('trun', 0, 0xf00, u32(0xffffffff))), { code: 'AVIO_ERR_MP4_LIMIT' })
  t.throws(() => run(fullBox('trun', 0, 0x1, u32(0))), { code: 'AVIO_ERR_MP4_BOX_INVALID' }, 'no data offset')
  const long = run(fullBox('trun', 0, 0, u32(MAX_RUN_SAMPLES)), { duration: 1, size: 2, flags: 0 })
  t.same(long.totals, {
    duration: MAX_RUN_SAMPLES,
    size: 2 * MAX_RUN_SAMPLES,
    presentationStart: 0,
    presentationEnd: MAX_RUN_SAMPLES,
  })
  t.same(run(fullBox('trun', 1, 0x800, u32(0))).totals.presentationEnd, 0, 'a run without samples')
})
