import t from 'tap'
import { readInit } from '../../../lib/hls/presentation/read-init.js'
import { bothOf, pictureOf, soundOf } from '../../support/hls.js'

/** Everything before the first fragment. */
const initOf = (bytes: Buffer) => bytes.subarray(0, bytes.indexOf('moof') - 4)

t.test('reads the track of an initialization segment', async t => {
  const video = readInit(initOf(await pictureOf('64x48', { seconds: 1 })), 'a')
  t.match(video, {
    tracks: [{ kind: 'video' }],
    track: { kind: 'video', codec: /^avc1\./, width: 64, height: 48 },
  })
  t.match(readInit(initOf(await soundOf({ seconds: 1 })), 'a'), { track: { kind: 'audio', language: 'eng' } })
})

t.test('refuses what is none, and two tracks', async t => {
  const bytes = initOf(await pictureOf('64x48', { seconds: 1 }))
  for (let n = 0; n < bytes.length; n++)
    t.throws(() => readInit(bytes.subarray(0, n), 'a'), { name: 'Mp4Error' }, `cut at ${n}`)
  t.throws(() => readInit(Buffer.from('no MP4 at all, but long enough'), 'a'), { name: 'Mp4Error' })
  t.throws(() => readInit(initOf(Buffer.from('')), 'a'), { name: 'Mp4Error' })
  const both = initOf(await bothOf({ seconds: 1 }))
  t.throws(() => readInit(both, 'a'), { code: 'AVIO_ERR_HLS_TRACKS', rendition: 'a' })
})
