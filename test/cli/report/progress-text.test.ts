import t from 'tap'
import { bytes, clock, progressText } from '../../../lib/cli/report/progress-text.js'

t.test('shows what is known, with a bar on a terminal', async t => {
  const progress = {
    phase: 'encode',
    percent: 50,
    outTime: 83.4,
    speed: 2.34,
    bytesIn: 45e6,
    totalSize: 1_200,
  }
  t.equal(progressText(progress, { hasBar: false }), 'encode   50 %  0:01:23  2.3×  in 45.0 MB  out 1.2 kB')
  t.match(progressText(progress, { hasBar: true }), ` 50 %  ${'█'.repeat(12)}${'░'.repeat(12)}  0:01:23`)
  t.equal(progressText({ phase: 'images', done: 3 }, { hasBar: true }), 'images  3 done')
  t.equal(progressText({ phase: 'probe' }, { hasBar: true }), 'probe ')
})

t.test('ends with the time left and the bottleneck, and makes room for them', async t => {
  const progress = {
    ...{ phase: 'encode', percent: 50, outTime: 83, speed: 2.3, bytesIn: 45e6, totalSize: 1_200, eta: 114 },
    bottleneck: 'ffmpeg (96 % busy)',
  }
  const end = '  0:01:54 left  bottleneck: ffmpeg (96 % busy)'
  const whole = progressText(progress, { hasBar: true })
  t.equal(
    whole,
    `encode   50 %  ${'█'.repeat(12)}${'░'.repeat(12)}  0:01:23  2.3×  in 45.0 MB  out 1.2 kB${end}`,
  )
  t.equal(progressText(progress, { hasBar: true, width: whole.length }), whole)
  const short = `${'█'.repeat(5)}${'░'.repeat(5)}`
  for (const [width, line] of [
    [whole.length - 1, `encode   50 %  ${short}  0:01:23  2.3×  in 45.0 MB  out 1.2 kB${end}`],
    [90, `encode   50 %  ${short}  0:01:23  2.3×${end}`],
    [79, `encode   50 %  0:01:23  2.3×${end}`],
    [10, `encode   50 %  0:01:23  2.3×${end}`],
  ] as const) {
    t.equal(progressText(progress, { hasBar: true, width }), line, `${width} columns`)
  }
})

t.test('draws a bar of one width at every percentage', async t => {
  for (const percent of [-1, 0, 0.4, 33.3, 99.9, 100, 101]) {
    const bar = progressText({ phase: 'encode', percent }, { hasBar: true }).split('%  ')[1]!
    t.equal(bar.length, 24, `${percent}: ${bar}`)
  }
})

t.test('writes sizes and times for people', async t => {
  t.same([0, 999, 1000, 999_949, 999_950, 5e12].map(bytes), [
    '0 B',
    '999 B',
    '1.0 kB',
    '999.9 kB',
    '1.0 MB',
    '5.0 TB',
  ])
  t.same([-1, 0, 59.9, 3661, 360_000].map(clock), ['0:00:00', '0:00:00', '0:00:59', '1:01:01', '100:00:00'])
})
