import t from 'tap'
import { parseArguments } from '../../../lib/ffmpeg/args/parse-arguments.js'
import { CHUNK_ENCODERS, encodingOf } from '../../../lib/job/encoding/encoders.js'

const encoding = (encoder: string, args: string[]) =>
  encodingOf({ encoder, args: parseArguments(args, 'args'), gop: 48, threads: 2 })

t.test('fixes the GOPs of x264', async t => {
  const { first, others, notes } = encoding('libx264', [
    '-preset',
    'fast',
    '-crf',
    '20',
    '-sc_threshold',
    '40',
  ])
  t.same(first, [
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'fast',
      '-crf',
      '20',
      '-g',
      '48',
      '-keyint_min',
      '48',
      '-sc_threshold',
      '0',
    ],
    ...['-threads', '2', '-x264-params', 'keyint=48:min-keyint=48:scenecut=0:open-gop=0'],
  ])
  t.same(others, first)
  t.same(notes, [])
})

t.test('tells x264 and x265 how full the buffer is where a chunk begins', async t => {
  const capped = ['-crf', '20', '-maxrate', '1M', '-bufsize', '2M']
  for (const name of ['libx264', 'libx265']) {
    const { first, others, notes } = encoding(name, capped)
    t.notMatch(first.at(-1), /vbv-init/)
    t.match(others.at(-1), /:vbv-init=0\.5$/)
    t.same(others.slice(0, -1), first.slice(0, -1))
    t.same(notes, [])
  }
  t.match(
    encoding('libx264', ['-x264-params', 'vbv-maxrate=800:vbv-init=0.9']).others.at(-1),
    /^vbv-maxrate=800:.*:vbv-init=0\.5$/,
  )
  t.match(encoding('libsvtav1', capped).notes, [/libsvtav1 takes no fullness/])
})

t.test('keeps what names the worker out of the headers of x265', async t => {
  t.match(encoding('libx265', ['-x265-params', 'aq-mode=3']).first.at(-1), /^aq-mode=3:.*:info=0$/)
})

t.test('takes a quality, and no average bit rate', async t => {
  for (const [name, args] of [
    ['libx264', ['-b:v', '2M']],
    ['libx264', ['-x264-params', 'bitrate=2000']],
    ['libx265', ['-x265-params', 'aq-mode=1:bitrate=2000']],
    ['libx264', ['-crf', '20', '-minrate', '1M']],
    ['libvpx-vp9', []],
    ['libvpx-vp9', ['-b:v', '1M']],
    // VP9 and libaom have no "-qp"; of x265 it counts less than "-b:v".
    ['libvpx-vp9', ['-qp', '30']],
    ['libvpx-vp9', ['-qp', '30', '-b:v', '1M']],
    ['libaom-av1', ['-qp', '30']],
    ['libx265', ['-qp', '30', '-b:v', '1M']],
    ['libx265', ['-b:v', '1M']],
    ['libsvtav1', ['-b:v', '1M']],
    ['libaom-av1', []],
    ['libsvtav1', ['-svtav1-params', 'rc=1:tbr=1000']],
  ] as const) {
    t.throws(() => encoding(name, [...args]), { code: 'rate-control' }, `${name} ${args.join(' ')}`)
  }
  for (const [name, args] of [
    ['libx264', []],
    ['libx264', ['-qp', '20']],
    ['libx264', ['-crf', '20', '-b:v', '0']],
    ['libx264', ['-qp', '20', '-b:v', '1M']],
    ['libx264', ['-crf', '20', '-b:v', '1M']],
    ['libx265', ['-crf', '20', '-b:v', '1M']],
    ['libx265', ['-qp', '20']],
    ['libsvtav1', ['-qp', '20', '-b:v', '1M']],
    ['libvpx-vp9', ['-crf', '30', '-b:v', '1M']],
    ['libaom-av1', ['-crf', '30']],
    ['libsvtav1', []],
  ] as const) {
    t.doesNotThrow(() => encoding(name, [...args]), `${name} ${args.join(' ')}`)
  }
})

t.test('refuses what moves key frames, and encoders that it does not know', async t => {
  for (const args of [
    ['-x264-params', 'open-gop=1'],
    ['-x264opts', 'keyint=10'],
    ['-x264-params', 'ref=2:intra-refresh=1'],
    ['-intra-refresh', '1'],
  ]) {
    t.throws(() => encoding('libx264', args), { code: 'key-frames' }, args.join(' '))
  }
  for (const name of ['copy', 'h264_nvenc', 'mpeg4'])
    t.throws(() => encoding(name, []), { code: 'encoder' }, name)
  t.ok(CHUNK_ENCODERS.includes('libx264'))
})
