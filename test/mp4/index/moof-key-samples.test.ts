import t from 'tap'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { type FragmentKeys, FragmentCounts, walkFragments } from '../../../lib/mp4/index/moof-key-samples.js'
import { MAX_SAMPLES } from '../../../lib/mp4/boxes/limits.js'
import { readMovie } from '../../../lib/mp4/index/read-moov.js'
import { type FragmentSpec, box, fullBox, offsetOf, plainFragment, stream, u32 } from '../../support/fmp4.js'
import { LoggedAccess } from '../../support/random-accesses.js'

async function walk(bytes: Buffer, id = 1, end = bytes.length): Promise<FragmentKeys[]> {
  const { topLevel, movie, end: start } = await readMovie(new BytesSource({ bytes }))
  const track = movie.tracks.find(other => other.id === id)!
  return walkFragments(topLevel, start, end, track, new FragmentCounts())
}

t.test('lists the sync samples of the track in each fragment, with position, size and time', async t => {
  const second: FragmentSpec = {
    sequence: 2,
    tracks: [
      {
        id: 1,
        time: 80,
        runs: [
          { samples: [{ size: 3, sync: false }] },
          {
            samples: [
              { size: 4, offset: 10 },
              { size: 5, sync: false },
            ],
            shift: null,
          },
        ],
      },
    ],
  }
  const bytes = stream(plainFragment(1), second)
  const media = (n: number) => offsetOf(bytes, `mdat[${n}]`) + 8
  t.same(await walk(bytes), [
    { decodeTime: 0, duration: 80, end: 80, keys: [{ time: 0, offset: media(0), size: 30 }] },
    { decodeTime: 80, duration: 120, end: 120, keys: [{ time: 50, offset: media(1) + 3, size: 4 }] },
  ])
  t.same(
    (await walk(bytes, 2)).map(({ decodeTime, keys }) => [decodeTime, keys.length]),
    [
      [0, 2],
      [undefined, 0],
    ],
    'every audio sample is a sync sample, and a fragment may have no audio',
  )
})

t.test('makes about one read per fragment, and reads no media', async t => {
  const big = (sequence: number): FragmentSpec => ({
    ...plainFragment(sequence),
    between: box('free', Buffer.alloc(100_000)),
  })
  const bytes = stream(...Array.from({ length: 10 }, (_, n) => big(n + 1)))
  const source = new LoggedAccess(bytes)
  const { topLevel, movie, end } = await readMovie(source)
  source.reads.length = source.delivered = 0
  const found = await walkFragments(topLevel, end, bytes.length, movie.tracks[0]!, new FragmentCounts())
  t.equal(found.length, 10)
  t.ok(source.reads.length <= 2 * 10, `${source.reads.length} reads, including the mdat after the free box`)
  t.ok(source.delivered < 25_000, `${source.delivered} bytes`)
})

t.test('rejects an end within a box', async t => {
  const bytes = stream(plainFragment(1), plainFragment(2))
  const second = offsetOf(bytes, 'moof[1]')
  t.equal((await walk(bytes, 1, second)).length, 1)
  await t.rejects(walk(bytes, 1, second - 1), { code: 'AVIO_ERR_MP4_BOX_SIZE' })
})

t.test('rejects a fragment with samples past the end of the file', async t => {
  const bytes = stream(plainFragment(1), plainFragment(2))
  const media = offsetOf(bytes, 'mdat[1]') + 8
  await t.rejects(walk(bytes.subarray(0, media + 29)), { code: 'AVIO_ERR_MP4_DATA_OFFSET' })
  t.equal((await walk(bytes.subarray(0, media + 30))).length, 2)
})

t.test('rejects runs that claim more samples than the limit', async t => {
  const run = (count: number) => fullBox('trun', 0, 0, u32(count))
  const traf = (count: number) => box('traf', fullBox('tfhd', 0, 0, u32(1)), run(count))
  const moof = (count: number) => box('moof', fullBox('mfhd', 0, 0, u32(1)), traf(count))
  const bytes = stream(moof(MAX_SAMPLES - 5), moof(6))
  await t.rejects(walk(bytes), { code: 'AVIO_ERR_MP4_LIMIT' })
})
