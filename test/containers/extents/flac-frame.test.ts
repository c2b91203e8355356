import t from 'tap'
import { flacFrameAt, isFlacFrameWhole } from '../../../lib/containers/extents/flac-frame.js'
import { audioInput, ffmpegToFile } from '../../support/media.js'

t.test('finds the consecutive frames of a stream, and the end of each', async t => {
  const samples = 40_000
  const input = audioInput({ seconds: 5, sampleRate: 8000 })
  const file = await ffmpegToFile([...input, '-frame_size', '1152', '-f', 'flac'], 'a.flac')
  const places: number[] = []
  let next = 0
  for (let at = 0; at < file.length; at++) {
    const frame = flacFrameAt(file, at, 1152)
    if (frame?.first !== next) continue
    places.push(at)
    next += frame.samples
  }
  t.equal(next, samples)
  t.equal(places.length, Math.ceil(samples / 1152))
  const last = places.at(-1)!
  t.ok(isFlacFrameWhole(file, last, 0))
  t.ok(isFlacFrameWhole(Buffer.concat([file, Buffer.from('TAG')]), last, 0), 'with a tag after it')
  t.notOk(isFlacFrameWhole(file, last, file.length - last + 1))
  t.notOk(isFlacFrameWhole(file.subarray(0, -1), last, 0))
})

t.test('rejects bytes that are not a frame header', async t => {
  const header = Buffer.from('fff8c9080000', 'hex')
  t.equal(flacFrameAt(header, 0, 4096), undefined, 'a wrong CRC')
  t.equal(flacFrameAt(header.subarray(0, 3), 0, 4096), undefined)
  t.equal(flacFrameAt(Buffer.alloc(20, 0xff), 0, 4096), undefined)
})
