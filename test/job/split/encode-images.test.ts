import t from 'tap'
import { encodeImages } from '../../../lib/job/split/encode-images.js'
import type { PieceProgress } from '../../../lib/job/split/make-piece.js'
import { ffprobeJson } from '../../support/media.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'
import { openPackage } from '../../support/split-package.js'

const source = await splitSource({ seconds: 4, more: AS_MP4 })
const IMAGES = { times: [0, 1, 2, 3.5], columns: 2, rows: 1, width: 48 }

t.test('stores the sheets in the package, under names of the attempt', async t => {
  const { s3, client, plan } = await openPackage(t, source)
  const made = await plan({ images: IMAGES, storageClass: 'STANDARD_IA' })
  const told: PieceProgress[] = []
  const { renditions, images } = await encodeImages(made, { client, onProgress: one => void told.push(one) })
  t.same(renditions, [])
  t.match(images, { name: 'thumbnails', codec: 'jpeg', width: 48, height: 32 })
  t.equal(images!.playlist, `${made.output.run}/thumbnails/index.m3u8`)
  t.match(images!.sheets, [{ tiles: 2, columns: 2, rows: 1, duration: 2 }, { tiles: 2 }])
  const names = images!.sheets.map(({ name }) => name)
  for (const [n, name] of names.entries())
    t.match(
      name,
      new RegExp(`^${made.output.run}/thumbnails/images-\\d{8}T\\d{6}Z-[0-9a-f]{8}-0000${n + 1}\\.jpg$`),
    )
  t.same(
    s3.keys('web'),
    names.map(name => `split/${name}`),
    'and nothing else: the playlist is stored by the join',
  )
  t.match(s3.head('web', `split/${names[0]!}`), { contentType: 'image/jpeg' })
  t.ok(
    s3.calls.some(
      ({ operation, headers }) =>
        operation === 'PutObject' && headers['x-amz-storage-class'] === 'STANDARD_IA',
    ),
  )
  const { streams } = await ffprobeJson<{ streams: { width: number }[] }>(
    (await s3.get('web', `split/${names[0]!}`))!,
    ['-show_streams'],
  )
  t.match(streams, [{ width: 96, height: 32 }])
  t.same(told, Array(2).fill({ piece: 'images', frames: 0 }))
})

t.test('holds each ffmpeg to the limits of the plan', async t => {
  const { s3, client, plan } = await openPackage(t, source)
  const made = await plan({ images: IMAGES })
  for (const [limits, code] of [
    [{ maxPixels: 1000 }, 'AVIO_ERR_LIMIT_PIXELS'],
    [{ maxOutputBytes: 100 }, 'AVIO_ERR_LIMIT_OUTPUT_BYTES'],
    [{ timeout: 1 }, 'AVIO_ERR_LIMIT_TIMEOUT'],
  ] as const)
    await t.rejects(encodeImages({ ...made, limits }, { client }), { code }, code)
  t.same(s3.keys('web'), [])
})

t.test('removes the sheets of an attempt that fails', async t => {
  const { s3, client, plan } = await openPackage(t, source)
  const made = await plan({ images: IMAGES })
  s3.fault({
    operation: 'PutObject',
    key: /-00002\.jpg$/,
    status: 403,
    code: 'AccessDenied',
    times: Infinity,
  })
  await t.rejects(encodeImages(made, { client }), { code: /AVIO_ERR/ })
  t.same([...s3.keys('web'), ...s3.uploads('web')], [])
})

t.test('reads the version of the plan, or none', async t => {
  const { s3, client, plan } = await openPackage(t, source)
  const made = await plan({ images: IMAGES })
  await s3.put('masters', 'in', await splitSource({ seconds: 5, more: AS_MP4 }))
  await t.rejects(encodeImages(made, { client }), { code: 'AVIO_ERR_OBJECT_CHANGED' })
  t.same(s3.keys('web'), [])
})

t.test('refuses a plan without images', async t => {
  const { client, plan } = await openPackage(t, source)
  await t.rejects(encodeImages(await plan(), { client }), { code: 'AVIO_ERR_OPTION', option: 'plan' })
  const object = await openSplit(t, source)
  await t.rejects(encodeImages(await object.plan(), { client: object.client }), {
    code: 'AVIO_ERR_OPTION',
    option: 'plan',
  })
})
