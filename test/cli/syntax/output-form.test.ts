import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { isFileMuxer, muxerOf } from '../../../lib/ffmpeg/args/muxers.js'
import { argumentAt } from '../../../lib/ffmpeg/args/parse-arguments.js'
import { MUXERS, isFragmented, outputForm } from '../../../lib/cli/syntax/output-form.js'

const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'

/** Of a second muxer of that name, and missing in ffmpeg's table. */
const UNLISTED = ['.mka', '.ec3']

t.test('knows the endings as the installed ffmpeg does', async t => {
  for (const muxer of new Set(Object.values(MUXERS))) {
    const { stdout } = await promisify(execFile)(FFMPEG, ['-hide_banner', '-h', `muxer=${muxer}`])
    const known = /Common extensions: ([\w,]+)\./.exec(stdout)?.[1]?.split(',') ?? []
    const others = Object.entries(MUXERS).filter(([ending]) => !UNLISTED.includes(ending))
    for (const [ending, name] of others)
      if (name === muxer) t.ok(known.includes(ending.slice(1)), `${ending} is ${muxer}: ${known.join(' ')}`)
  }
})

t.test('writes each muxer as to a file where that is possible, and to a pipe on standard output', async t => {
  for (const [ending, muxer] of Object.entries(MUXERS)) {
    t.doesNotThrow(() => muxerOf(muxer), ending)
    const layout = isFileMuxer(muxer) ? 'file' : undefined
    t.match(
      outputForm(`s3://b/a${ending.toUpperCase()}`, undefined, [], 'x'),
      { format: muxer, layout },
      ending,
    )
    t.equal(outputForm('-', muxer, [], 'x').layout, undefined, ending)
  }
})

t.test('takes -f before the ending', async t => {
  t.match(outputForm('s3://b/a.mp4', 'matroska', [], 'x'), { format: 'matroska', layout: undefined })
  t.match(outputForm('s3://b/a.jpg', 'mjpeg', [], 'x'), { format: 'mjpeg', args: [] })
})

t.test('recognizes the arguments that ask for fragments', async t => {
  const asks = (...args: string[]) => isFragmented([argumentAt(args, 0)!])
  for (const args of [
    ['-movflags', 'frag_keyframe'],
    ['-movflags', '+faststart+frag_keyframe'],
    ['-movflags', 'cmaf'],
    ['-movflags', 'dash-faststart'],
    ['-frag_duration', '1000'],
  ]) {
    t.equal(asks(...args), true, args.join(' '))
  }
  for (const args of [
    ['-movflags', '+faststart'],
    ['-movflags', '-frag_keyframe'],
    ['-movflags', '+use_metadata_tags'],
    ['-metadata', 'frag_keyframe'],
  ]) {
    t.equal(asks(...args), false, args.join(' '))
  }
})
