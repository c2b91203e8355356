import t from 'tap'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { versionOf } from '../../../lib/ffmpeg/binary/read-version.js'
import { dieWithParent } from '../../../lib/ffmpeg/child/parent-death-signal.js'
import { runTool } from '../../../lib/ffmpeg/child/run-tool.js'
import { runJudged } from '../../../lib/ffmpeg/diagnosis/run-judged.js'
import { withSuggestion } from '../../../lib/ffmpeg/diagnosis/suggestion.js'
import { UNLIMITED } from '../../../lib/ffmpeg/limits/limits.js'
import { coverOf } from '../../../lib/ffmpeg/output/kept-cover.js'
import { reportOf } from '../../../lib/ffmpeg/preview/run-preview.js'
import { packetKeys } from '../../../lib/ffmpeg/probe/packet-keys.js'
import { runProbe } from '../../../lib/ffmpeg/probe/probe-run.js'
import { SourceLook } from '../../../lib/ffmpeg/route/source-look.js'
import { FfmpegError } from '../../../lib/errors.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { resources, resourcesSince } from '../../support/child.js'
import { canLimitDescriptors, openDescriptors, withDescriptors } from '../../support/descriptors.js'
import { transportStream } from '../../support/media.js'

const env = { PATH: process.env['PATH']! }
const { signal } = new AbortController()
const NONE_LEFT = { code: 'AVIO_ERR_DESCRIPTORS', message: /ulimit -n/, cause: { code: 'EMFILE' } }

const { path } = await locateFfmpeg(undefined)
const head = await transportStream()
const tool = { path, env, args: ['-version'], signal }
const spec = { url: 'pipe:0', args: [], protocols: ['pipe'], format: 'mpegts' }
const overHttp = { ...spec, url: 'http://there/0/input' }
const question = (input: typeof spec) => ({
  inputs: [{ spec: input, head }],
  outputs: [{ url: 'pipe:1', format: 'null', args: [] }],
  ffmpegPath: path,
  ...{ env, signal },
})
const remark = () => undefined
const look = new SourceLook({
  ...{ path, env, prefix: [], limits: UNLIMITED, input: spec, source: undefined, signal, remark },
})

/** Everything that runs a tool to read its output. */
const RUNNERS: Record<string, () => Promise<unknown>> = {
  runTool: () => runTool(tool, {}),
  runJudged: () => runJudged(tool, {}),
  probe: () => runProbe({ ...tool, input: head, onLog: () => undefined }),
  'key packets': () =>
    packetKeys(new BytesSource({ bytes: head }), {
      track: undefined,
      ffprobePath: undefined,
      signal: undefined,
    }),
  preview: () => reportOf(question(spec)),
  cover: () => coverOf(question(overHttp), remark),
  look: () =>
    look.run({ input: [], output: [], format: 'null' }, { onLog: () => undefined, isEnough: () => false }),
}

t.test(
  'fails with the remedy and leaves nothing behind if file descriptors run out for a tool',
  { skip: !canLimitDescriptors },
  async t => {
    await dieWithParent()
    for (const [name, run] of Object.entries(RUNNERS)) {
      const [before, open] = [resources(), openDescriptors()]
      for (const left of [0, 2, 5]) {
        await withDescriptors(left, () => t.rejects(run(), NONE_LEFT, `${name}, ${left} left`))
      }
      t.same(await resourcesSince(before), {}, `${name} leaves no resources`)
      t.ok(openDescriptors() <= open, `${name} closes its descriptors`)
    }
  },
)

t.test(
  'ignores a failed query beside the job if file descriptors run out',
  { skip: !canLimitDescriptors },
  async t => {
    const before = resources()
    const error = new FfmpegError('AVIO_ERR_UNKNOWN_ENCODER', "Unknown encoder 'libx265x'")
    await withDescriptors(4, async () => {
      t.equal(await versionOf(path, env, signal), undefined)
      t.equal(await withSuggestion(error, { path, env, signal }), error)
    })
    t.ok(await versionOf(path, env, signal), 'a later call asks again')
    t.same(await resourcesSince(before), {})
  },
)
