import t from 'tap'
import { adaptationSetsOf, formatFrameRate } from '../../../lib/hls/manifests/mpd-adaptation-sets.js'
import { periodsOf } from '../../../lib/hls/manifests/mpd-periods.js'
import type { MediaSegment, Rendition } from '../../../lib/hls/presentation/presentation.js'
import type { Mp4Track } from '../../../lib/mp4/movie/track.js'
import { initOf, presentationOf, renditionOf, segmentsOf, trackOf } from '../../support/presentations.js'

/** The sets as text. */
function setsOf(renditions: readonly Rendition[]): string[] {
  const [period] = periodsOf(presentationOf(renditions))
  return adaptationSetsOf(period!)
    .join('\n')
    .split(/(?=<AdaptationSet)/)
}

/** The ids of the representations of each set. */
function idsOf(renditions: readonly Rendition[]): string[][] {
  return setsOf(renditions).map(set =>
    [...set.matchAll(/<Representation id="([^"]+)"/g)].map(([, id = '']) => id),
  )
}

function video(
  name: string,
  overrides: Partial<Rendition> = {},
  track: Partial<Mp4Track> = {},
  ticks = 2000,
) {
  const init = initOf([trackOf('video', track)])
  return renditionOf(segmentsOf(init, [ticks, ticks]), { name, label: name, ...overrides })
}

function audio(name: string, overrides: Partial<Rendition> = {}, track: Partial<Mp4Track> = {}) {
  const init = initOf([trackOf('audio', track)])
  return renditionOf(segmentsOf(init, [96_000]), { name, label: name, ...overrides })
}

t.test(
  'lets a player switch between profiles and sizes, not between codecs, languages or ranges',
  async t => {
    t.same(
      idsOf([
        video('a'),
        video('b', {}, { codec: 'avc1.42c00b' }),
        video('hevc', {}, { codec: 'hvc1.1.6.L93.B0' }),
        video('pq', { videoRange: 'PQ' }),
        audio('en', { language: 'en' }),
        audio('de', { language: 'de' }),
        audio('surround', { language: 'en', channels: 6 }),
      ]),
      [['a', 'b'], ['hevc'], ['pq'], ['en'], ['de'], ['surround']],
    )
  },
)

t.test(
  'offers each audio rendition of a group as a choice, along with its counterpart in other groups',
  async t => {
    const en = { language: 'en' }
    t.same(
      idsOf([
        audio('low', { ...en, groupId: 'low' }),
        audio('low-comments', { ...en, groupId: 'low' }),
        audio('high', { ...en, groupId: 'high' }),
        audio('high-comments', { ...en, groupId: 'high' }),
      ]),
      [
        ['low', 'high'],
        ['low-comments', 'high-comments'],
      ],
    )
  },
)

t.test('describes a set, and the needs of a representation', async t => {
  const [picture, main, other] = setsOf([
    video('720p', { videoRange: 'HLG', bandwidth: 1000.2 }),
    audio('en', { language: 'en', isDefault: true, label: 'English <1>' }),
    audio('de', { language: 'de' }),
  ])
  t.match(picture, '<AdaptationSet id="0" contentType="video" mimeType="video/mp4" segmentAlignment="true"')
  t.match(picture, 'TransferCharacteristics" value="18"/>')
  t.match(
    picture,
    '<Representation id="720p" bandwidth="1001" codecs="avc1.64001f" width="1280" height="720" frameRate="25">',
  )
  t.notMatch(picture, '<Label>')
  t.match(main, 'contentType="audio" mimeType="audio/mp4" lang="en"')
  t.match(main, '<Label>English &lt;1&gt;</Label>')
  t.match(main, 'value="main"/>')
  t.match(main, 'codecs="mp4a.40.2" audioSamplingRate="48000">')
  t.match(main, 'audio_channel_configuration:2011" value="2"/>')
  t.match(other, 'value="alternate"/>')
})

t.test('gives video with its audio the codecs of both and no single content type', async t => {
  const init = initOf([trackOf('video'), trackOf('audio')])
  const [both] = setsOf([renditionOf(segmentsOf(init, [2000]), { channels: 2 })])
  t.match(both, '<AdaptationSet id="0" mimeType="video/mp4"')
  t.match(both, 'codecs="avc1.64001f,mp4a.40.2"')
  t.match(both, 'audio_channel_configuration:2011" value="2"/>')
})

t.test('calls only segments with the same times aligned', async t => {
  t.match(setsOf([video('a'), video('b')])[0], 'segmentAlignment')
  t.notMatch(setsOf([video('a'), video('b', {}, {}, 1900)])[0], 'segmentAlignment')
})

t.test('writes a measured frame rate as the nearest fraction', async t => {
  t.equal(formatFrameRate(25.001), '25')
  t.equal(formatFrameRate(29.9702), '30000/1001')
  t.equal(formatFrameRate(23.976), '24000/1001')
  t.equal(formatFrameRate(12.5), '12500/1000')
  t.equal(formatFrameRate(0.2), '200/1000')
})

t.test('takes size and channels from the period, as a discontinuity may change them', async t => {
  const [low, high] = [
    { width: 320, height: 180 },
    { width: 640, height: 360 },
  ].map(size => segmentsOf(initOf([trackOf('video', size)]), [2000]))
  const [mono, stereo] = [1, 2].map(channels =>
    segmentsOf(initOf([trackOf('audio', { channels })]), [96_000]),
  )
  const twice = ([first]: MediaSegment[] = [], [second]: MediaSegment[] = []): MediaSegment[] => [
    first!,
    { ...second!, number: 2, start: 2, discontinuity: true },
  ]
  const renditions = [
    renditionOf(twice(low, high), { width: 640, height: 360 }),
    renditionOf(twice(mono, stereo), { channels: 2 }),
  ]
  const [first, second] = periodsOf(presentationOf(renditions)).map(period =>
    adaptationSetsOf(period).join('\n'),
  )
  t.match(first, /width="320" height="180"[^]*AudioChannelConfiguration [^>]*value="1"/)
  t.match(second, /width="640" height="360"[^]*AudioChannelConfiguration [^>]*value="2"/)
})

t.test('states the pixel shape and the frame rate of the period', async t => {
  const init = initOf([trackOf('video', { width: 720, height: 576, pixelAspect: [64, 45] })])
  const segments = segmentsOf(init, [2000]).map(segment => ({ ...segment, sampleCount: 100 }))
  const run = { rendition: renditionOf(segments, { frameRate: 25 }), init, segments }
  const xml = adaptationSetsOf({ id: 0, start: 0, mediaStart: 0, runs: [run] }).join('\n')
  t.match(xml, 'width="720" height="576" sar="64:45" frameRate="50"')
})
