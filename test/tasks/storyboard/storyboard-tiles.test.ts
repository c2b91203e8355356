import t from 'tap'
import { sheetSettings, tileHeight, tilesOf } from '../../../lib/tasks/storyboard/storyboard-tiles.js'

const grid = { columns: 2, rows: 2, width: 160, height: 90 }

t.test('places tiles row by row, each until the next', async t => {
  t.same(tilesOf([0, 10, 20], 25, grid), [
    { start: 0, end: 10, x: 0, y: 0, width: 160, height: 90 },
    { start: 10, end: 20, x: 160, y: 0, width: 160, height: 90 },
    { start: 20, end: 25, x: 0, y: 90, width: 160, height: 90 },
  ])
  t.equal(tilesOf([5], 3, grid)[0]!.end, 5, 'never before its start')
})

t.test('keeps the aspect ratio of the video in a tile, with an even height', async t => {
  t.equal(tileHeight(160, { width: 1920, height: 1080 }), 90)
  t.equal(tileHeight(161, { width: 1920, height: 1080 }), 90)
  t.equal(tileHeight(160, { width: 1080, height: 1920 }), 284)
  t.equal(tileHeight(2, { width: 10_000, height: 10 }), 2)
})

t.test('checks the layout and the format of sheets', async t => {
  t.same(sheetSettings({}), { columns: 5, rows: 5, width: 160, height: undefined, format: 'jpeg' })
  const given = { columns: 1, rows: 100, width: 4096, height: 2, format: 'webp' }
  t.same(sheetSettings(given), given)
  t.throws(() => sheetSettings({ rows: 0 }), { message: /"rows" must be an integer from 1 to 100/ })
  t.throws(() => sheetSettings({ columns: 101 }), { message: /"columns" must be/ })
  t.throws(() => sheetSettings({ width: 1 }), { message: /"width" must be an integer from 2 to 4096 pixels/ })
  t.throws(() => sheetSettings({ height: 4097 }), { message: /"height" must be/ })
  t.throws(() => sheetSettings({ format: 'gif' }), { message: /"format" must be/ })
})
