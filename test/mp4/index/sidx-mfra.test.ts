import t from 'tap'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { fragmentPlaces } from '../../../lib/mp4/index/sidx-mfra.js'
import { readMovie } from '../../../lib/mp4/index/read-moov.js'
import { box, fullBox, offsetOf, plainFragment, stream, u16, u32, u64 } from '../../support/fmp4.js'
import { AAC, H264, bothInputs, ffmpegToFile } from '../../support/media.js'
import { LoggedAccess } from '../../support/random-accesses.js'

async function places(bytes: Buffer): Promise<number[]> {
  const { topLevel, end } = await readMovie(new BytesSource({ bytes }))
  return fragmentPlaces(topLevel, end)
}

const moofs = (bytes: Buffer, count: number) =>
  Array.from({ length: count }, (_, n) => offsetOf(bytes, `moof[${n}]`))

t.test('finds fragments by an mfra at the end, in either version', async t => {
  const media = stream(plainFragment(1), plainFragment(2), plainFragment(3))
  const at = moofs(media, 3)
  const short = fullBox(
    'tfra',
    0,
    0,
    u32(1, 0, 3),
    ...at.map(place => Buffer.concat([u32(9, place), Buffer.alloc(3, 1)])),
  )
  const long = fullBox(
    'tfra',
    1,
    0,
    u32(2, 0x3f, 3),
    ...at.map(place => Buffer.concat([u64(9, place), u32(1, 1, 1)])),
  )
  for (const tfras of [[short], [long], [long, short]]) {
    const mfro = (size: number) => fullBox('mfro', 0, 0, u32(size))
    const size = box('mfra', ...tfras, mfro(0)).length
    t.same(
      await places(Buffer.concat([media, box('mfra', ...tfras, mfro(size))])),
      at.slice(1),
      'the first fragment starts where the moov ends',
    )
  }
})

t.test('finds fragments by a sidx after the moov', async t => {
  const sizes = [plainFragment(1), plainFragment(2)].map(spec => stream(spec).length - stream().length)
  const refs = sizes.flatMap(size => [size, 80, 0x90000000])
  const head = (version: 0 | 1) => (version === 0 ? u32(0, 4) : u64(0, 4))
  for (const version of [0, 1] as const) {
    const sidx = fullBox('sidx', version, 0, u32(1, 1000), head(version), u16(0, 2), u32(...refs))
    const gap = Buffer.from([0, 0, 0, 0])
    // The four bytes of first_offset are not a box: this test only compares positions.
    const bytes = stream(Buffer.concat([sidx, gap]), plainFragment(1), plainFragment(2))
    t.same(await places(bytes), [bytes.length - sizes[0]! - sizes[1]!, bytes.length - sizes[1]!])
  }
})

t.test('reads the indexes that ffmpeg writes', async t => {
  for (const flags of ['+frag_keyframe+delay_moov', '+frag_keyframe+delay_moov+global_sidx+dash']) {
    const args = [...bothInputs({ seconds: 4 }), ...H264, ...AAC, '-movflags', flags, '-f', 'mp4']
    const bytes = await ffmpegToFile(args, 'indexed.mp4')
    const found = await places(bytes)
    for (const place of found) t.match(bytes.toString('latin1', place + 4, place + 8), /moof|sidx/)
    t.ok(found.length >= 3, `${found.length} of ${flags}`)
  }
})

t.test('finds nothing in a damaged or missing index', async t => {
  const media = stream(plainFragment(1), plainFragment(2))
  const mfro = (size: number) => fullBox('mfro', 0, 0, u32(size))
  t.same(await places(media), [])
  for (const mfra of [
    mfro(16),
    mfro(0xffffffff),
    box('mfra', fullBox('tfra', 0, 0, u32(1, 0, 1000)), mfro(48)),
    box('mfra', fullBox('tfra', 0, 0, u32(1, 0, 0xffffffff)), mfro(48)),
  ]) {
    t.same(await places(Buffer.concat([media, mfra])), [])
  }
  t.same(await places(stream(fullBox('sidx', 0, 0, u32(1, 1000, 0, 0), u16(0, 9)))), [])
})

t.test('distinguishes a failing source from a damaged index', async t => {
  const bytes = stream(plainFragment(1), box('mdat', Buffer.alloc(200_000)))
  const error = new Error('broken')
  const { topLevel, end } = await readMovie(new LoggedAccess(bytes, { failAt: 150_000, error }))
  await t.rejects(fragmentPlaces(topLevel, end), error)
})
