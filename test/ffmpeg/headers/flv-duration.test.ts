import t from 'tap'
import { FlvDuration } from '../../../lib/ffmpeg/headers/flv-duration.js'

/** A tag followed by its size. */
function tag(type: number, time: number, data: readonly number[]): Buffer {
  const bytes = Buffer.alloc(11 + data.length + 4)
  bytes[0] = type
  bytes.writeUIntBE(data.length, 1, 3)
  bytes.writeUIntBE(time % 2 ** 24, 4, 3)
  bytes[7] = Math.floor(time / 2 ** 24)
  bytes.set(data, 11)
  bytes.writeUInt32BE(11 + data.length, 11 + data.length)
  return bytes
}
const [AUDIO, VIDEO, SCRIPT] = [8, 9, 18]
const h264 = (shift: number) => [0x17, 1, 0, 0, shift, 9, 9, 9, 9, 9]

function endOf(tags: readonly Buffer[], rates = { frameRate: 0, sampleRate: 0 }, size = Infinity): number {
  const clock = new FlvDuration(rates)
  const bytes = Buffer.concat(tags)
  for (let at = 0; at < bytes.length; at += Math.min(size, bytes.length)) {
    clock.write(bytes.subarray(at, at + size))
  }
  t.ok(clock.isBetweenTags)
  return clock.end
}

t.test('takes the largest presentation time plus duration, in any order', async t => {
  const tags = [tag(VIDEO, 0, h264(0)), tag(VIDEO, 40, h264(120)), tag(VIDEO, 80, h264(0))]
  t.equal(endOf(tags), 40 + 120 + 40)
  t.equal(endOf(tags, { frameRate: 50, sampleRate: 0 }), 40 + 120 + 20)
  for (let size = 1; size < 80; size++) t.equal(endOf(tags, { frameRate: 50, sampleRate: 0 }, size), 180)
})

t.test('derives the duration of audio from its codec and rate', async t => {
  const rates = { frameRate: 0, sampleRate: 44_100 }
  t.equal(endOf([tag(AUDIO, 1000, [0xaf, 1, 5, 5])], rates), 1023, 'AAC')
  t.equal(endOf([tag(AUDIO, 1000, [0x2f])], rates), 1026, 'MP3')
  t.equal(endOf([tag(AUDIO, 1000, [0x2f])], { ...rates, sampleRate: 22_050 }), 1026, 'MP3 of MPEG-2')
  t.equal(
    endOf([tag(AUDIO, 0, [0x3f]), tag(AUDIO, 7, [0x3f])], rates),
    14,
    'PCM, as long as the previous packet',
  )
})

t.test('ignores headers, end marks and scripts', async t => {
  const others = [
    tag(AUDIO, 999, [0xaf, 0, 1, 2]),
    tag(VIDEO, 999, [0x17, 0, 0, 0, 0]),
    tag(VIDEO, 999, [0x17, 2, 0, 0, 0]),
    tag(SCRIPT, 999, [2, 0, 0]),
    tag(VIDEO, 999, [0x90, ...Buffer.from('hvc1')]),
    tag(VIDEO, 999, []),
  ]
  t.equal(endOf(others.slice(0, 5)), 0)
  t.equal(endOf([...others, tag(VIDEO, 0, [0x22]), tag(VIDEO, 40, [0x22])].slice(0, 5)), 0)
})

t.test('reads times of more than 24 bits, and of enhanced RTMP', async t => {
  const time = 2 ** 24 + 5
  const rates = { frameRate: 25, sampleRate: 0 }
  t.equal(endOf([tag(VIDEO, time, [0x22])], rates), time + 40)
  const hevc = [...Buffer.from('hvc1'), 0, 0, 80, 1, 1]
  t.equal(endOf([tag(VIDEO, 100, [0x91, ...hevc])], rates), 220, 'with a composition time')
  t.equal(endOf([tag(VIDEO, 100, [0x93, ...hevc])], rates), 140, 'without a composition time')
  t.equal(endOf([tag(VIDEO, 100, [0x91, ...Buffer.from('av01'), 9, 9, 9])], rates), 140)
})

t.test('reports a stream that ends within a tag', async t => {
  const clock = new FlvDuration({ frameRate: 0, sampleRate: 0 })
  clock.write(tag(VIDEO, 0, h264(0)).subarray(0, -1))
  t.notOk(clock.isBetweenTags)
})
