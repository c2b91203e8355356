import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { SegmentPieceSink } from '../../../lib/job/split/segment-piece-sink.js'
import type { PlannedPackage } from '../../../lib/job/split/split-plan.js'
import { WorkStore } from '../../../lib/job/split/work-store.js'
import { pictureOf } from '../../support/hls.js'
import { openSplit } from '../../support/split.js'

const OUTPUT = {
  ...{ type: 'package', bucket: 'web', prefix: 'p/', run: 'r', targetDuration: 2, playlist: 'main.m3u8' },
  ...{ renditions: [{ name: 'a' }], removeReplaced: false, storageClass: 'STANDARD_IA' },
} as unknown as PlannedPackage

for (const layout of ['byterange', 'segments'] as const) {
  t.test(`stores segments where the package has them (${layout})`, async t => {
    const { s3, client } = await openSplit(t, Buffer.from('x'))
    const place = { output: { ...OUTPUT, layout }, name: 'a', attempt: 'chunk-00003-x' }
    const sink = new SegmentPieceSink(place, new WorkStore({ client }))
    await pipeline([Readable.from([await pictureOf('64x48', { seconds: 5 })]), ...sink.stages])
    await sink.over
    const { name, media, init, end, tracks, segments } = await sink.stored()
    const head = Buffer.from(segments!.init, 'base64')
    t.equal(name, 'a')
    t.same(init, { bytes: head.length, sha256: createHash('sha256').update(head).digest('hex') })
    t.equal(head.toString('latin1', 4, 8), 'ftyp')
    t.match(tracks, [{ startTicks: 0, samples: 125 }])
    t.same(
      segments!.spans.map(({ sampleCount }) => sampleCount),
      [50, 50, 25],
    )
    const keys = s3.keys('web')
    const parts = await Promise.all(keys.map(async key => (await s3.get('web', key))!))
    t.equal(Buffer.concat(parts).length, end)
    t.equal(media.bytes, end)
    if (layout === 'byterange') {
      t.same(keys, ['p/r/a/chunk-00003-x.mp4'])
      t.match(media, { bucket: 'web', key: keys[0]!, etag: /^"/ })
    } else {
      t.equal(media.key, 'p/r/a/chunk-00003-x-')
      t.same(
        keys,
        ['00001.m4s', '00002.m4s', '00003.m4s'].map(file => media.key + file),
      )
      t.same(
        parts.map(({ length }) => length),
        segments!.spans.map(({ byteLength }) => byteLength),
      )
    }
  })

  t.test(`removes what it has stored of a piece that fails (${layout})`, async t => {
    const { s3, client } = await openSplit(t, Buffer.from('x'))
    const place = { output: { ...OUTPUT, layout }, name: 'a', attempt: 'chunk-00003-x' }
    const sink = new SegmentPieceSink(place, new WorkStore({ client }))
    const bytes = await pictureOf('64x48', { seconds: 5 })
    const source = async function* () {
      yield bytes
      throw new Error('the encoder failed')
    }
    await t.rejects(pipeline([Readable.from(source()), ...sink.stages]), { message: 'the encoder failed' })
    await sink.over
    t.same([...s3.keys('web'), ...s3.uploads('web')], [])
  })
}

t.test('ends with the first segment beyond the limit of the plan', async t => {
  const { s3, client } = await openSplit(t, Buffer.from('x'))
  const place = { output: { ...OUTPUT, layout: 'segments' as const }, name: 'a', attempt: 'y' }
  const sink = new SegmentPieceSink({ ...place, limits: { maxDuration: 3 } }, new WorkStore({ client }))
  await t.rejects(pipeline([Readable.from([await pictureOf('64x48', { seconds: 5 })]), ...sink.stages]), {
    code: 'AVIO_ERR_LIMIT_DURATION',
  })
  await sink.over
  t.same(s3.keys('web'), [])
})

t.test('tells that its media were removed before it could look at them', async t => {
  const { s3, client } = await openSplit(t, Buffer.from('x'))
  const place = { output: { ...OUTPUT, layout: 'byterange' as const }, name: 'a', attempt: 'y' }
  const sink = new SegmentPieceSink(place, new WorkStore({ client }))
  await pipeline([Readable.from([await pictureOf('64x48', { seconds: 2 })]), ...sink.stages])
  s3.delete('web', 'p/r/a/y.mp4')
  await t.rejects(sink.stored(), { code: 'AVIO_ERR_NO_SUCH_KEY', retryable: true, key: 'p/r/a/y.mp4' })
})
