import t from 'tap'
import { InputDump } from '../../../lib/ffmpeg/report/input-dump.js'
import { LogReader } from '../../../lib/ffmpeg/log/log.js'
import { StreamFates } from '../../../lib/ffmpeg/streams/stream-fates.js'
import { StreamMapping } from '../../../lib/ffmpeg/report/stream-mapping.js'

const INPUT = [
  "[info] Input #0, matroska,webm, from 'pipe:0':",
  '[info]   Stream #0:0: Video: h264 (High), yuv420p, 640x360, 25 fps',
  '[info]   Stream #0:1: Audio: aac (LC), 48000 Hz, stereo, fltp',
  '[info]   Stream #0:2: Audio: aac (LC), 48000 Hz, stereo, fltp',
  '[info]   Stream #0:3: Subtitle: subrip',
  '[info]   Stream #0:4: Data: bin_data',
  '[info]   Stream #0:5: Video: png, rgb24(pc), 64x64 (attached pic)',
  '[info]   Stream #0:6: Attachment: ttf',
  '[info]   Stream #0:7: Audio: none (apac / 0x63617061), 48000 Hz, 4 channels',
  '[info]   Stream #0:8: Audio: aac ([15][0][0][0] / 0x000F), 0 channels',
  '[info]   Stream #0:9: Video: mpeg2video, none',
  '[info] Stream mapping:',
]

/** The fate of each stream: `copied 0:0`, or the reason that leaves it out. */
function fates(
  output: { format: string; args: string[] } | { format: string; args: string[] }[],
  ...mapping: string[]
) {
  const dump = new InputDump()
  const report = new StreamMapping()
  const log = new LogReader(entry => {
    dump.push(entry)
    report.push(entry)
  })
  log.push(
    Buffer.from([...INPUT, ...mapping.map(line => `[info]   ${line}`)].map(line => `${line}\n`).join('')),
  )
  log.end()
  const streams = dump.info!.streams
  const all = new StreamFates([output].flat(), [streams], report)
  return streams.map(stream => {
    const { into, leftOut } = all.of(0, stream)
    return [
      ...into.map(target => `${target.by} ${target.output}:${target.stream ?? '-'}`),
      ...leftOut.map(({ output, reason }) => `${output} ${reason}`),
    ].join(' ')
  })
}

const REST = [
  '0 subtitle',
  '0 data',
  '0 cover',
  '0 attachment',
  '0 unknown-codec',
  '0 found-late',
  '0 found-late',
]

t.test('gives the reason for each stream that ffmpeg did not choose', async t => {
  const mapping = ['Stream #0:0 -> #0:0 (copy)', 'Stream #0:1 -> #0:1 (aac (native) -> aac (native))']
  t.same(fates({ format: 'mp4', args: [] }, ...mapping), [
    'copied 0:0',
    'encoded 0:1',
    '0 not-chosen',
    ...REST,
  ])
  t.same(fates({ format: 'matroska', args: [] }, ...mapping, 'Stream #0:3 -> #0:2 (copy)').slice(3, 5), [
    'copied 0:2',
    '0 data',
  ])
})

t.test('does not count exclusion by arguments as a loss, but counts mapped streams', async t => {
  const mapping = ['Stream #0:0 -> #0:0 (copy)', 'Stream #0:1 -> #0:1 (copy)', 'Stream #0:2 -> #0:2 (copy)']
  t.same(fates({ format: 'mp4', args: ['-map', '0:V', '-map', '0:a'] }, ...mapping), [
    'copied 0:0',
    'copied 0:1',
    'copied 0:2',
    ...Array<string>(4).fill('0 arguments'),
    '0 unknown-codec',
    '0 found-late',
    '0 found-late',
  ])
  t.same(fates({ format: 'mp4', args: ['-map', '0'] }, ...mapping).slice(3, 7), [
    '0 subtitle',
    '0 data',
    '0 cover',
    '0 attachment',
  ])
  t.same(fates({ format: 'mp4', args: ['-an', '-sn'] }, mapping[0]!).slice(1, 5), [
    ...['0 arguments', '0 arguments', '0 arguments', '0 data'],
  ])
})

t.test('distinguishes an unsupported kind from a choice', async t => {
  t.same(fates({ format: 'wav', args: [] }, 'Stream #0:1 -> #0:0 (aac (native) -> pcm_s16le (native))'), [
    ...['0 format', 'encoded 0:0', '0 not-chosen', '0 format', '0 format', '0 format', '0 format'],
    ...['0 unknown-codec', '0 found-late', '0 format'],
  ])
  t.same(fates({ format: 'image2pipe', args: [] }, 'Stream #0:0 -> #0:0 (copy)').slice(0, 2), [
    'copied 0:0',
    '0 format',
  ])
})

t.test('follows a stream through filters into each output that they feed', async t => {
  const outputs = [
    { format: 'mp4', args: ['-map', '[a]', '-map', '0:1'] },
    { format: 'mp4', args: ['-map', '[b]'] },
    { format: 'wav', args: ['-map', '0:2'] },
  ]
  const mapping = [
    'Stream #0:0 (h264) -> split:default',
    'split -> Stream #0:0 (libx264)',
    'Stream #0:1 -> #0:1 (copy)',
    'scale:default -> Stream #1:0 (libx264)',
    'Stream #0:2 -> #2:0 (aac (native) -> pcm_s16le (native))',
  ]
  t.same(fates(outputs, ...mapping).slice(0, 3), [
    'filtered 0:- filtered 1:- 2 arguments',
    'copied 0:1 1 arguments 2 arguments',
    'encoded 2:0 0 arguments 1 arguments',
  ])
})

t.test('sends a kept cover to its output', async t => {
  const dump = new InputDump()
  const log = new LogReader(entry => dump.push(entry))
  log.push(Buffer.from(INPUT.map(line => `${line}\n`).join('')))
  log.end()
  const { streams } = dump.info!
  const outputs = [0, 1].map(() => ({ format: 'mp4', args: ['-vn'] }))
  const kept = [{ output: 1, input: 0, stream: 5 }]
  const all = new StreamFates(outputs, [streams], new StreamMapping(), kept)
  t.match(all.of(0, streams[5]!), {
    into: [{ output: 1, by: 'copied' }],
    leftOut: [{ output: 0, reason: 'arguments' }],
  })
  t.same(all.of(0, streams[0]!).into, [])
})
