import t from 'tap'
import type { PlannedPackage, SplitPlan } from '../../../lib/job/split/split-plan.js'
import { PLAN_METADATA } from '../../../lib/job/split/target-state.js'
import { unusedMedia } from '../../../lib/job/split/unused-media.js'
import { WorkStore } from '../../../lib/job/split/work-store.js'
import { S3MultipartWritable } from '../../../lib/s3/s3-multipart-writable.js'
import { openSplit } from '../../support/split.js'

const OUTPUT = {
  ...{ type: 'package', bucket: 'web', prefix: 'p/', run: 'r', playlist: 'main.m3u8' },
  ...{ targetDuration: 2, layout: 'segments', renditions: [{ name: 'hd' }], removeReplaced: false },
} as unknown as PlannedPackage
const PLAN = { hash: 'h', output: OUTPUT } as SplitPlan

const ATTEMPT = '20261129T172233Z-9f86d081'
const USED = [`chunk-00000-${ATTEMPT}-00001.m4s`, `audio-${ATTEMPT}.mp4`]
const UNUSED = [`chunk-00000-${ATTEMPT}-00002.m4s`, `chunk-123456-${ATTEMPT}.mp4`]
const OF_JOIN = ['init.mp4', 'index.m3u8']
const SHEETS = [`images-${ATTEMPT}-00001.jpg`, `images-${ATTEMPT}-00002.webp`, `images-${ATTEMPT}-00003.png`]
const OF_OTHERS = [
  `images-${ATTEMPT}-00001.gif`,
  'segment-00001.m4s',
  `chunk-00000-${ATTEMPT}.txt`,
  'chunk-00000-x.mp4',
  `sub/audio-${ATTEMPT}.mp4`,
]

t.test('are the sheets of all attempts, or those that no playlist names', async t => {
  const { s3, client } = await openSplit(t, Buffer.from('x'))
  const store = new WorkStore({ client })
  const output = { ...OUTPUT, images: { name: 'thumbs' } } as unknown as PlannedPackage
  const keys = [...SHEETS, 'index.m3u8'].map(file => `p/r/thumbs/${file}`)
  for (const key of [...keys, 'p/r/thumbs/sheet-00001.jpg']) await s3.put('web', key, 'x')
  await s3.put('web', 'p/r/thumbs/index.m3u8', `#EXTM3U\n#EXT-X-IMAGES-ONLY\n${SHEETS[1]!}\n`)
  const unused = async () => (await unusedMedia({ ...PLAN, output }, output, store)).sort()
  t.same(await unused(), keys.sort(), 'nothing is published')
  await s3.put('web', 'p/main.m3u8', 'x')
  t.same(
    await unused(),
    [SHEETS[0]!, SHEETS[2]!].map(file => `p/r/thumbs/${file}`),
    'it is',
  )
})

t.test('are all objects of the plan, or those that no playlist names, and never those of others', async t => {
  const { s3, client } = await openSplit(t, Buffer.from('x'))
  const store = new WorkStore({ client })
  for (const file of [...USED, ...UNUSED, ...OF_JOIN, ...OF_OTHERS])
    await s3.put('web', `p/r/hd/${file}`, 'x')
  await s3.put('web', `p/other/hd/${UNUSED[0]!}`, 'x')
  await s3.put('web', 'p/r/hd/index.m3u8', `#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n${USED.join('\n')}\n`)
  const unused = async (output = OUTPUT) =>
    (await unusedMedia({ ...PLAN, output }, output, store)).map(key => key.replace('p/r/hd/', '')).sort()
  t.same(await unused(), [...USED, ...UNUSED, ...OF_JOIN].sort(), 'nothing is published')
  const sink = new S3MultipartWritable({
    ...{ client, bucket: 'web', key: 'p/main.m3u8', metadata: { [PLAN_METADATA]: 'h' } },
  })
  sink.end('x')
  const { etag } = await sink.result
  t.same(await unused(), [...UNUSED].sort(), 'it is published')
  t.same(await unused({ ...OUTPUT, replaces: etag }), [...UNUSED].sort(), 'and a plan was made again')
  await s3.put('web', 'p/main.m3u8', 'newer')
  t.same(await unused(), [...UNUSED].sort(), 'it may have been published, and replaced')
})
