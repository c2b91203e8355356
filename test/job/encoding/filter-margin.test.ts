import t from 'tap'
import { filterMargin } from '../../../lib/job/encoding/filter-margin.js'

t.test('filters that treat each frame by itself need no margin', async t => {
  for (const graph of [
    '',
    'scale=-2:720',
    'crop=iw/2:ih,format=yuv420p',
    "hue=h='90*t'",
    'scale@a=w=iw',
    'eq=gamma=1.5',
  ]) {
    t.equal(filterMargin(graph), 0, graph)
  }
  t.equal(filterMargin('scale=w=in_w:h=n_h'), 0, 'a name that only contains an n')
})

t.test('deinterlacers get a margin', async t => {
  t.equal(filterMargin('yadif'), 2)
  t.equal(filterMargin('yadif=mode=send_frame,scale=-2:720'), 2)
  t.equal(filterMargin('bwdif=0,yadif=0'), 4)
})

t.test(
  'refuses filters that remember, count or double frames, those it does not know, and graphs',
  async t => {
    for (const graph of [
      'tmix=frames=3',
      'hqdn3d',
      'fade=in:0:30',
      'fps=12',
      'setpts=N/25/TB',
      'minterpolate',
      'scale=2:2,reverse',
      'unheard_of',
      'yadif=1',
      'bwdif=mode=send_field',
      "hue=h='n*2'",
      "rotate='random(1)'",
      "crop=w=iw-2:x='mod(n,2)'",
      "scale=2:2:enable='between(n,1,5)'",
      '[in]scale=2:2[out]',
      'split[a][b];[a][b]overlay',
    ]) {
      t.throws(() => filterMargin(graph), { code: 'filter' }, graph)
    }
  },
)
