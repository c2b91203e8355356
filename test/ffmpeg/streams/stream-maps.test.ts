import t from 'tap'
import type { MediaStreamInfo } from '../../../lib/ffmpeg/report/media-info.js'
import { StreamMaps } from '../../../lib/ffmpeg/streams/stream-maps.js'

const stream = (
  index: number,
  type: MediaStreamInfo['type'],
  more: Partial<MediaStreamInfo> = {},
): MediaStreamInfo => ({ index, type, codec: 'x', disposition: [], tags: {}, ...more })
const siblings = [
  stream(0, 'video', { id: 0x100 }),
  stream(1, 'audio', { language: 'deu', tags: { title: 'main' } }),
  stream(2, 'audio', { codec: 'unknown' }),
  stream(3, 'subtitle'),
  stream(4, 'data'),
  stream(5, 'video', { disposition: ['attached_pic'] }),
  stream(6, 'attachment'),
]

/** Indexes of the requested streams, and of the excluded streams; ffmpeg chooses among the others. */
function requested(args: readonly string[], input = 0): [number[], number[]] {
  const maps = new StreamMaps(args)
  const answer = (wanted: boolean) =>
    siblings.filter(info => maps.asksFor({ input, info, siblings }) === wanted).map(({ index }) => index)
  return [answer(true), answer(false)]
}

t.test('leaves every stream to ffmpeg without arguments, and excludes kinds such as -an', async t => {
  t.same(requested([]), [[], []])
  t.same(requested(['-an', '-dn']), [[], [1, 2, 4]])
  t.same(requested(['-vn', '-sn']), [[], [0, 3, 5]])
})

t.test('reads each form of -map as ffmpeg does', async t => {
  const table: [string[], number[]][] = [
    [['0'], [0, 1, 2, 3, 4, 5, 6]],
    [['0:v'], [0, 5]],
    [['0:V?'], [0]],
    [['0:a'], [1, 2]],
    [['0:a?'], [1, 2]],
    [['0:a:1'], [2]],
    [['0:s'], [3]],
    [['0:d'], [4]],
    [['0:t'], [6]],
    [['0:3'], [3]],
    [
      ['0:v:0', '0:a:0?'],
      [0, 1],
    ],
    [
      ['0', '-0:a:1'],
      [0, 1, 3, 4, 5, 6],
    ],
    [['-0:a', '0:a:0'], [1]],
    [['0:#0x100'], [0]],
    [['0:i:256'], [0]],
    [['0:m:language:deu'], [1]],
    [['0:m:title'], [1]],
    [['0:m:language:fra'], []],
    [['0:a:m:language:deu'], [1]],
    [['0:u'], [0, 1, 3, 4, 5, 6]],
    [['0:v:0:view:all'], [0]],
    [['0:p:1'], []],
    [['1'], []],
    [['[out]'], []],
  ]
  for (const [maps, expected] of table) {
    const args = maps.flatMap(map => ['-map', map])
    const [wanted, unwanted] = requested(args)
    t.same(wanted, expected, args.join(' '))
    const isGiven = maps.some(map => !map.startsWith('-'))
    if (isGiven) t.equal(unwanted.length, siblings.length - expected.length, 'excludes all others')
  }
  t.same(requested(['-map', '1'], 1), [[0, 1, 2, 3, 4, 5, 6], []])
})

t.test('maps nothing with negative maps alone', async t => {
  t.same(requested(['-map', '-0:a:1']), [[], [2]])
  t.equal(new StreamMaps(['-map', '-0:a:1']).areGiven, false)
  t.equal(new StreamMaps(['-map', '0:a']).areGiven, true)
  t.equal(new StreamMaps(['-map', '[v]']).areGiven, true)
})
