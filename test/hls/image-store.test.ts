import t from 'tap'
import { type ImageSheet, imagesName, storeImages } from '../../lib/hls/image-store.js'
import { StoredObjects } from '../../lib/hls/storage/stored-objects.js'
import { MemoryStorage, sheetOf } from '../support/hls.js'
import { imageTrackOf } from '../support/renditions.js'

async function* sheets(...given: ImageSheet[]): AsyncGenerator<ImageSheet> {
  yield* given
}

function objects(storage: MemoryStorage): StoredObjects {
  return new StoredObjects(storage, {
    cacheControl: { segments: 'max-age=9', playlists: undefined },
    maxObjects: Infinity,
  })
}

t.test('stores sheets in order, and reads their grid from the positions of the tiles', async t => {
  const storage = new MemoryStorage()
  const track = await storeImages(
    'thumbnails',
    'thumbnails',
    sheets(sheetOf(6, 0), sheetOf(2, 12)),
    objects(storage),
  )
  t.same(track, { ...imageTrackOf(), bandwidth: 2000 })
  t.same(storage.names(), ['thumbnails/sheet-00001.jpg', 'thumbnails/sheet-00002.jpg'])
  t.match(storage.infos.get('thumbnails/sheet-00001.jpg'), {
    contentType: 'image/jpeg',
    cacheControl: 'max-age=9',
  })
})

t.test('takes the image format from the bytes, and refuses others', async t => {
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47])
  const webp = Buffer.from('RIFF0000WEBP')
  for (const [image, codec] of [
    [png, 'png'],
    [webp, 'webp'],
  ] as const) {
    const storage = new MemoryStorage()
    t.match(await storeImages('a', 'r/a', sheets({ ...sheetOf(1, 0), image }), objects(storage)), { codec })
    t.same(storage.names(), [`r/a/sheet-00001.${codec}`])
  }
  const wrong = { ...sheetOf(1, 0), image: Buffer.from('GIF89a') }
  await t.rejects(storeImages('a', 'r/a', sheets(wrong), objects(new MemoryStorage())), {
    code: 'AVIO_ERR_OPTION',
  })
  const empty = { ...sheetOf(1, 0), tiles: [] }
  await t.rejects(storeImages('a', 'r/a', sheets(empty), objects(new MemoryStorage())), {
    code: 'AVIO_ERR_OPTION',
  })
})

t.test('names sheets as it is told', async t => {
  const storage = new MemoryStorage()
  const track = await storeImages('a', 'r/a', sheets(sheetOf(1, 0)), objects(storage), 'images-x-')
  t.match(track, { playlist: 'r/a/index.m3u8', sheets: [{ name: 'r/a/images-x-00001.jpg' }] })
  t.same(storage.names(), ['r/a/images-x-00001.jpg'])
})

t.test('makes no track without sheets', async t => {
  t.equal(await storeImages('a', 'r/a', sheets(), objects(new MemoryStorage())), undefined)
})

t.test('checks a name', async t => {
  t.equal(imagesName({}), 'thumbnails')
  t.equal(imagesName({ name: 'small' }), 'small')
  t.throws(() => imagesName({ name: '../x' }), { code: 'AVIO_ERR_OPTION' })
  t.throws(() => imagesName({ folder: 'x' } as never), { code: 'AVIO_ERR_OPTION' })
})
