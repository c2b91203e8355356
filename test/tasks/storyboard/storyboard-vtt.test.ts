import t from 'tap'
import { tilesOf } from '../../../lib/tasks/storyboard/storyboard-tiles.js'
import { storyboardVtt } from '../../../lib/tasks/storyboard/storyboard-vtt.js'

const grid = { columns: 2, rows: 2, width: 160, height: 90 }

t.test('names a rectangle of a sheet for each span', async t => {
  const sheets = [{ tiles: tilesOf([0, 59.9996], 3600, grid) }, { tiles: tilesOf([3600], 360_000.5, grid) }]
  t.equal(
    storyboardVtt(sheets, n => `sheet-${n}.jpg`),
    [
      'WEBVTT\n',
      '00:00:00.000 --> 00:01:00.000\nsheet-0.jpg#xywh=0,0,160,90\n',
      '00:01:00.000 --> 01:00:00.000\nsheet-0.jpg#xywh=160,0,160,90\n',
      '01:00:00.000 --> 100:00:00.500\nsheet-1.jpg#xywh=0,0,160,90\n',
    ].join('\n'),
  )
})
