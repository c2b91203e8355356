import t from 'tap'
import { BoxRewrite } from '../../../lib/mp4/boxes/box-rewrite.js'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { box, endlessBox, longBox } from '../../support/fmp4.js'

const topLevel = (bytes: Buffer, start = 0, offset = 0): Box =>
  Box.topLevel(bytes, start, bytes.length, offset, 0)
const at = (tree: Box, path: string): Box =>
  path.split('/').reduce((parent, type) => parent.needChild(type), tree)

t.test(
  'replaces boxes with longer ones, shorter ones and none, and corrects the sizes of their parents',
  async t => {
    const bytes = box(
      'moov',
      box('trak', box('tkhd', 'abc'), box('edts', box('elst', 'x'))),
      box('mvex', 'y'),
    )
    const moov = topLevel(bytes)
    const rewrite = new BoxRewrite(moov)
    rewrite.replace(at(moov, 'mvex'), box('mvex', 'longer'))
    rewrite.replace(at(moov, 'trak/edts/elst'), Buffer.alloc(0))
    rewrite.replace(at(moov, 'trak/tkhd'), box('tkhd', 'a'))
    const expected = box('moov', box('trak', box('tkhd', 'a'), box('edts')), box('mvex', 'longer'))
    t.same(rewrite.bytes(), expected)
  },
)

t.test('keeps the form of sizes: 64 bits, or to the end of the file', async t => {
  const bytes = longBox('moov', endlessBox('trak', box('tkhd', 'abc')))
  const moov = topLevel(bytes)
  t.throws(() => moov.children, { code: 'AVIO_ERR_MP4_BOX_SIZE' }, 'only at the top level')
  const long = topLevel(longBox('moov', longBox('trak', box('tkhd', 'abc'))))
  const rewrite = new BoxRewrite(long)
  rewrite.replace(at(long, 'trak/tkhd'), box('tkhd', 'abcdef'))
  t.same(rewrite.bytes(), longBox('moov', longBox('trak', box('tkhd', 'abcdef'))))
  const endless = topLevel(endlessBox('moov', box('trak', 'a')))
  const growing = new BoxRewrite(endless)
  growing.replace(at(endless, 'trak'), box('trak', 'abc'))
  t.same(growing.bytes(), endlessBox('moov', box('trak', 'abc')))
})

t.test('returns the new positions of bytes in and after the box', async t => {
  const bytes = Buffer.concat([Buffer.alloc(5), box('moof', box('aaaa', '1'), box('bbbb', '2'), box('cccc'))])
  const moof = topLevel(bytes, 5, 105)
  const rewrite = new BoxRewrite(moof)
  t.ok(rewrite.isEmpty)
  rewrite.replace(at(moof, 'aaaa'), box('aaaa', '12345'))
  rewrite.replace(at(moof, 'cccc'), Buffer.alloc(0))
  t.notOk(rewrite.isEmpty)
  t.same(
    [0, 8, 17, 26, 34, 100].map(place => rewrite.moved(place)),
    [0, 8, 21, 30, 30, 96],
  )
  t.same(rewrite.bytes(), box('moof', box('aaaa', '12345'), box('bbbb', '2')))
})
