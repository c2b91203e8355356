import t from 'tap'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { SourceWindow } from '../../../lib/io/sources/source-window.js'
import { TopLevelBoxes, type TopLevelBox } from '../../../lib/mp4/index/top-level-boxes.js'
import { box, endlessBox, ftyp, longBox, u32 } from '../../support/fmp4.js'
import { LoggedAccess } from '../../support/random-accesses.js'

const over = (bytes: Buffer) => new TopLevelBoxes(new SourceWindow(new BytesSource({ bytes }), bytes.length))

async function walk(topLevel: TopLevelBoxes): Promise<TopLevelBox[]> {
  const boxes: TopLevelBox[] = []
  for (let offset = 0; ; offset = boxes.at(-1)!.end) {
    const found = await topLevel.boxAt(offset)
    if (found === undefined) return boxes
    boxes.push(found)
  }
}

t.test('hops from header to header, with sizes of any form', async t => {
  const uuid = box('uuid', Buffer.alloc(16, 7), 'abc')
  const bytes = Buffer.concat([
    ftyp(),
    longBox('mdat', 'media'),
    uuid,
    box('free'),
    endlessBox('mdat', 'more'),
  ])
  const boxes = await walk(over(bytes))
  t.same(
    boxes.map(({ path, headerSize, end }) => [path, headerSize, end]),
    [
      ['ftyp[0]', 8, 24],
      ['mdat[0]', 16, 45],
      ['uuid[0]', 24, 72],
      ['free[0]', 8, 80],
      ['mdat[1]', 8, bytes.length],
    ].map(([path, ...rest]) => [path === 'ftyp[0]' ? 'ftyp' : path, ...rest]),
  )
})

t.test('reads headers only', async t => {
  const bytes = Buffer.concat([ftyp(), box('mdat', Buffer.alloc(1_000_000)), box('free')])
  const source = new LoggedAccess(bytes)
  await walk(new TopLevelBoxes(new SourceWindow(source, bytes.length)))
  t.ok(source.delivered < 200, `${source.delivered} bytes`)
})

t.test('reads a whole box, within its limit and the file', async t => {
  const bytes = Buffer.concat([ftyp(), box('moov', box('free', 'x'))])
  const topLevel = over(bytes)
  const header = (await topLevel.boxAt(24))!
  const moov = await topLevel.read(header, 100)
  t.same([moov.type, moov.offset, moov.children.length], ['moov', 24, 1])
  await t.rejects(topLevel.read(header, 16), { code: 'AVIO_ERR_MP4_BOX_TOO_LARGE' })
  const cut = over(bytes.subarray(0, -1))
  await t.rejects(cut.read((await cut.boxAt(24))!, 100), {
    code: 'AVIO_ERR_MP4_BOX_TRUNCATED',
    byteOffset: 24,
  })
  const all = over(endlessBox('moov', box('free')))
  t.equal(
    (await all.read((await all.boxAt(0))!, 100)).children.length,
    1,
    'a box "to the end" ends with the file',
  )
})

t.test('rejects bytes that are not a box, with their position', async t => {
  await t.rejects(over(Buffer.from('89504e470d0a1a0a', 'hex')).boxAt(0), { code: 'AVIO_ERR_MP4_NOT_MP4' })
  await t.rejects(over(Buffer.concat([ftyp(), Buffer.alloc(8)])).boxAt(24), { code: 'AVIO_ERR_MP4_BOX_TYPE' })
  const small = Buffer.concat([u32(7), Buffer.from('free')])
  await t.rejects(over(small).boxAt(0), { code: 'AVIO_ERR_MP4_BOX_SIZE', boxPath: 'free[0]' })
  const huge = Buffer.concat([u32(1), Buffer.from('mdat'), u32(0xffffffff, 0xffffffff)])
  await t.rejects(over(huge).boxAt(0), { code: 'AVIO_ERR_MP4_BOX_SIZE' })
  await t.rejects(over(Buffer.concat([ftyp(), u32(16)])).boxAt(24), {
    code: 'AVIO_ERR_MP4_BOX_TRUNCATED',
    byteOffset: 24,
  })
  await t.rejects(over(Buffer.from('abc')).boxAt(0), { code: 'AVIO_ERR_MP4_NOT_MP4' })
})
