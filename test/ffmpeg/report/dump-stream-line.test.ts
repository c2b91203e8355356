import t from 'tap'
import { readStreamLine } from '../../../lib/ffmpeg/report/dump-stream-line.js'

t.test('reads a video stream, with its colors, its fields and its disposition', async t => {
  t.same(
    readStreamLine(
      '  Stream #0:0[0x1](und): Video: hevc (Main 10) (hvc1 / 0x31637668), yuv420p10le(tv, ' +
        'bt2020nc/bt2020/smpte2084, progressive), 64x48 [SAR 1:1 DAR 4:3], 72 kb/s, 25 fps, 50 tbr, 12800 tbn (default)',
    ),
    {
      ...{ index: 0, id: 1, type: 'video', codec: 'hevc', profile: 'Main 10', codecTag: 'hvc1', tags: {} },
      ...{ disposition: ['default'], bitRate: 72_000, pixelFormat: 'yuv420p10le', fieldOrder: 'progressive' },
      ...{ width: 64, height: 48, sampleAspect: '1:1', displayAspect: '4:3', frameRate: 25, rotation: 0 },
      ...{ realFrameRate: 50, hdr: { type: 'pq' } },
      color: { range: 'tv', space: 'bt2020nc', primaries: 'bt2020', transfer: 'smpte2084' },
    },
  )
})

t.test('prefers the pixel shape of the container', async t => {
  const line =
    '  Stream #0:0: Video: h263 (H263 / 0x33363248), yuv420p, 352x288 [SAR 12:11 DAR 4:3], 822 kb/s, SAR 1:1 DAR 11:9, 25 fps'
  t.match(readStreamLine(line), { width: 352, height: 288, sampleAspect: '1:1', displayAspect: '11:9' })
})

t.test('reports only known details after the pixel format', async t => {
  const video = (details: string) => readStreamLine(`  Stream #0:0: Video: h264, yuv420p(${details}), 2x2`)!
  t.same(video('tv, unknown/bt709/unknown, top first').color, { range: 'tv', primaries: 'bt709' })
  t.equal(video('top first').fieldOrder, 'tt')
  t.equal(video('bottom coded first (swapped)').fieldOrder, 'bt')
  t.equal(video('8 bpc, progressive').color, undefined)
  t.same(video('bt2020nc/bt2020/arib-std-b67').hdr, { type: 'hlg' })
  t.equal(video('bt709').hdr, undefined)
  t.equal(video('constructor').fieldOrder, undefined)
})

t.test('reads an audio stream, and ignores any other line', async t => {
  t.same(
    readStreamLine(
      '    Stream #0:1(fra): Audio: ac3 ([0] [0][0] / 0x2000), 44100 Hz, 5.1(side), fltp, 96 kb/s',
    ),
    {
      ...{ index: 1, type: 'audio', codec: 'ac3', language: 'fra', disposition: [], tags: {} },
      ...{ bitRate: 96_000, sampleRate: 44_100, channels: 6, channelLayout: '5.1(side)' },
    },
  )
  for (const line of [
    'Stream #0:0: Video: h264',
    '      Stream #0:0: Video: h264',
    '  Stream #1:0: Video: h264',
  ]) {
    t.equal(readStreamLine(line), undefined, line)
  }
})
