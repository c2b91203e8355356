import t from 'tap'
import { fragmentedKeys } from '../../../lib/mp4/index/fragmented-keys.js'
import { readMovie } from '../../../lib/mp4/index/read-moov.js'
import { type FragmentSpec, box, fullBox, offsetOf, plainFragment, stream, u32 } from '../../support/fmp4.js'
import { LoggedAccess } from '../../support/random-accesses.js'

async function keys(bytes: Buffer, id = 1) {
  const source = new LoggedAccess(bytes)
  const found = await readMovie(source)
  const track = found.movie.tracks.find(other => other.id === id)!
  return { ...(await fragmentedKeys(found, track)), reads: source.reads.length }
}

/** A stream of `count` fragments with an `mfra`, whose positions are off by `shift`. */
function indexed(count: number, shift = 0, padding = 0): Buffer {
  const free = padding > 0 ? { between: box('free', Buffer.alloc(padding)) } : {}
  const media = stream(...Array.from({ length: count }, (_, n) => ({ ...plainFragment(n + 1), ...free })))
  const at = Array.from({ length: count }, (_, n) => offsetOf(media, `moof[${n}]`) + shift)
  const tfra = fullBox('tfra', 0, 0, u32(1, 0x3f, count), u32(...at.flatMap(place => [0, place, 1, 1, 1])))
  return Buffer.concat([media, box('mfra', tfra, fullBox('mfro', 0, 0, u32(8 + tfra.length + 16)))])
}

t.test('lists consecutive fragments, with the times they state', async t => {
  const found = await keys(stream(plainFragment(1), plainFragment(2, 500)))
  t.same(
    found.keys.map(({ time }) => time),
    [0, 500],
  )
  t.equal(found.end, 580)
})

t.test('starts a fragment without a time where the previous one ended', async t => {
  const untimed = (sequence: number): FragmentSpec => {
    const spec = plainFragment(sequence)
    return { ...spec, tracks: spec.tracks.map(track => ({ ...track, time: null })) }
  }
  const found = await keys(stream(untimed(1), untimed(2), plainFragment(3, 1000), untimed(4)))
  t.same(
    found.keys.map(({ time }) => time),
    [0, 80, 1000, 1080],
  )
})

t.test('finds the same, in order, with four parallel walks over an index', async t => {
  const count = 40
  const plain = indexed(count)
  const found = await keys(plain)
  t.same(found.keys, (await keys(plain.subarray(0, offsetOf(plain, 'mfra')))).keys)
  t.same(
    found.keys.map(({ time }) => time),
    Array.from({ length: count }, (_, n) => n * 80),
  )
})

t.test('finds the same with a wrong index', async t => {
  const right = await keys(indexed(40))
  for (const shift of [8, -3, 30])
    t.same((await keys(indexed(40, shift))).keys, right.keys, `by ${shift} bytes`)
})

t.test('finds no key frames in a file without fragments', async t => {
  t.same((await keys(stream())).keys, [])
})

t.test('does not restart after a failure of the source', async t => {
  const bytes = indexed(40, 0, 20_000)
  const error = new Error('broken')
  const source = new LoggedAccess(bytes, { failAt: 500_000, error })
  const found = await readMovie(source)
  const last = bytes.length - 100
  const size = bytes.length
  t.ok(last < size)
  await t.rejects(fragmentedKeys(found, found.movie.tracks[0]!), error)
})
