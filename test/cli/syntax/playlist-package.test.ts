import t from 'tap'
import { packageOfPlaylist } from '../../../lib/cli/syntax/playlist-package.js'
import { parseArguments } from '../../../lib/ffmpeg/args/parse-arguments.js'

const packageOf = (...args: string[]) =>
  packageOfPlaylist('s3://b/a/x.m3u8', parseArguments(args, 'args'), 'outputs[0]')

t.test('places key frames every two seconds unless the arguments say where', async t => {
  const forced = ['-force_key_frames', 'expr:gte(t,n_forced*2)']
  t.same(packageOf('-c:a', 'aac').renditions, [{ name: 'main', args: [...forced, '-c:a', 'aac'] }])
  for (const args of [['-c', 'copy'], ['-c:v', 'copy'], ['-vcodec', 'copy'], ['-g', '48'], ['-vn']])
    t.same(packageOf(...args).renditions, [{ name: 'main', args }], args.join(' '))
  t.same(packageOf('-c:v', 'copy', '-c:v', 'libx264').renditions[0]!.args!.slice(0, 2), forced)
})

t.test('translates the options of the HLS muxer, or refuses them', async t => {
  t.match(packageOf('-hls_time', '3.5', '-hls_list_size', '0'), {
    targetDuration: 4,
    prefix: 's3://b/a/',
    playlist: 'x.m3u8',
  })
  t.match(packageOf('-hls_flags', '+single_file', '-hls_segment_type', 'fmp4'), { layout: 'byterange' })
  for (const args of [
    ['-hls_time', '0'],
    ['-hls_time', 'x'],
    ['-hls_list_size', '5'],
    ['-hls_segment_type', 'mpegts'],
    ['-hls_flags', 'delete_segments'],
    ['-hls_segment_filename', 'x%d.ts'],
  ]) {
    t.throws(() => packageOf(...args), { option: args[0], message: /is not known here/ }, args.join(' '))
  }
})
