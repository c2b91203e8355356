import t from 'tap'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { HeldObjects } from '../../../lib/job/outputs/held-objects.js'
import { sheetsOf, takeStoryboard, takeThumbnails } from '../../../lib/job/outputs/images.js'
import { avi } from '../../support/media.js'

/** Collects the added objects in place of a storage. */
class Kept extends HeldObjects {
  readonly objects = new Map<string, Buffer>()

  constructor() {
    super({
      storage: { open: () => t.fail('nothing is stored here') as never },
      target: 'x',
      maxObjects: Infinity,
    })
  }

  override add(name: string, bytes: Uint8Array): void {
    this.objects.set(name, Buffer.from(bytes))
  }
}

const settings = async () => ({
  source: new BytesSource({ bytes: await avi() }),
  ...{ ffmpegPath: undefined, ffprobePath: undefined, env: undefined, limits: {} },
  signal: new AbortController().signal,
})
const PNG = Buffer.from('\x89PNG', 'latin1')

t.test('names thumbnails by their number, and reports each', async t => {
  const held = new Kept()
  const seen: number[] = []
  const output = { type: 'thumbnails', prefix: 'a/', times: [0, 0.4], width: 32, format: 'png' } as const
  const result = await takeThumbnails(
    { ...output, times: [...output.times] },
    await settings(),
    held,
    n => void seen.push(n),
  )
  t.same(result, {
    ...{ type: 'thumbnails', prefix: 'a/' },
    images: [
      { name: 'thumbnail-00001.png', time: 0 },
      { name: 'thumbnail-00002.png', time: 0.4 },
    ],
  })
  t.same(seen, [1, 2])
  t.same([...held.objects.keys()], ['thumbnail-00001.png', 'thumbnail-00002.png'])
  for (const bytes of held.objects.values()) t.same(bytes.subarray(0, 4), PNG)
})

t.test('makes sheets and their index', async t => {
  const held = new Kept()
  const output = { type: 'storyboard', prefix: 'a/', count: 3, columns: 2, rows: 1, width: 32 } as const
  const result = await takeStoryboard(output, await settings(), held, () => undefined)
  t.same(result, {
    type: 'storyboard',
    prefix: 'a/',
    sheets: ['sheet-00001.jpg', 'sheet-00002.jpg'],
    vtt: 'storyboard.vtt',
  })
  const vtt = held.objects.get('storyboard.vtt')!.toString()
  t.match(vtt, /^WEBVTT\n/)
  t.equal(vtt.match(/sheet-00001\.jpg#xywh=/g)!.length, 2)
  t.equal(vtt.match(/sheet-00002\.jpg#xywh=0,0,32/g)!.length, 1)
})

t.test('makes the sheets of a package', async t => {
  const tiles = []
  for await (const sheet of sheetsOf({ count: 2, columns: 1, width: 32 }, await settings()))
    tiles.push(...sheet.tiles)
  t.equal(tiles.length, 2)
  t.match(tiles[0], { x: 0, y: 0, width: 32 })
})
