import t from 'tap'
import { isReadToEnd } from '../../../lib/ffmpeg/args/reads-to-end.js'

const report = (outTime?: number, frame = 0) => ({
  done: true,
  frame,
  ...(outTime !== undefined && { outTime }),
})

/** Whether a job with one input and one output reads its input to the end. */
function reads(input: string, output: string, outTime?: number, frame?: number): boolean {
  const args = (text: string) => ({ args: text === '' ? [] : text.split(' ') })
  return isReadToEnd(0, [args(input)], [args(output)], report(outTime, frame))
}

t.test('considers an input without a limit read to its end', async t => {
  for (const output of [
    '',
    '-c copy',
    '-an',
    '-map 0:a',
    '-ss 5',
    '-vf scale=320:-1',
    '-vf trim=start=2',
    '-vf trim=2',
  ]) {
    t.ok(reads('', output, 1), output)
  }
  t.ok(reads('-ss 5', '-c copy', 1))
  t.ok(reads('-stream_loop 2', '', 1))
})

t.test('considers an input not read to its end once it reaches a limit', async t => {
  for (const [input, output] of [
    ['', '-t 5'],
    ['-t 5', ''],
    ['-ss 10 -to 15', ''],
    ['', '-to 5'],
    ['-t 60', '-t 5'],
    ['-ss 1', '-ss 2 -to 7'],
  ] as const) {
    t.notOk(reads(input, output, 4.96), `${input} / ${output}`)
    t.ok(reads(input, output, 3), `${input} / ${output}`)
    t.ok(reads(input, output), `${input} / ${output}: without an output time`)
  }
  t.notOk(reads('', '-frames:v 3', 0.1, 3))
  t.ok(reads('', '-frames:v 3', 0.1, 2))
  t.notOk(reads('', '-t 5 -frames:v 3', 0.1, 3))
})

t.test('does not guess at other limits', async t => {
  for (const output of [
    '-shortest',
    '-fs 1000',
    '-frames:a 10',
    '-vf trim=duration=5',
    '-af atrim=0:5',
    '-vf setpts=2*PTS,trim=end=3',
    '-vf setpts=0.5*PTS -t 5',
  ]) {
    t.notOk(reads('', output, 1), output)
  }
  t.ok(reads('', '-noshortest', 1))
})

t.test('judges an input by the outputs that may use it', async t => {
  const args = (text: string) => ({ args: text.split(' ') })
  const both = [args('-c:v copy'), args('-c:a copy')]
  t.ok(
    isReadToEnd(0, [args('-re')], [args('-c copy'), args('-frames:v 1')], report(1, 1)),
    'the output beside the poster reads on',
  )
  t.notOk(isReadToEnd(0, [args('-re')], [args('-t 5'), args('-frames:v 1')], report(1, 1)))
  t.ok(isReadToEnd(1, both, [args('-map 0:v -map 1:a')], report(1)))
  t.notOk(isReadToEnd(1, both, [args('-map 0:v -map_metadata 1')], report(1)), 'not read at all')
  t.notOk(isReadToEnd(1, both, [args('-map 0:v'), args('-map 1:a -t 5')], report(1)))
  t.ok(isReadToEnd(1, both, [args('-filter_complex [0:v][1:v]overlay')], report(1)))
})
