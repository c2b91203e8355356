import t from 'tap'
import {
  canBeFiltered,
  exactInput,
  exactOutput,
  leavesOutAudio,
  mapArguments,
  seconds,
} from '../../../lib/tasks/clip/clip-arguments.js'

const span = { start: 5, end: 8 }
const opening = {
  line: { start: 1.4, names: ['mpegts'] },
  duration: 16,
  landing: 1,
  shown: 3_360_000,
  pictures: 1,
}

/** The value of the last option with that name. */
function valueOf(args: readonly string[], name: string): string | undefined {
  return args.includes(name) ? args[args.lastIndexOf(name) + 1] : undefined
}

t.test('writes times without an exponent', t => {
  t.equal(seconds(1e-7), '0.000000')
  t.equal(seconds(86_400.25), '86400.250000')
  t.end()
})

t.test('sets the clock to 0 at the start of the clip', t => {
  t.same(exactInput(span, opening), ['-itsoffset', '-6.400000', '-noaccurate_seek', '-ss', '1.000000'])
  t.match(valueOf(exactOutput(span, opening, []), '-filter:v:0'), 'gte(pts,-3040000)')
  t.end()
})

t.test('holds the last frame to the end of the clip, or of the media', t => {
  t.match(valueOf(exactOutput(span, opening, []), '-bsf:v'), 'floor(3000000/1000000/TB)')
  t.match(valueOf(exactOutput({ start: 15, end: 99 }, opening, []), '-bsf:v'), 'floor(1000000/1000000/TB)')
  t.match(valueOf(exactOutput(span, { ...opening, duration: undefined }, []), '-bsf:v'), 'floor(3000000/')
  t.end()
})

t.test("puts the user's filters after its own, one option per track", t => {
  const args = exactOutput(span, { ...opening, pictures: 2 }, [
    '-vf',
    'hflip',
    '-filter:v:1',
    'vflip',
    '-af',
    'volume=2',
  ])
  t.equal(args.filter(arg => arg.startsWith('-filter')).length, 3)
  t.match(valueOf(args, '-filter:v:0'), /trim=end_pts=3000000,hflip$/)
  t.match(valueOf(args, '-filter:v:1'), /end_pts=3000000,vflip$/)
  t.equal(valueOf(args, '-filter:a'), 'atrim=start=0:end=3.000000,volume=2')
  t.notOk(args.includes('-vf'))
  const single = exactOutput(span, opening, ['-filter:a:1', 'volume=2', '-filter:0', 'hflip'])
  t.equal(valueOf(single, '-filter:a:1'), 'atrim=start=0:end=3.000000,volume=2')
  t.match(valueOf(single, '-filter:v:0'), /,hflip$/)
  t.end()
})

t.test("obeys the user's rates, lengths and codecs", t => {
  t.equal(valueOf(exactOutput(span, opening, ['-t', '00:00:01']), '-bsf:v')?.includes('floor(1000000/'), true)
  const rate = exactOutput(span, opening, ['-r', '25'])
  t.notOk(rate.includes('-fps_mode:v'))
  t.match(valueOf(rate, '-filter:v:0'), 'fps=25,tpad=stop=-1:stop_mode=clone,trim=end=3.000000')
  const copied = exactOutput(span, opening, ['-c:a', 'copy'])
  t.notOk(copied.includes('-filter:a'))
  t.equal(valueOf(copied, '-copypriorss:a'), '0')
  t.end()
})

t.test('leaves the cut to ffmpeg if none of our filters can make it', t => {
  for (const args of [[], ['-c:a', 'copy'], ['-vf', 'hflip'], ['-c', 'copy', '-c:v', 'mpeg4']])
    t.ok(canBeFiltered(args), args.join(' '))
  for (const args of [
    ['-c', 'copy'],
    ['-c:v', 'copy'],
    ['-vcodec', 'copy'],
    ['-filter_complex', '[0:v]hflip'],
  ])
    t.notOk(canBeFiltered(args), args.join(' '))
  t.end()
})

t.test('maps all audio except silent tracks', t => {
  t.same(mapArguments([0, 2]).slice(4), ['-map', '-0:a:0', '-map', '-0:a:2'])
  t.ok(leavesOutAudio(['-an']))
  t.notOk(leavesOutAudio(['-vn']))
  t.end()
})
