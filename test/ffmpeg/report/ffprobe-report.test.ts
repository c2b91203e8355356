import t from 'tap'
import { readFfprobeReport, withFirstFrame } from '../../../lib/ffmpeg/report/ffprobe-report.js'

const read = (report: object) => readFfprobeReport(JSON.stringify(report))
const video = (fields: object) => read({ streams: [{ codec_type: 'video', ...fields }] }).streams[0]!

t.test('reads numbers as strings or numbers, and leaves out invalid ones', async t => {
  const { format } = read({
    format: {
      format_name: 'mov,mp4',
      duration: '4.5',
      start_time: 'N/A',
      bit_rate: '1000',
      size: 12,
      tags: { title: 'A' },
    },
  })
  t.same(format, { names: ['mov', 'mp4'], duration: 4.5, bitRate: 1000, size: 12, tags: { title: 'A' } })
  t.same(read({}), { format: { names: [], tags: {} }, streams: [], chapters: [] })
})

t.test('reads rates as fractions, and 0/0 as none', async t => {
  t.equal(video({ avg_frame_rate: '30000/1001' }).frameRate, 30_000 / 1001)
  t.equal(video({ avg_frame_rate: '0/0', r_frame_rate: '25/1' }).frameRate, 25)
  t.equal(video({ avg_frame_rate: '0/0' }).frameRate, undefined)
})

t.test('reads rotation of any sign and size as clockwise', async t => {
  const rotated = (rotation: unknown) =>
    video({ side_data_list: [{ side_data_type: 'Display Matrix', rotation }] }).rotation
  t.same([-90, 90, 180, -180, 0, 270, -450].map(rotated), [90, 270, 180, 180, 0, 90, 90])
  t.equal(video({}).rotation, 0)
})

t.test('recognizes high dynamic range by its transfer function and metadata', async t => {
  const mastering = {
    side_data_type: 'Mastering display metadata',
    min_luminance: '50/10000',
    max_luminance: '10000000/10000',
  }
  const light = { side_data_type: 'Content light level metadata', max_content: 1000, max_average: 400 }
  const pq = {
    color_transfer: 'smpte2084',
    color_primaries: 'bt2020',
    color_space: 'bt2020nc',
    color_range: 'tv',
  }
  t.same(video({ ...pq, side_data_list: [mastering, light] }).hdr, {
    ...{ type: 'hdr10', maxContent: 1000, maxAverage: 400, masteringLuminance: { min: 0.005, max: 1000 } },
  })
  t.same(video(pq).hdr, { type: 'pq' })
  t.same(video({ color_transfer: 'arib-std-b67' }).hdr, { type: 'hlg' })
  t.same(video({ side_data_list: [{ side_data_type: 'DOVI configuration record' }] }).hdr, {
    type: 'dolby-vision',
  })
  t.equal(video({ color_transfer: 'bt709' }).hdr, undefined)
  t.same(video(pq).color, { range: 'tv', space: 'bt2020nc', transfer: 'smpte2084', primaries: 'bt2020' })
  t.equal(video({ color_space: 'unknown' }).color, undefined)
})

t.test('adds from the first frame only what nothing else states', async t => {
  const stream = video({ color_transfer: 'smpte2084' })
  const point = (name: string) => ({ [`${name}_x`]: '15000/50000', [`${name}_y`]: '0/50000' })
  const mastering = {
    ...{ side_data_type: 'Mastering display metadata', min_luminance: '0/10000', max_luminance: '5000/10' },
    ...{ ...point('red'), ...point('green'), ...point('blue'), ...point('white_point') },
  }
  const { hdr } = withFirstFrame(stream, JSON.stringify({ frames: [{ side_data_list: [mastering] }] }))
  const at = [0.3, 0]
  t.same(hdr, {
    type: 'hdr10',
    masteringLuminance: { min: 0, max: 500 },
    masteringPrimaries: { red: at, green: at, blue: at, white: at },
  })
  for (const none of ['{}', '{"frames":[]}', '{"frames":[{}]}', '5'])
    t.same(withFirstFrame(stream, none), stream)
})

t.test('reports a stream of unknown kind as such', async t => {
  t.same(read({ streams: [{}] }).streams, [
    { index: 0, type: 'unknown', codec: 'unknown', disposition: [], tags: {} },
  ])
  const [audio] = read({
    streams: [
      {
        codec_type: 'audio',
        tags: { language: 'und' },
        disposition: { default: 1, forced: 0, dub: 1 },
        codec_tag_string: '[0][0]',
      },
    ],
  }).streams
  t.same(audio!.disposition, ['default', 'dub'])
  t.equal(audio!.language, undefined)
  t.equal(audio!.codecTag, undefined)
})

t.test('trusts nothing in a report of the wrong shape', async t => {
  for (const report of [
    [],
    5,
    { format: 5, streams: {}, chapters: 'x' },
    { streams: [5, null, []], format: { tags: [1] } },
  ]) {
    t.doesNotThrow(() => readFfprobeReport(JSON.stringify(report)))
  }
  t.throws(() => readFfprobeReport('not JSON'), SyntaxError)
})
