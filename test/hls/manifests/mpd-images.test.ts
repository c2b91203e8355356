import t from 'tap'
import { imageAdaptationSet } from '../../../lib/hls/manifests/mpd-images.js'
import { imageTrackOf } from '../../support/renditions.js'

t.test('lists sheets by their number, with their columns and rows', async t => {
  t.same(
    imageAdaptationSet(imageTrackOf()).map(line => line.trim()),
    [
      '<AdaptationSet contentType="image" mimeType="image/jpeg">',
      '<SegmentTemplate timescale="1000" duration="12000" startNumber="1" media="thumbnails/sheet-$Number%05d$.jpg"/>',
      '<Representation id="thumbnails" bandwidth="2000" width="480" height="180">',
      '<EssentialProperty schemeIdUri="http://dashif.org/guidelines/thumbnail_tile" value="3x2"/>',
      '</Representation>',
      '</AdaptationSet>',
    ],
  )
})

t.test('lists no sheets that cover different times, and nothing without sheets', async t => {
  const track = imageTrackOf()
  const [first, last] = track.sheets
  t.same(imageAdaptationSet({ ...track, sheets: [first!, last!, last!] }), [])
  t.same(imageAdaptationSet({ ...track, sheets: [] }), [])
  t.ok(imageAdaptationSet({ ...track, sheets: [last!] }).length > 0)
})
