import t from 'tap'
import type { Findings } from './checks.js'
import type { Known } from './known.js'
import { linesOf, verdict } from './verdict.js'

const KNOWN: Known = {
  ...{ kinds: ['made-up'], judges: ['hls'], checks: ['end'], besides: ['seeks'], of: 'player', why: '' },
}
const GONE = /it is in test\/players\/known.ts that it does not hold, and it does: it comes to `ended`/

const problems = (judge: string, ...plays: Findings[]) => verdict('made-up', judge, plays, [KNOWN]).problems

t.test('fails where something unknown is found, and where something known is gone', async t => {
  t.same(problems('hls.js', { end: 'it stands' }), [])
  t.same(problems('hls.js', { end: 'it stands', seeks: 'wrong' }), [])
  t.same(problems('dash.js', { end: 'it stands' }), ['end: it stands'], 'another judge')
  t.same(problems('hls.js', { end: 'it stands', sync: 'late' }), ['sync: late'])
  t.match(problems('hls.js', {}), [GONE])
})

t.test('takes for a problem what shows in each play', async t => {
  const bad = { sync: 'late', whole: 'a hole' }
  t.same(problems('dash.js', bad, { sync: 'very late' }), ['sync: very late'], 'as it showed last')
  t.same(problems('dash.js', bad, {}), [])
  t.same(problems('dash.js', {}, bad), [], 'whichever play it was')
  t.same(problems('dash.js', { whole: 'a hole' }, { sync: 'late' }), [], 'each time another one')
  t.same(problems('dash.js', bad, bad, { end: 'it stands', whole: 'a hole' }), ['whole: a hole'])
})

t.test('takes a known fault for gone when no play shows it', async t => {
  t.match(problems('hls.js', {}, {}, {}), [GONE])
  t.same(problems('hls.js', {}, { end: 'it stands' }), [])
  t.same(problems('hls.js', { end: 'it stands' }, {}), [])
  t.match(problems('hls.js', { sync: 'late' }, {}), [GONE], 'a fault of another kind says nothing of it')
})

t.test('says what was found, whether it is played again, and how to play it alone', async t => {
  const lines = (isLast: boolean, ...plays: Findings[]) =>
    linesOf(verdict('made-up', 'dash.js', plays, [KNOWN]), isLast)
  t.same(lines(false, {}), ['made-up, dash.js: well'])
  t.same(lines(false, { sync: 'late' }), ['made-up, dash.js: to be played again; sync: late', '  sync: late'])
  t.same(lines(false, { sync: 'late' }, {}), ['made-up, dash.js: well (play 2)'])
  t.same(lines(true, { sync: 'late' }, { sync: 'early' }), [
    'made-up, dash.js: FAILED (play 2); sync: early',
    '  sync: early',
    `  alone: npm run players -- --kind=made-up --judge='dash.js'`,
  ])
  const known = verdict('made-up', 'hls.js', [{ end: 'it stands' }], [KNOWN])
  t.same(linesOf(known, true), ['made-up, hls.js: as known; end: it stands'])
})
