import t from 'tap'
import { expectedLength } from '../../../lib/ffmpeg/run/expected-length.js'

/** Words of an input, with its duration. */
const input = (duration: number | undefined, args = '') => ({
  duration,
  args: args.split(' ').filter(Boolean),
})
const output = (args = '') => ({ args: args.split(' ').filter(Boolean) })

/** By the maps that name an input. */
const feedsOf = (outputs: readonly { readonly args: readonly string[] }[]) => (n: number) =>
  new Set(
    outputs[n]!.args.flatMap((word, at, args) =>
      args[at - 1] === '-map' && /^\d/.test(word) ? [Number.parseInt(word, 10)] : [],
    ),
  )

const of = (
  inputs: readonly ReturnType<typeof input>[],
  outputs: readonly ReturnType<typeof output>[],
  graph?: string,
  globalArgs: readonly string[] = [],
) =>
  expectedLength({
    ...{ inputs, outputs, feeds: feedsOf(outputs) },
    globalArgs: [...globalArgs, ...(graph === undefined ? [] : ['-filter_complex', graph])],
  })

t.test('of one input and one output, by times and filters', async t => {
  for (const [one, words, length] of [
    [input(100), '', 100],
    [input(undefined), '', undefined],
    [input(undefined), '-t 5', undefined],
    [input(100, '-ss 10'), '-t 30', 30],
    [input(100, '-ss 90'), '-t 30', 10],
    [input(100, '-t 50'), '-ss 00:00:20', 30],
    [input(100), '-vf scale=-2:720,fps=25 -af loudnorm', 100],
    [input(100), '-vf setpts=0.5*PTS -an', undefined],
    [input(100), '-af atempo=2', undefined],
    [input(100), '-filter:v trim=0:5', undefined],
    [input(100), '-filter_script:v f', undefined],
    [input(100), '-frames:v 10', undefined],
    [input(100), '-vframes 10', undefined],
    [input(100), '-output_ts_offset 5', undefined],
    [input(100), '-bsf:v h264_mp4toannexb', 100],
    [input(100), '-bsf:v setts=pts=PTS', undefined],
    [input(100), '-r 25 -shortest', 100],
    [input(100), '-copyts', undefined],
    [input(100), '-nocopyts', 100],
    [input(100, '-itsoffset 5'), '', undefined],
    [input(100, '-itsscale 2'), '', undefined],
    [input(100, '-stream_loop 3'), '', undefined],
    [input(100, '-sseof -10'), '', undefined],
    [input(100, '-r 50'), '', undefined],
    [input(0.04, '-loop 1'), '-t 5', undefined],
    [input(100, '-framerate 50 -re'), '', 100],
  ] as const) {
    t.equal(of([one], [output(words)]), length, `${one.args.join(' ')} → ${words}`)
  }
  t.equal(of([input(100)], [output()], undefined, ['-copyts']), undefined)
})

t.test('of several inputs: of the longest that is used, or the shortest', async t => {
  const [short, long, unknown] = [input(10), input(60), input(undefined)]
  const both = '-map 0:v -map 1:a'
  for (const [inputs, words, length] of [
    [[short, long], both, 60],
    [[long, short], both, 60],
    [[short, long], `${both} -shortest`, 10],
    [[short, long], `${both} -shortest -noshortest`, 10],
    [[short, long], `${both} -t 30`, 30],
    [[short, long], '-map 0:v', 10],
    [[short, long], '-map 1:a', 60],
    [[short, unknown], both, undefined],
    [[short, unknown], `${both} -shortest`, undefined],
    [[short, unknown], '-map 0:v', 10],
    [[input(60, '-ss 50'), short], both, 10],
    [[input(60, '-itsoffset 5'), short], both, undefined],
  ] as const) {
    t.equal(of(inputs, [output(words)]), length, words)
  }
  const outputs = [output(both)]
  const question = { inputs: [short, long], outputs, globalArgs: [], feeds: () => undefined }
  t.equal(expectedLength(question), undefined, 'ffmpeg did not report where the streams go')
})

t.test('of several outputs: of the longest', async t => {
  const maps = '-map 0:v'
  t.equal(of([input(60)], [output(`${maps} -t 5`), output(maps)]), 60)
  t.equal(of([input(60)], [output(`${maps} -t 5`), output(`${maps} -t 20`)]), 20)
  t.equal(of([input(60)], [output(maps), output(`${maps} -frames:v 1`)]), undefined)
  t.equal(of([input(60), input(90)], [output('-map 0:v'), output('-map 1:v')]), 90)
})

t.test('of joins and other graphs', async t => {
  const [a, b] = [input(10), input(20)]
  const join = '[0:v][0:a][1:v][1:a]concat=n=2:v=1:a=1[v][s]'
  for (const [inputs, words, graph, length] of [
    [[a, b], '-map [v] -map [s]', join, 30],
    [[input(10, '-ss 4'), input(20, '-t 5')], '-map [v] -map [s]', join, 11],
    [[a, input(undefined)], '-map [v] -map [s]', join, undefined],
    [[a, b], '-map [v] -map [s] -t 12', join, 12],
    [[a, b], '-map [v] -map 1:a', '[0:v][1:v]concat[v]', 30],
    [[a, b], '-map [v] -map 1:a -shortest', '[0:v][1:v]concat[v]', 20],
    [[a, b], '', '[0:v][0:a][1:v][1:a]concat=n=2:v=1:a=1', 30],
    [[a, b], '-map [v]', '[0:v][1:v]overlay[v]', undefined],
    [[a, a], '-map [v]', '[0:v][1:v]hstack[v]', 10],
    [[a, b], '', 'hstack', undefined],
    [[a], '-map [v] -map 0:a', '[0:v]scale=2:2[v]', 10],
    [[a], '-map [v]', 'scale=2:2[v]', 10],
    [[a], '-map [v] -map 0:a', '[0:v]setpts=2*PTS[v]', undefined],
    [[a], '-map [x]', '[0:v]scale=2:2[v]', undefined],
    [[a], '-map [v]', '[in]scale=2:2[v]', undefined],
  ] as const) {
    t.equal(of(inputs, [output(words)], graph), length, `${graph} → ${words}`)
  }
  t.equal(of([a], [output('-map [v]')], undefined, ['-filter_complex_script', 'f']), undefined)
  const two = [output('-map [x]'), output('-map [y] -t 4')]
  t.equal(of([a, b], two, '[0:v][1:v]concat,split[x][y]'), 30)
})
