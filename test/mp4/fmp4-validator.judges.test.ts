import t from 'tap'
import { type Verdict, judges, verdictOf } from '../support/judges.js'
import { type Faulty, faultsOf } from '../support/labelled-bad.js'
import { AAC, FRAGMENTED, H264_B_FRAMES, bothInputs, ffmpegToPipe } from '../support/media.js'

/**
 * The verdicts of other tools on the same files: ffmpeg's decoders, mp4box.js, mediabunny. Only that of Fmp4Validator
 * has to match the label. docs/validation.md has the printed table.
 */
const whole = await ffmpegToPipe([
  ...[...bothInputs({ seconds: 3, size: '64x48' }), ...H264_B_FRAMES, ...AAC, ...FRAGMENTED],
])

/** One fault of each kind: the numbers in its name are positions. */
function oneOfEach(): Map<string, Faulty> {
  const kinds = new Map<string, Faulty>()
  for (const fault of faultsOf(whole)) {
    const kind = fault.kind.replace(/ -?\d+(?= |$)/g, ' n')
    if (!kinds.has(kind)) kinds.set(kind, fault)
  }
  return kinds
}

const shown = (verdict: Verdict, all: Verdict): string => {
  if ('error' in verdict) return 'error'
  if ('error' in all) return '?'
  return verdict.samples === all.samples ? '–' : `${verdict.samples} of ${all.samples}`
}

t.test('agrees with other tools on the valid file, and finds more faults in the invalid ones', async t => {
  const all = await judges()
  if (process.env['CI']) t.equal(all.length, 4, 'mp4box.js and mediabunny are installed')
  const well = new Map<string, Verdict>()
  for (const one of all) {
    const verdict = await verdictOf(one, whole)
    well.set(one.name, verdict)
    t.ok('samples' in verdict && verdict.samples > 100, `${one.name}: ${JSON.stringify(verdict)}`)
  }
  const seen = new Map<string, number>()
  t.comment(`| fault | ${all.map(({ name }) => name).join(' | ')} |`)
  for (const [kind, { bytes, code }] of oneOfEach()) {
    const cells: string[] = []
    for (const one of all) {
      const verdict = await verdictOf(one, bytes)
      if (one.name === 'Fmp4Validator') t.same(verdict, { error: `AVIO_ERR_MP4_${code}` }, kind)
      if ('error' in verdict) seen.set(one.name, (seen.get(one.name) ?? 0) + 1)
      cells.push(one.name === 'Fmp4Validator' ? code : shown(verdict, well.get(one.name)!))
    }
    t.comment(`| ${kind} | ${cells.join(' | ')} |`)
  }
  t.comment(`| errors | ${all.map(({ name }) => seen.get(name) ?? 0).join(' | ')} |`)
})
