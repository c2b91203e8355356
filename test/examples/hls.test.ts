import t from 'tap'
import { main } from '../../examples/hls.js'
import { noBrowser, openPage } from '../support/browser.js'
import { HlsPlayback } from '../support/hls-playback.js'

t.test(
  'plays the ladder in the page, switches to the selected rendition, and seeks',
  { skip: noBrowser },
  async t => {
    const { url, result, close } = await main([], { seconds: 8 })
    t.teardown(close)
    t.match(
      result.presentation.renditions.map(({ name, kind, segments }) => [name, kind, segments.length]),
      [
        ['720p', 'video', 4],
        ['432p', 'video', 4],
        ['240p', 'video', 4],
        ['audio', 'audio', 4],
      ],
    )
    const video = await HlsPlayback.watch(await openPage(t, url))
    const levels = await video.levels()
    t.same(levels.map(({ width, height }) => `${width} × ${height}`).sort(), [
      '1280 × 720',
      // The displayed width: 426 pixels, each slightly wider than high.
      '427 × 240',
      '768 × 432',
    ])
    await video.choose(2, levels[2]!)
    t.match(await video.state(), { width: 1280, height: 720, error: null })
    const duration = await video.duration()
    await video.seek(0.8 * duration)
    t.ok((await video.pictures(3))[0]! >= 0.8 * duration - 0.04)
    t.same(await video.failures(), [])
  },
)

t.test('prints the usage for two sources', async t => {
  await t.rejects(main(['a.mov', 'b.mov']), { message: /^Usage/ })
})
