import t from 'tap'
import { chunkFilters } from '../../../lib/job/encoding/chunk-filters.js'

const BASE = { rate: '24000/1001', shift: -20_708, filters: 'scale=-2:72', margin: 0 }
const CLOCK = 'settb=AVTB,setpts=PTS+20708,fps=24000/1001'
const KEY = "select='if(isnan(prev_selected_n),key,1)'"

t.test('puts the frames on the clock, cuts, and then filters', async t => {
  t.equal(chunkFilters(BASE), `${CLOCK},scale=-2:72`)
  t.equal(chunkFilters({ ...BASE, end: 48 }), `${CLOCK},trim=end_pts=48,scale=-2:72`)
  t.equal(
    chunkFilters({ ...BASE, start: 48, end: 96 }),
    `${KEY},${CLOCK},trim=start_pts=48:end_pts=96,scale=-2:72`,
  )
  t.equal(
    chunkFilters({ ...BASE, start: 48, filters: '', shift: 5 }),
    `${KEY},settb=AVTB,setpts=PTS-5,fps=24000/1001,trim=start_pts=48`,
  )
})

t.test('cuts twice for filters that look at neighbors', async t => {
  t.equal(
    chunkFilters({ ...BASE, start: 48, end: 96, filters: 'yadif', margin: 2 }),
    `${KEY},${CLOCK},trim=start_pts=46:end_pts=98,yadif,settb=1001/24000,trim=start_pts=48:end_pts=96`,
  )
  t.equal(chunkFilters({ ...BASE, filters: 'yadif', margin: 2 }), `${CLOCK},yadif`)
})
