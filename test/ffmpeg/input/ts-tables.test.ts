import t from 'tap'
import { TsTables } from '../../../lib/ffmpeg/input/ts-tables.js'
import * as media from '../../support/media.js'
import { AC3, associations, mapOf, mediaPackets, tablePackets } from '../../support/transport.js'

const look = (head: Buffer) => new TsTables().look(head)

/** Enough packets to determine their size. */
const filler = tablePackets(0x1ffe, Buffer.alloc(10), 4)

t.test('reports the audio of each program once all tables have arrived', t => {
  const video = [0x1b, 0x101] as const
  const whole = Buffer.concat([
    filler,
    // The network table has no streams.
    tablePackets(0, associations([0, 0x10], [1, 0x100], [2, 0x200])),
    tablePackets(0x100, mapOf(1, [video, [0x0f, 0x102], [0x81, 0x103]])),
    tablePackets(
      0x200,
      mapOf(2, [
        [0x0f, 0x202],
        [0x06, 0x203],
        [0x15, 0x204],
        [0x06, 0x205, AC3],
      ]),
      9,
    ),
  ])
  const packets = whole.length / 188
  t.ok(packets > 8, 'a table may span packets')
  const growing = new TsTables()
  for (let n = 1; n < packets; n++) {
    const head = whole.subarray(0, n * 188)
    t.not(look(head)?.isComplete, true, `${n} of ${packets} packets`)
    t.same(growing.look(head), look(head), 'the same result as the head grows')
  }
  t.match(look(whole), { isComplete: true, adts: 2, others: 2, unknown: 1 })
  t.equal(growing.look(whole)?.isComplete, true)
  t.equal(growing.visited, packets, 'each packet is read once')
  t.end()
})

t.test('distinguishes two programs whose tables share an identifier', t => {
  const both = Buffer.concat([
    filler,
    tablePackets(0, associations([1, 0x100], [2, 0x100])),
    tablePackets(0x100, mapOf(1, [[0x0f, 0x102]])),
  ])
  t.equal(look(both)?.isComplete, false)
  const more = tablePackets(0x100, Buffer.concat([mapOf(1, [[0x0f, 0x102]]), mapOf(2, [[0x03, 0x202]])]))
  t.match(look(Buffer.concat([both, more])), { isComplete: true, adts: 1, others: 1 }, 'in one packet')
  t.end()
})

t.test('does not wait for a program that was cut out of the stream', t => {
  const table = tablePackets(0x100, mapOf(1, [[0x0f, 0x102]]))
  const cut = [filler, tablePackets(0, associations([1, 0x100], [2, 0x200]))]
  t.equal(look(Buffer.concat([...cut, table, table, table]))?.isComplete, false)
  t.match(look(Buffer.concat([...cut, table, table, table, table])), { isComplete: true, adts: 1 })
  t.end()
})

t.test('reports the media under way once each video and audio stream begins its second unit', t => {
  const tables = [
    filler,
    tablePackets(0, associations([1, 0x100])),
    tablePackets(
      0x100,
      mapOf(1, [
        [0x1b, 0x101],
        [0x0f, 0x102],
        [0x15, 0x103],
      ]),
    ),
  ]
  const packets = [mediaPackets(0x101, 2), mediaPackets(0x102, 1), mediaPackets(0x102, 1)]
  for (let n = 0; n <= 3; n++) {
    t.equal(look(Buffer.concat([...tables, ...packets.slice(0, n)]))?.isUnderWay, n === 3, `${n} of 3`)
  }
  t.end()
})

t.test('finds packets of every size, and a late first packet', async t => {
  const plain = (await media.transportStream()).subarray(0, 188 * 40)
  const each = (make: (packet: Buffer) => Buffer) =>
    Buffer.concat(Array.from({ length: 40 }, (_, n) => make(plain.subarray(n * 188, n * 188 + 188))))
  const cases = {
    plain,
    'with a time stamp': each(packet => Buffer.concat([Buffer.alloc(4), packet])),
    'with parity': each(packet => Buffer.concat([packet, Buffer.alloc(16)])),
    'in the middle of a packet': Buffer.concat([Buffer.alloc(100), plain]),
  }
  for (const [name, bytes] of Object.entries(cases)) {
    t.match(look(bytes), { isComplete: true, adts: 1, others: 0, unknown: 0 }, name)
  }
})

t.test('ignores a damaged table, and a table for later use', t => {
  const map = mapOf(1, [[0x0f, 0x102]])
  const withMap = (table: Buffer) =>
    look(Buffer.concat([filler, tablePackets(0, associations([1, 0x100])), tablePackets(0x100, table)]))
  t.equal(withMap(map)?.isComplete, true)
  t.equal(withMap(mapOf(1, [[0x0f, 0x102]], { isNext: true }))?.isComplete, false)
  for (let at = 0; at < map.length; at++) {
    const damaged = Buffer.from(map)
    damaged[at]! ^= 0x10
    t.equal(withMap(damaged)?.isComplete, false, `byte ${at}`)
  }
  t.end()
})

t.test('rejects anything but a transport stream, and survives damage', t => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.alloc(5000),
    Buffer.alloc(5000, 0x5a),
    Buffer.alloc(188, 0x47),
  ]) {
    t.equal(look(bytes), undefined)
  }
  const map = tablePackets(
    0x100,
    mapOf(1, [
      [0x0f, 0x101],
      [0x06, 0x102, AC3],
    ]),
  )
  const whole = Buffer.concat([filler, tablePackets(0, associations([0, 0x10], [1, 0x100])), map])
  for (let at = filler.length; at < whole.length; at++) {
    for (const value of [0, 0x47, 0xff]) {
      const bytes = Buffer.from(whole)
      bytes[at] = value
      t.doesNotThrow(() => look(bytes))
    }
  }
  t.end()
})

t.test('costs at most twice as much for twice the packets, whatever their tables list', t => {
  const many = (first: number) =>
    associations(...Array.from({ length: 40 }, (_, n) => [((first + n) % 0xffff) + 1, 0x100] as const))
  const streams = Array.from({ length: 30 }, (_, n) => [0x0f, 0x200 + n] as const)
  const few = associations([1, 0x100], [2, 0x100], [3, 0x100])
  const shapes: [string, (n: number) => Buffer][] = [
    ['new programs in each packet', n => tablePackets(0, many(40 * n))],
    [
      'new tables in each packet',
      n => tablePackets(n % 2 === 0 ? 0 : 0x100, n % 2 === 0 ? few : mapOf(n, streams)),
    ],
    [
      'the same tables again',
      n => tablePackets(n % 4 === 0 ? 0 : 0x100, n % 4 === 0 ? few : mapOf((n % 4) + 1, streams)),
    ],
  ]
  for (const [name, shape] of shapes) {
    const work = (packets: number) => {
      const head = Buffer.concat([filler, ...Array.from({ length: packets }, (_, n) => shape(n))])
      const tables = new TsTables()
      for (let at = 188; at <= head.length; at += 188) {
        tables.look(head.subarray(0, at))
        const { counted } = tables
        tables.look(head.subarray(0, at + 1))
        // The first byte of the fifth packet determines their size.
        const isNew = at >= 5 * 188 && tables.counted !== counted
        if (isNew) t.fail('counts again for a byte that completes no packet')
      }
      return tables.visited + tables.counted
    }
    const [once, twice] = [work(400), work(800)]
    t.ok(twice <= 2.2 * once, `${name}: ${once} and ${twice}`)
    t.ok(twice < 800 * 200, `${name}: ${twice} in total`)
  }
  t.end()
})

t.test('gives up on more programs or streams than any mux has', t => {
  const maps = (count: number, length: number) =>
    Buffer.concat(
      Array.from({ length: count }, (_, n) =>
        tablePackets(
          0x100,
          mapOf(
            n + 1,
            Array.from({ length }, (_, m) => [0x0f, 0x200 + m] as const),
          ),
        ),
      ),
    )
  const listed = tablePackets(0, associations([1, 0x100]))
  t.match(look(Buffer.concat([filler, listed, maps(32, 32)])), { adts: 1024 })
  t.equal(look(Buffer.concat([filler, listed, maps(33, 32)])), undefined)
  t.match(look(Buffer.concat([filler, listed, maps(256, 1)])), { adts: 256 })
  t.equal(look(Buffer.concat([filler, listed, maps(257, 1), maps(1, 1)])), undefined)
  t.end()
})
