import t from 'tap'
import type { MediaStreamInfo } from '../../../lib/ffmpeg/report/media-info.js'
import { readRoster, ROSTER_ARGS, withRoster } from '../../../lib/ffmpeg/report/framecrc-header.js'
import { AAC, bothInputs, ffmpegToPipe, H264 } from '../../support/media.js'

const stream = (
  index: number,
  type: MediaStreamInfo['type'],
  codec: string,
  more: object = {},
): MediaStreamInfo => ({
  ...{ index, type, codec, disposition: ['default'], tags: {} },
  ...more,
})

t.test('reads the list of streams, of any kind', async t => {
  const media = [...bothInputs({ seconds: 1 }), ...H264, ...AAC]
  const listed = await ffmpegToPipe([...media, '-f', 'framecrc'])
  t.same(readRoster(listed.toString()), [
    { type: 'video', codec: 'h264' },
    { type: 'audio', codec: 'aac' },
  ])
  t.same(readRoster('#media_type 0: attachment\n#codec_id 0: none\n#tb 1: 1/1\n#codec_id 1: bin_data\n'), [
    { type: 'attachment', codec: 'unknown' },
    { type: 'unknown', codec: 'bin_data' },
  ])
  t.same(readRoster(''), [])
  t.equal(ROSTER_ARGS.at(-1), 'pipe:1')
})

t.test(
  'ignores a stream missing from the list, and keeps only the listed facts of a contradicted one',
  async t => {
    const roster = [
      { type: 'video', codec: 'h264' },
      { type: 'audio', codec: 'aac' },
      { type: 'audio', codec: 'mp3' },
      { type: 'subtitle', codec: 'subrip' },
    ] as const
    const honest = stream(0, 'video', 'h264', { width: 4 })
    const dumped = [
      honest,
      stream(1, 'audio', 'opus'),
      stream(2, 'audio', 'mp3', { channels: 2 }),
      stream(2, 'audio', 'mp3', { channels: 9 }),
      stream(9, 'video', 'h264'),
    ]
    const bare = { disposition: [], tags: {} }
    t.same(withRoster(dumped, roster), [
      honest,
      { index: 1, type: 'audio', codec: 'aac', ...bare },
      { index: 2, type: 'audio', codec: 'mp3', ...bare },
      { index: 3, type: 'subtitle', codec: 'subrip', ...bare },
    ])
    t.same(withRoster(dumped, []), dumped, 'keeps every stream without a list')
  },
)
