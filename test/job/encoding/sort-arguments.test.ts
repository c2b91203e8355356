import t from 'tap'
import { sortArguments } from '../../../lib/job/encoding/sort-arguments.js'
import { formatRate } from '../../../lib/job/grid/rational.js'

const tokens = (list: readonly { readonly tokens: readonly string[] }[]) =>
  list.flatMap(({ tokens }) => tokens)

t.test('sorts the arguments of an ordinary output', async t => {
  const sorted = sortArguments([
    ...['-map', '0:v', '-map', '0:a:1', '-c:v', 'libx265', '-preset', 'fast', '-crf', '24', '-tag:v', 'hvc1'],
    ...['-vf', 'scale=-2:720', '-r', '23.976', '-g', '48', '-threads', '3', '-pix_fmt', 'yuv420p10le'],
    ...[
      '-c:a',
      'aac',
      '-b:a',
      '96k',
      '-ac',
      '2',
      '-af',
      'volume=2',
      '-metadata',
      'title=A b',
      '-movflags',
      '+faststart',
    ],
  ])
  t.match(sorted, { encoder: 'libx265', filters: 'scale=-2:720', videoMap: '0:v', gop: 48, threads: 3 })
  t.equal(formatRate(sorted.rate!), '24000/1001')
  t.same(tokens(sorted.video), ['-preset', 'fast', '-crf', '24', '-tag:v', 'hvc1', '-pix_fmt', 'yuv420p10le'])
  t.same(sorted.audio, ['-map', '0:a:1', '-c:a', 'aac', '-b:a', '96k', '-ac', '2', '-af', 'volume=2'])
  t.same(sorted.file, ['-metadata', 'title=A b', '-movflags', '+faststart'])
})

t.test('knows the defaults of ffmpeg', async t => {
  t.match(sortArguments([]), { encoder: 'libx264', filters: '', videoMap: undefined, audio: [], file: [] })
  t.equal(sortArguments(['-an']).audio, undefined)
  t.equal(sortArguments(['-map', '0:V:0']).audio, undefined, 'a map of video alone leaves the audio out')
  t.same(sortArguments(['-c', 'copy']).audio, ['-c:a', 'copy'])
  t.equal(sortArguments(['-c', 'copy']).encoder, 'copy')
  t.equal(sortArguments(['-threads', '0']).threads, undefined, '0 leaves the number to the plan')
})

t.test('tells outputs of audio alone from those with video', async t => {
  for (const args of [['-vn'], ['-map', '0:a'], ['-map', '0:a:1', '-c', 'copy']])
    t.match(sortArguments(args), { hasVideo: false, audio: [] }, args.join(' '))
  for (const args of [[], ['-an'], ['-map', '0:v'], ['-map', '0:a', '-map', '0:v']])
    t.equal(sortArguments(args).hasVideo, true, args.join(' '))
  t.equal(sortArguments(['-map', '0:v', '-vn']).hasVideo, false)
})

t.test('translates key frames at fixed times, and constant frame rates', async t => {
  t.equal(sortArguments(['-force_key_frames', 'expr:gte(t,n_forced*2)']).keySeconds, 2)
  t.equal(sortArguments(['-force_key_frames:v', 'expr:gte(t, n_forced*0.5)']).keySeconds, 0.5)
  for (const mode of [
    ['-fps_mode', 'cfr'],
    ['-vsync', '1'],
    ['-fps_mode:v', 'auto'],
  ]) {
    t.same(sortArguments(mode).video, [], mode.join(' '))
  }
})

t.test('says what about an argument keeps the output whole', async t => {
  for (const [args, code] of [
    [['-fps_mode', 'vfr'], 'frame-rate'],
    [['-vsync', 'passthrough'], 'frame-rate'],
    [['-vsync', '2'], 'frame-rate'],
    [['-r', 'fast'], 'frame-rate'],
    [['-force_key_frames', '1,2,3'], 'key-frames'],
    [['-force_key_frames', 'source'], 'key-frames'],
    [['-force_key_frames', 'expr:not(mod(n,50))'], 'key-frames'],
    [['-g', '0'], 'key-frames'],
    [['-ss', '5'], 'argument'],
    [['-t', '5'], 'argument'],
    [['-to', '5'], 'argument'],
    [['-frames:v', '5'], 'argument'],
    [['-shortest'], 'argument'],
    [['-bsf:v', 'h264_metadata=level=4'], 'argument'],
    [['-filter_complex', '[0:v]null'], 'argument'],
    [['-map', '[v]'], 'argument'],
    [['-map', '0'], 'argument'],
    [['-map', '0:v', '-map', '0:v'], 'argument'],
    [['-flags', '+cgop'], 'argument'],
    [['-flags:v', '+global_header'], 'argument'],
    [['-unheard_of', '1'], 'argument'],
    [['-threads', 'many'], 'argument'],
  ] as const) {
    t.throws(() => sortArguments(args), { code }, args.join(' '))
  }
})

t.test('leaves arguments that no output may have to those who refuse them everywhere', async t => {
  t.throws(() => sortArguments(['out.mp4']), { code: 'AVIO_ERR_ARGUMENT_REFUSED' })
})
