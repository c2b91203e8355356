import t from 'tap'
import { MpegFrameCounter } from '../../../lib/ffmpeg/headers/mpeg-frame-counter.js'

/** A silent mono frame at 44.1 kHz, by default of 32 kbit/s. */
function frame(bitRateIndex = 1): Buffer {
  const bytes = Buffer.alloc({ 1: 104, 5: 208, 9: 417 }[bitRateIndex]!)
  bytes.writeUInt32BE((0xfffb00c4 | (bitRateIndex << 12)) >>> 0)
  return bytes
}

function count(stream: Buffer, size = stream.length): MpegFrameCounter {
  const frames = new MpegFrameCounter()
  for (let at = 0; at < stream.length; at += size) frames.write(stream.subarray(at, at + size))
  return frames
}

t.test('counts and finds frames, in any chunking', async t => {
  const stream = Buffer.concat([frame(), frame(5), frame(9), frame()])
  for (let size = 1; size <= stream.length; size++) {
    const frames = count(stream, size)
    t.same(
      [frames.count, frames.bytes, frames.isVariable, [0, 1, 2, 3].map(n => frames.placeOf(n))],
      [4, stream.length, true, [0, 104, 312, 729]],
    )
  }
  t.equal(count(Buffer.concat([frame(), frame()])).isVariable, false)
})

t.test('skips other data, and ignores a tag at the end', async t => {
  const tag = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125, 0xff)])
  const stream = Buffer.concat([frame(), Buffer.from('junk \xff\xfb', 'latin1'), frame(), frame(), tag])
  for (let size = 1; size <= stream.length; size++) {
    const frames = count(stream, size)
    t.same([frames.count, frames.placeOf(1), frames.bytes], [3, 111, stream.length - 128])
  }
})

t.test('counts the available part of a truncated last frame', async t => {
  t.equal(count(Buffer.concat([frame(), frame()]).subarray(0, 150)).bytes, 150)
})

t.test('keeps only some offsets of many frames, evenly', async t => {
  const frames = new MpegFrameCounter()
  const many = 10_000
  for (let n = 0; n < many; n++) frames.write(frame())
  t.equal(frames.count, many)
  for (let n = 0; n < 100; n++) {
    const wanted = (many * n) / 100
    const found = frames.placeOf(wanted) / 104
    t.ok(found <= wanted && found > wanted - 64, `frame ${wanted}: ${found}`)
  }
})
