import t from 'tap'
import type { MediaInfo } from '../../lib/ffmpeg/report/media-info.js'
import { PIPED, PIPED_BY_NAME } from '../../lib/ffmpeg/route/piped-containers.js'
import { section, tableIn } from '../support/doc-table.js'
import {
  CHECKS,
  type Check,
  type ClipTrack,
  type Finding,
  type ProbeReport,
  REASONS,
  type Swept,
  clipDifferences,
  nameOf,
  probeDifferences,
} from './checks.js'
import { CORPUS } from './corpus.js'
import { KNOWN, type Known } from './known.js'
import { page, table, written } from './report.js'
import { problemsOf } from './verdict.js'

const INFO: MediaInfo = {
  ...{ by: 'ffprobe', bytesFetched: 1000 },
  format: { names: ['wav'], duration: 3, startTime: 0, size: 1000, tags: { title: 'A title' } },
  streams: [
    {
      ...{ index: 0, type: 'audio', codec: 'pcm_s16le', sampleRate: 48_000, channels: 1, duration: 3 },
      ...{ timeBase: '1/48000', disposition: ['default'], tags: {} },
    },
  ],
  chapters: [{ start: 0, end: 1, title: 'One', tags: { title: 'One' } }],
}

const REPORT: ProbeReport = {
  format: { format_name: 'wav', duration: '3.000000', start_time: '0.000000', tags: { title: 'A title' } },
  streams: [
    {
      ...{ codec_type: 'audio', codec_name: 'pcm_s16le', width: 0, sample_rate: '48000', channels: 1 },
      ...{ duration: '3.000000', time_base: '1/48000', disposition: { default: 1, forced: 0 } },
    },
  ],
  chapters: [{ start_time: '0.000000', end_time: '1.000000', tags: { title: 'One' } }],
}

t.test('names the field in which probe and ffprobe differ', t => {
  t.same(probeDifferences(INFO, REPORT), [])
  const { format, streams, chapters } = INFO
  const changes: [Partial<MediaInfo>, RegExp][] = [
    [{ format: { ...format, names: ['w64'] } }, /^demuxer "w64" for "wav"$/],
    [{ format: { ...format, duration: 2 } }, /^duration 2 for 3$/],
    [{ format: { ...format, startTime: 1 } }, /^start 1 for 0$/],
    [{ format: { ...format, tags: {} } }, /^tags \{\} for \{"title":"A title"\}$/],
    [{ streams: [] }, /^streams 0 for 1$/],
    [{ streams: [{ ...streams[0]!, type: 'data' }] }, /^type of stream 0/],
    [{ streams: [{ ...streams[0]!, codec: 'mp3' }] }, /^codec of stream 0/],
    [{ streams: [{ ...streams[0]!, width: 1 }] }, /^width of stream 0/],
    [{ streams: [{ ...streams[0]!, height: 1 }] }, /^height of stream 0/],
    [{ streams: [{ ...streams[0]!, pixelFormat: 'gray' }] }, /^pixel format of stream 0/],
    [{ streams: [{ ...streams[0]!, sampleRate: 1 }] }, /^sample rate of stream 0 1 for 48000$/],
    [{ streams: [{ ...streams[0]!, channels: 2 }] }, /^channels of stream 0/],
    [{ streams: [{ ...streams[0]!, timeBase: '1/1' }] }, /^time base of stream 0/],
    [{ streams: [{ ...streams[0]!, startTime: 1 }] }, /^start of stream 0/],
    [{ streams: [{ ...streams[0]!, duration: 2 }] }, /^duration of stream 0/],
    [{ streams: [{ ...streams[0]!, disposition: [] }] }, /^disposition of stream 0/],
    [{ streams: [{ ...streams[0]!, tags: { a: 'b' } }] }, /^tags of stream 0/],
    [{ chapters: [{ ...chapters[0]!, end: 2 }] }, /^chapters/],
  ]
  for (const [change, message] of changes) {
    const found = probeDifferences({ ...INFO, ...change }, REPORT)
    t.equal(found.length, 1, String(message))
    t.match(found[0], message)
  }
  t.end()
})

const packet = (n: number) => ({ time: n / 25, length: 0.04, hash: `CRC32:${n}` })
const TRACK: ClipTrack = { codec: 'h264', packets: [0, 1, 2].map(packet) }

t.test('describes the difference between two clips', t => {
  t.same(clipDifferences([TRACK], [TRACK]), [])
  t.same(
    clipDifferences([TRACK], [TRACK, { codec: 'aac', packets: [] }]),
    [],
    'ignores a track without packets',
  )
  const [first, second, third] = TRACK.packets
  const other = (...packets: ClipTrack['packets']) => clipDifferences([{ codec: 'h264', packets }], [TRACK])
  t.same(clipDifferences([], [TRACK]), ['tracks "" for "h264"'])
  t.same(clipDifferences([TRACK, { codec: 'aac', packets: [] }], [TRACK]), ['tracks "h264,aac" for "h264"'])
  t.same(other(first!, second!), ['h264: packets 2 for 3'])
  t.same(other(first!, { ...second!, hash: '' }, third!), ['h264: packet 1 has other data'])
  t.same(other(first!, { ...second!, time: 0.05 }, third!), ['h264: packet 1 at 0.05 for 0.04'])
  t.same(other(first!, second!, { ...third!, length: 1 }), ['h264: 1.080 s for 0.120 s'])
  t.end()
})

const same: Finding = { cell: 'same' }
const ofFile = (file: string, clip: Finding = same): Swept => ({
  ...{ sample: { file, args: [] }, demuxer: 'mov,mp4' },
  findings: { route: { cell: 'pipe' }, probe: same, clip, thumbnails: same },
})
const known: readonly Known[] = [{ files: ['b.mp4'], check: 'clip', of: 'library', why: 'a reason' }]

t.test('fails for an unknown difference, and for a known one that no longer exists', t => {
  t.same(problemsOf(ofFile('a.mp4'), known), [])
  t.same(problemsOf(ofFile('a.mp4', { problem: 'too short' }), known), ['clip: too short'])
  t.same(problemsOf(ofFile('b.mp4', { problem: 'too short' }), known), [])
  t.match(problemsOf(ofFile('b.mp4'), known), [/lists a difference for "clip", but the results are equal/])
  t.end()
})

t.test('writes one row for the files of a container with equal cells', t => {
  const all = [ofFile('a.mp4'), ofFile('b.mp4', { problem: 'too short' }), ofFile('c.mp4')]
  t.same(tableIn(table(all, known)), [
    ['`mov mp4`', '`a.mp4` `c.mp4`', 'pipe', 'same', 'same', 'same'],
    ['`mov mp4`', '`b.mp4`', 'pipe', 'same', '1', 'same'],
  ])
  t.match(table(all, []), '**too short**')
  t.end()
})

const heading = '## Supported containers'

t.test('docs/formats.md has a row for each piped container', t => {
  const rows = tableIn(section('formats.md', heading))
  for (const demuxers of [...PIPED, ...PIPED_BY_NAME]) {
    const own = rows.find(
      ([names = '', , route]) =>
        route === 'pipe' && demuxers.split(' ').some(name => names.slice(1, -1).split(' ').includes(name)),
    )
    t.ok(own, demuxers)
  }
  const files = new Set(rows.flatMap(([, list = '']) => list.split(' ').map(file => file.slice(1, -1))))
  t.same(
    CORPUS.filter(({ file }) => !files.has(file)).map(nameOf),
    [],
    'the newest ffmpeg can write all of them',
  )
  t.end()
})

t.test('docs/formats.md has no cell without an explanation', t => {
  const words = ['pipe', 'range', 'same', 'same, encoded', ...Object.keys(REASONS)]
  const text = section('formats.md', heading)
  for (const [demuxer, , ...cells] of tableIn(text)) {
    t.equal(cells.length, Object.keys(CHECKS).length)
    for (const cell of cells) t.ok(words.includes(cell) || KNOWN[Number(cell) - 1], `${demuxer}: ${cell}`)
  }
  const plain = (markdown: string) => markdown.replace(/[\s|-]+/g, ' ')
  for (const part of written()) t.ok(plain(page()).includes(plain(part)), part.slice(0, 60))
  for (const { files, check } of KNOWN) {
    t.ok(Object.keys(CHECKS).includes(check satisfies Check))
    for (const file of files) t.ok(CORPUS.some(sample => nameOf(sample) === file))
  }
  t.end()
})
