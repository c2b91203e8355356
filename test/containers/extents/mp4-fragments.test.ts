import t from 'tap'
import { defaultSizes, fragmentEnd } from '../../../lib/containers/extents/mp4-fragments.js'
import { box, full, moov, parsed, u32 } from '../../support/index-boxes.js'

const NONE = new Map<number, number>()
const moof = (...trafs: Buffer[]) => parsed(box('moof', full('mfhd', u32(1)), ...trafs), 1000)
const traf = (tfhd: Buffer, ...truns: Buffer[]) => box('traf', tfhd, ...truns)
const base = (flags = 0x20000, ...fields: number[]) => full('tfhd', u32(7, ...fields), flags)

t.test('adds up the samples of a fragment', async t => {
  const sizes = full('trun', u32(3, 500, 10, 20, 30), 0x201)
  t.equal(fragmentEnd(moof(traf(base(), sizes)), NONE), 1560)
  const all = full('trun', u32(2, 500, 1, 10, 2, 3, 1, 20, 2, 3), 0xf01)
  t.equal(fragmentEnd(moof(traf(base(), all)), NONE), 1530, 'among other fields')
  t.equal(fragmentEnd(moof(traf(base(), full('trun', u32(1, 500, 9, 40), 0x205))), NONE), 1540, 'after flags')
  const twice = [sizes, full('trun', u32(1, 5), 0x200)]
  t.equal(fragmentEnd(moof(traf(base(), ...twice)), NONE), 1565, 'two consecutive runs')
  t.equal(fragmentEnd(moof(traf(base()), traf(base(), sizes)), NONE), 1560)
  t.equal(fragmentEnd(moof(traf(base(0), sizes), traf(base(0), full('trun', u32(1, 5), 0x200))), NONE), 1565)
})

t.test('takes the default size of the fragment, or the movie', async t => {
  const run = full('trun', u32(3, 500), 1)
  t.equal(fragmentEnd(moof(traf(base(0x20010, 100), run)), NONE), 1800)
  t.equal(fragmentEnd(moof(traf(base(0x2001a, 1, 2, 100), run)), NONE), 1800)
  const movie = moov(box('mvex', full('trex', u32(7, 1, 0, 50, 0))))
  t.equal(fragmentEnd(moof(traf(base(), run)), defaultSizes(movie)), 1650)
  t.equal(fragmentEnd(moof(traf(base(), run)), NONE), undefined)
})

t.test('states nothing in doubt', async t => {
  const run = full('trun', u32(1, 500, 10), 0x201)
  t.equal(fragmentEnd(moof(traf(base(1, 0, 1000), run)), NONE), 1510, 'an absolute offset in this stream')
  t.equal(
    fragmentEnd(moof(traf(base(1, 0, 9_000_000), run)), NONE),
    undefined,
    'an absolute offset of another stream',
  )
  t.equal(fragmentEnd(moof(traf(base(), full('trun', u32(1000, 500, 10), 0x201))), NONE), undefined)
  t.equal(fragmentEnd(moof(), NONE), 0, 'no samples')
  t.equal(fragmentEnd(moof(traf(base(), full('trun', u32(0, 5), 1))), NONE), 0, 'no samples')
  t.equal(defaultSizes(moov(box('mvex', box('trex')))).size, 0)
})
