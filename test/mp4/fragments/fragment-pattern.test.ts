import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { FragmentPattern } from '../../../lib/mp4/fragments/fragment-pattern.js'
import { type FragmentSpec, type TrafSpec, box, fullBox, moof, u8, u32 } from '../../support/fmp4.js'

const NONE = { duration: 0, size: 0, flags: 0 }
const samples = [{ size: 5, duration: 40 }]
const track: TrafSpec = { id: 1, time: 80, runs: [{ samples }] }
const spec = (tracks: readonly TrafSpec[] = [track], sequence = 3): FragmentSpec => ({ sequence, tracks })
const patternOf = (bytes: Buffer): FragmentPattern | undefined =>
  FragmentPattern.of(Box.topLevel(bytes, 0, bytes.length, 0, 0), () => NONE)
const viewOf = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

t.test('fits fragments that differ in numbers only, and reads those', async t => {
  const two = (time: number, size: number) => [
    { id: 1, time, runs: [{ samples: [{ size, duration: 40, sync: size > 9 }] }] },
    {
      id: 2,
      time,
      tfdtVersion: 0 as const,
      runs: [
        { samples, firstFlags: true },
        { samples, shift: null },
      ],
    },
  ]
  const pattern = patternOf(moof(spec(two(0, 4)), 0))!
  for (const [sequence, time, size, start] of [
    [4, 2 ** 31, 90, 7],
    [2 ** 32 - 1, 2 ** 32 - 1, 6, 0],
    [7, 5, 7, 300],
  ] as const) {
    const one = moof(spec(two(time, size), sequence), 1000 + size)
    const bytes = Buffer.concat([Buffer.alloc(start, 0xee), one])
    t.equal(pattern.length, one.length)
    t.ok(pattern.fits(viewOf(bytes), start))
    t.equal(pattern.sequenceAt(viewOf(bytes), start), sequence)
    pattern.read(bytes, start)
    const [video, audio] = pattern.tracks
    t.same([video!.tfdt.u64(4), audio!.tfdt.u32(4)], [time, time])
    t.same([video!.runs[0]!.totals.size, video!.runs[0]!.dataOffset], [size, 1000 + size])
    t.same([audio!.runs[0]!.totals.size, audio!.runs[1]!.dataOffset], [5, undefined])
    t.equal(audio!.runs[0]!.flagsAt(0), 0x02000000)
  }
})

t.test('fits no fragment with another byte outside of its numbers', async t => {
  const bytes = moof(spec(), 100)
  const pattern = patternOf(bytes)!
  const free: number[] = []
  for (let at = 0; at < bytes.length; at++) {
    const other = Buffer.from(bytes)
    other[at]! ^= 1
    if (pattern.fits(viewOf(other), 0)) free.push(at)
  }
  const numbers = (start: number, length: number) => Array.from({ length }, (_, n) => start + n)
  // The sequence number, the decode time; the data offset with the row of four fields.
  t.same(free, [...numbers(20, 4), ...numbers(60, 8), ...numbers(84, 20)])
})

t.test('is made of its own copy', async t => {
  const bytes = moof(spec(), 100)
  const pattern = patternOf(bytes)!
  const again = Buffer.from(bytes)
  bytes.fill(0)
  t.ok(pattern.fits(viewOf(again), 0))
})

t.test('is made of the usual kinds only', async t => {
  const odd: Record<string, readonly TrafSpec[]> = {
    'no track': [],
    'a track twice': [track, track],
    'no time': [{ ...track, time: null }],
    'no samples': [{ ...track, runs: [] }],
    'time without samples': [{ ...track, durationIsEmpty: true }],
    'a stated base': [{ ...track, base: 'stated' }],
    'a base after the first one’s data': [track, { ...track, id: 2, base: 'neither' }],
    'no data offset': [{ ...track, runs: [{ samples, shift: null }] }],
    'encryption data': [{ ...track, boxes: fullBox('saio', 0, 0, u32(0)) }],
    'a long one': [{ ...track, boxes: box('free', Buffer.alloc(1024)) }],
  }
  for (const [name, tracks] of Object.entries(odd)) t.equal(patternOf(moof(spec(tracks), 0)), undefined, name)
  t.ok(patternOf(moof(spec([{ ...track, base: 'neither' }]), 0)), 'the first track needs no flag')

  const tail = moof(spec(), 0)
  const more = Buffer.concat([tail, u8(1, 2)])
  for (const at of [0, 24, 68]) more.writeUInt32BE(more.readUInt32BE(at) + 2, at)
  t.equal(patternOf(more), undefined, 'two bytes after the last number')
})
