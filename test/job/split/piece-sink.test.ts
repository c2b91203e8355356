import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { ObjectPieceSink } from '../../../lib/job/split/piece-sink.js'
import { openSplit, splitSource } from '../../support/split.js'
import { AS_MP4 } from '../../support/split.js'

t.test('stores a piece, and tells all that its join needs', async t => {
  const bytes = await splitSource({ seconds: 2, more: AS_MP4 })
  const { s3, client } = await openSplit(t, bytes)
  const sink = new ObjectPieceSink('video', client, { bucket: 'work', key: 'a.mp4' })
  await pipeline([Readable.from([bytes]), ...sink.stages])
  const stored = await sink.stored(undefined)
  const init = bytes.subarray(0, bytes.indexOf('moof') - 4)
  t.match(stored, {
    ...{ name: 'video', media: { bucket: 'work', key: 'a.mp4', etag: /^"/, bytes: bytes.length } },
    init: { bytes: init.length, sha256: createHash('sha256').update(init).digest('hex') },
    end: bytes.indexOf('mfra') - 4,
    tracks: [{ timescale: 24_000, samples: 48, durationTicks: 48_048 }, { timescale: 48_000 }],
  })
  t.same(await s3.get('work', 'a.mp4'), bytes)
})

t.test('stores nothing of a piece that is damaged', async t => {
  const bytes = await splitSource({ seconds: 2, more: AS_MP4 })
  const { client, left } = await openSplit(t, bytes)
  const sink = new ObjectPieceSink('video', client, { bucket: 'work', key: 'a.mp4' })
  const cut = Readable.from([bytes.subarray(0, bytes.length - 100)])
  await t.rejects(pipeline([cut, ...sink.stages]), { name: 'Mp4Error' })
  await t.rejects(sink.over)
  t.same(left(), [])
})
