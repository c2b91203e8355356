import t from 'tap'
import { FfmpegProcess } from '../../lib/ffmpeg/ffmpeg-process.js'
import type { FfmpegProgress } from '../../lib/ffmpeg/log/progress.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { matroska } from '../support/media.js'

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac']
/** Seconds by which a report may differ: ffmpeg reports the start of a packet, and encoders add a few. */
const GRAIN = 0.3

/**
 * All reports of a run; ffmpeg makes one after nearly every packet.
 *
 * @param inputs - 0: 2 s, 1: 5 s
 * @param before - arguments of the first input
 */
async function reportsOf(
  inputs: readonly number[],
  outputs: readonly (readonly string[])[],
  graph?: string,
  before: readonly string[] = [],
): Promise<FfmpegProgress[]> {
  const media = [await matroska({ seconds: 2 }), await matroska({ seconds: 5 })]
  const ffmpeg = new FfmpegProcess({
    inputs: inputs.map((n, at) => ({
      source: new BytesSource({ bytes: media[n]! }),
      args: at === 0 ? [...before] : [],
    })),
    outputs: outputs.map(args => ({ format: 'matroska' as const, args: [...X264, ...args] })),
    filterComplex: graph,
    globalArgs: ['-stats_period', '0.001'],
  })
  const reports: FfmpegProgress[] = []
  ffmpeg.on('progress', report => reports.push(report))
  for (const output of ffmpeg.outputs) output.resume()
  await ffmpeg.result
  return reports
}

const both = ['-map', '0:v', '-map', '1:a']
const joined = ['-map', '[v]', '-map', '[a]']
const JOIN = '[0:v][0:a][1:v][1:a]concat=n=2:v=1:a=1[v][a]'

const TABLE: {
  readonly name: string
  readonly run: Parameters<typeof reportsOf>
  /** Length of the longest output. */
  readonly length: number | undefined
}[] = [
  { name: 'one input', run: [[1], [[]]], length: 5 },
  { name: 'a part of it', run: [[1], [['-t', '2']], undefined, ['-ss', '1']], length: 2 },
  { name: 'the shorter first', run: [[0, 1], [both]], length: 5 },
  { name: 'the longer first', run: [[1, 0], [both]], length: 5 },
  { name: 'the shortest', run: [[1, 0], [[...both, '-shortest']]], length: 2 },
  { name: 'an input of which nothing is used', run: [[0, 1], [['-map', '0']]], length: 2 },
  { name: 'a join', run: [[0, 1], [joined], JOIN], length: 7 },
  { name: 'a join of parts', run: [[1, 0], [joined], JOIN, ['-t', '1']], length: 3 },
  { name: 'two outputs', run: [[1], [['-t', '1'], []]], length: 5 },
  { name: 'a graph that keeps times', run: [[0], [['-map', '[v]']], '[0:v]scale=80:-2[v]'], length: 2 },
  { name: 'twice as fast', run: [[0], [['-vf', 'setpts=0.5*PTS', '-an']]], length: undefined },
  { name: 'frames', run: [[1], [['-frames:v', '20']]], length: undefined },
  {
    name: 'an overlay of another length',
    run: [[0, 1], [['-map', '[v]']], '[0:v][1:v]overlay[v]'],
    length: undefined,
  },
  { name: 'repeated', run: [[0], [[]], undefined, ['-stream_loop', '1']], length: undefined },
]

t.test('percent is that of the longest output, or absent', async t => {
  for (const { name, run, length } of TABLE) {
    const reports = await reportsOf(...run)
    const last = reports.at(-1)!
    if (length === undefined) {
      t.ok(
        reports.every(report => report.percent === undefined && report.eta === undefined),
        name,
      )
      continue
    }
    t.match(last, { done: true, percent: 100, eta: 0 }, name)
    const times = reports.flatMap(({ outTime }) => outTime ?? [])
    const back = times.findIndex((time, at) => time < (times[at - 1] ?? time))
    t.equal(back, -1, `${name}: ${times[back - 1]} s, then ${times[back]}`)
    t.ok(last.outTime! <= length + GRAIN, `${name}: ${last.outTime} s of ${length}`)
    const known = reports.filter(({ percent, done }) => percent !== undefined && !done)
    t.ok(known.length > 0, `${name}: ${reports.length} reports, ${known.length} with percent`)
    const isRight = ({ percent, outTime = 0 }: FfmpegProgress) =>
      Math.abs(percent! - Math.min(100, (100 * outTime) / length)) <= (100 * GRAIN) / length
    t.ok(known.every(isRight), `${name}: ${JSON.stringify(known.find(report => !isRight(report)))}`)
  }
})
