import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { FaststartMp4 } from '../../lib/mp4/faststart-mp4.js'
import { box, chunksOf, plainFragment, stream } from '../support/fmp4.js'
import { AAC, FRAGMENTED, H264, bothInputs, ffmpegToPipe, fragmentedMp4 } from '../support/media.js'
import { HeadSink, assembled, packetsByStream, progressive } from '../support/faststart.js'

t.test('turns a fragmented MP4 into an ordinary one, however it is cut', async t => {
  const bytes = await fragmentedMp4()
  const file = await progressive(bytes)
  t.same(file, assembled(bytes))
  t.same(await progressive(bytes, 777), file)
  t.equal(file.toString('latin1', 4, 8), 'ftyp')
  t.ok(file.indexOf('moov') < file.indexOf('mdat'))
  t.notOk(file.includes('moof'))
  t.same(await packetsByStream(file), await packetsByStream(assembled(bytes)))
})

t.test('fills the space that a sink reserved for the header', async t => {
  const bytes = stream(plainFragment(1), plainFragment(2))
  const sink = new HeadSink(8192)
  await pipeline([bytes], new FaststartMp4({ highWaterMark: 100 }), sink)
  t.equal(sink.file.length, 8192 + 122)
  const small = new HeadSink(100)
  await t.rejects(pipeline([bytes], new FaststartMp4(), small), {
    code: 'AVIO_ERR_HEADER_TOO_LARGE',
    message: /FaststartMp4/,
  })
})

t.test('rejects a sink that cannot write the header last, instead of sending a body without one', async t => {
  const read = new FaststartMp4()
  read.end(stream(plainFragment(1)))
  await t.rejects(read.toArray(), { code: 'AVIO_ERR_HEADER_UNCLAIMED', message: /^FaststartMp4/ })
})

t.test('writes no file if the input is damaged, truncated or not a fragmented MP4', async t => {
  const bytes = stream(plainFragment(1), plainFragment(2))
  const failing = async (input: Buffer, code: string): Promise<void> => {
    const sink = new HeadSink()
    await t.rejects(pipeline(chunksOf(input, 50), new FaststartMp4(), sink), { code })
    t.equal(sink.writableFinished, false)
  }
  await failing(bytes.subarray(0, -1), 'AVIO_ERR_MP4_BOX_TRUNCATED')
  await failing(Buffer.concat([bytes, box('mdat', 'x')]), 'AVIO_ERR_MP4_SAMPLES_OUTSIDE_FRAGMENT')
  await failing(stream(plainFragment(1), plainFragment(3, 30)), 'AVIO_ERR_MP4_TFDT_OVERLAP')
  await failing(Buffer.from('no MP4 at all, but text'), 'AVIO_ERR_MP4_NOT_MP4')
})

t.test(
  'rejects a moov with samples, as frag_keyframe alone writes it, and names the flags to use',
  async t => {
    const flags = ['-movflags', '+frag_keyframe', '-f', 'mp4']
    const bytes = await ffmpegToPipe([...bothInputs(), ...H264, ...AAC, ...flags])
    await t.rejects(progressive(bytes), {
      code: 'AVIO_ERR_MP4_SAMPLES_OUTSIDE_FRAGMENT',
      message: /delay_moov/,
    })
  },
)

t.test('rejects subtitles whose end times are lost, by name', async t => {
  const subtitles =
    'data:text/plain;base64,' + Buffer.from('1\n00:00:00,500 --> 00:00:01,000\nHello\n').toString('base64')
  const inputs = [...bothInputs(), '-protocol_whitelist', 'data', '-f', 'srt', '-i', subtitles]
  const maps = ['-map', '0', '-map', '1', '-map', '2']
  const bytes = await ffmpegToPipe([...inputs, ...maps, ...H264, ...AAC, '-c:s', 'mov_text', ...FRAGMENTED])
  await t.rejects(progressive(bytes), { code: 'AVIO_ERR_MP4_TRACK_UNSUPPORTED', message: /tx3g/, trackId: 3 })
})

t.test('fails with its source, or on an abort', async t => {
  const source = new Readable({ read: () => source.destroy(new Error('gone')) })
  await t.rejects(pipeline(source, new FaststartMp4(), new HeadSink()), { message: 'gone' })
  await t.rejects(
    pipeline([stream(plainFragment(1))], new FaststartMp4({ signal: AbortSignal.abort() }), new HeadSink()),
    { name: 'AbortError' },
  )
})

t.test('validates options', t => {
  t.throws(() => new FaststartMp4({ maxBoxSize: 10 }), { code: 'AVIO_ERR_OPTION', message: /maxBoxSize/ })
  t.throws(() => new FaststartMp4({ highWaterMark: -1 }), { code: 'AVIO_ERR_OPTION' })
  t.throws(() => new FaststartMp4({ strict: false } as object), { code: 'AVIO_ERR_OPTION' })
  t.end()
})
