import t from 'tap'
import { TimeLeft } from '../../../lib/ffmpeg/log/time-left.js'

t.test('estimates the time to the end once the percentage has moved for a second', async t => {
  const left = new TimeLeft()
  t.equal(left.see(undefined, 0), undefined)
  t.equal(left.see(10, 1000), undefined)
  t.equal(left.see(11, 1500), undefined, 'too early')
  t.equal(left.see(12, 2000), 44, '2 % took a second')
  t.equal(left.see(12, 3000), 88, 'and now two')
  t.equal(left.see(100, 3500), 0)
})

t.test('says nothing while the percentage stands still', async t => {
  const left = new TimeLeft()
  for (const at of [0, 5000, 60_000]) t.equal(left.see(50, at), undefined)
})

t.test('goes by the last half minute', async t => {
  const left = new TimeLeft()
  for (let second = 0; second <= 100; second++) left.see(second / 10, second * 1000)
  t.equal(Math.round(left.see(10.1, 101_000)!), 899)
  let estimate = 0
  for (let second = 102; second <= 140; second++) estimate = left.see(10.1 + second - 101, second * 1000)!
  t.equal(Math.round(estimate), 51, 'ten times as fast as in the first minutes')
})

t.test('begins again with a run that begins again, and where the percentage was lost', async t => {
  const left = new TimeLeft()
  left.see(50, 0)
  left.see(60, 1000)
  t.equal(left.see(5, 2000), undefined)
  t.equal(left.see(10, 3000), 18)
  left.see(undefined, 4000)
  t.equal(left.see(20, 5000), undefined)
})
