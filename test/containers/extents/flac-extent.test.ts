import t from 'tap'
import { missing, missingByPipe } from '../../support/cut.js'
import { audioInput, ffmpegToFile, ffmpegToPipe } from '../../support/media.js'

const args = [...audioInput({ seconds: 3, sampleRate: 22_050 }), '-f', 'flac']

t.test('finds every cut within the frames by the number of samples', async t => {
  const file = await ffmpegToFile(args, 'a.flac')
  t.equal(await missing(file), undefined)
  for (let length = 42; length < file.length - 1000; length += 997) {
    if ((await missingByPipe(file.subarray(0, length))) === undefined)
      t.fail(`cut at ${length} of ${file.length}`)
  }
  t.match(await missing(file.subarray(0, file.length / 2)), /FLAC: its STREAMINFO states 66150 samples/)
  t.match(await missing(file.subarray(0, -1)), /FLAC/)
})

t.test('skips tags after the frames, of any length', async t => {
  const file = await ffmpegToFile(args, 'a.flac')
  const id3 = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125, 0x20)])
  for (const tag of [id3, Buffer.from('APETAGEX and so on'), Buffer.alloc(400_000, 0xf8), Buffer.alloc(10)]) {
    t.equal(await missing(Buffer.concat([file, tag])), undefined)
  }
})

t.test('claims nothing if the number of samples is unknown', async t => {
  const stream = await ffmpegToPipe(args)
  t.equal(await missing(stream), undefined)
  t.equal(await missing(stream.subarray(0, stream.length / 2)), undefined)
})
