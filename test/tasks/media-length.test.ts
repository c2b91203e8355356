import t from 'tap'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { lengthOf, noLength } from '../../lib/tasks/media-length.js'
import { storyboard } from '../../lib/tasks/storyboard/storyboard.js'
import { thumbnails } from '../../lib/tasks/thumbnails/thumbnails.js'
import { ffmpegToPipe, ffprobeJson, videoInput } from '../support/media.js'
import { LoggedAccess } from '../support/random-accesses.js'

const VP8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-g', '30']
/** A recording of a browser: no length, no cues, a segment of unknown size. */
const recorded = () => ffmpegToPipe([...videoInput({ seconds: 4 }), ...VP8, '-f', 'webm', '-live', '1'])

t.test('uses the stated length, or else the end of the last cluster', async t => {
  const bytes = await recorded()
  const { format } = await ffprobeJson<{ format: { duration?: string } }>(bytes, ['-show_format'])
  t.equal(format.duration, undefined)
  const source = new BytesSource({ bytes })
  const names = ['matroska', 'webm']
  t.equal(await lengthOf(source, { duration: 7, names }), 7)
  t.equal(await lengthOf(source, { names }), 4)
  t.equal(await lengthOf(source, { names, startTime: 1.5 }), 2.5, 'counted from the start of the media')
  t.equal(await lengthOf(source, { names: ['gif'] }), undefined)
  t.match(noLength(), { code: 'AVIO_ERR_INPUT_INVALID' })
})

t.test('spreads thumbnails and storyboards over a recording that does not state its length', async t => {
  const bytes = await recorded()
  const times: number[] = []
  for await (const { time } of thumbnails({ source: new LoggedAccess(bytes), count: 2 })) times.push(time)
  t.same(times, [1, 3])
  const starts: number[] = []
  let end = 0
  for await (const { tiles } of storyboard({ source: new LoggedAccess(bytes), every: 1.5, width: 40 })) {
    for (const tile of tiles) {
      starts.push(tile.start)
      end = tile.end
    }
  }
  t.same(starts, [0, 1.5, 3])
  t.equal(end, 4)
})

t.test('fails thumbnails and storyboards alike if the length is unknown', async t => {
  const apng = await ffmpegToPipe([...videoInput({ seconds: 1 }), '-f', 'apng'])
  for (const call of [thumbnails, storyboard]) {
    const all = async () => {
      for await (const one of call({ source: new LoggedAccess(apng), count: 2 })) t.ok(one)
    }
    await t.rejects(all(), { code: 'AVIO_ERR_INPUT_INVALID', message: /does not state its duration/ })
  }
})
