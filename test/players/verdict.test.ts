import t from 'tap'
import type { Findings } from './checks.js'
import type { Known } from './known.js'
import { linesOf, verdict } from './verdict.js'

const KNOWN: Known = {
  ...{ kinds: ['made-up'], judges: ['hls'], checks: ['end'], besides: ['seeks'], of: 'player', why: '' },
}
const GONE = /test\/players\/known.ts lists this check as failing, but it passes: playback reaches `ended`/

const problems = (judge: string, ...plays: Findings[]) => verdict('made-up', judge, plays, [KNOWN]).problems

t.test('fails on an unknown fault, and on a known fault that is gone', async t => {
  t.same(problems('hls.js', { end: 'it stands' }), [])
  t.same(problems('hls.js', { end: 'it stands', seeks: 'wrong' }), [])
  t.same(problems('dash.js', { end: 'it stands' }), ['end: it stands'], 'another judge')
  t.same(problems('hls.js', { end: 'it stands', sync: 'late' }), ['sync: late'])
  t.match(problems('hls.js', {}), [GONE])
})

t.test('reports only problems of every play', async t => {
  const bad = { sync: 'late', whole: 'a hole' }
  t.same(
    problems('dash.js', bad, { sync: 'very late' }),
    ['sync: very late'],
    'with the evidence of the last play',
  )
  t.same(problems('dash.js', bad, {}), [])
  t.same(problems('dash.js', {}, bad), [], 'in any play')
  t.same(problems('dash.js', { whole: 'a hole' }, { sync: 'late' }), [], 'a different one each time')
  t.same(problems('dash.js', bad, bad, { end: 'it stands', whole: 'a hole' }), ['whole: a hole'])
})

t.test('reports a known fault as gone only if no play shows it', async t => {
  t.match(problems('hls.js', {}, {}, {}), [GONE])
  t.same(problems('hls.js', {}, { end: 'it stands' }), [])
  t.same(problems('hls.js', { end: 'it stands' }, {}), [])
  t.match(problems('hls.js', { sync: 'late' }, {}), [GONE], 'another fault does not count')
})

t.test('prints the findings, whether the cell is replayed, and how to play it alone', async t => {
  const lines = (isLast: boolean, ...plays: Findings[]) =>
    linesOf(verdict('made-up', 'dash.js', plays, [KNOWN]), isLast)
  t.same(lines(false, {}), ['made-up, dash.js: ok'])
  t.same(lines(false, { sync: 'late' }), ['made-up, dash.js: to be replayed; sync: late', '  sync: late'])
  t.same(lines(false, { sync: 'late' }, {}), ['made-up, dash.js: ok (play 2)'])
  t.same(lines(true, { sync: 'late' }, { sync: 'early' }), [
    'made-up, dash.js: FAILED (play 2); sync: early',
    '  sync: early',
    `  alone: npm run players -- --kind=made-up --judge='dash.js'`,
  ])
  const known = verdict('made-up', 'hls.js', [{ end: 'it stands' }], [KNOWN])
  t.same(linesOf(known, true), ['made-up, hls.js: as known; end: it stands'])
})
