import t from 'tap'
import type { FfmpegError } from '../../lib/errors.js'
import type { ChildExit } from '../../lib/ffmpeg/ffmpeg-child.js'
import { Outcome } from '../../lib/ffmpeg/outcome.js'

const MOV = '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5640dbe]'
const PARTIAL = `${MOV} [error] stream 1, offset 0x30: partial file`

interface Run {
  log?: readonly string[]
  progress?: string
  bytesOut?: number
  format?: string
}

function outcomeOf({ log = [], progress = '', bytesOut = 0, format = 'mp4' }: Run): Outcome {
  const listener = { onLog: () => undefined, onProgress: () => undefined }
  const outcome = new Outcome({ path: '/usr/bin/ffmpeg', args: ['-i', 'pipe:0'] }, [format], listener)
  outcome.log.push(Buffer.from(log.map(line => `${line}\n`).join('')))
  outcome.log.end()
  outcome.progress.push(Buffer.from(progress))
  outcome.bytesIn = 1000
  outcome.bytesOut = bytesOut
  return outcome
}

const ended = (code: number): ChildExit => ({ code, signal: null })
const killed = (signal: NodeJS.Signals): ChildExit => ({ code: null, signal })
const failure = (run: Run, exit: ChildExit, isMediaFirst = false): FfmpegError | undefined =>
  outcomeOf(run).failure(exit, isMediaFirst)

t.test('exit code 0 and nothing in the log against it is no failure', async t => {
  t.equal(
    failure({ log: ['[info] all is well', '[error] Error while decoding stream #0:0'] }, ended(0)),
    undefined,
  )
})

t.test('a failure carries all that is known', async t => {
  const error = failure({ log: ['[info] hello', "[fatal] Unknown encoder 'x'"], bytesOut: 12 }, ended(1))
  t.match(error, {
    name: 'FfmpegError',
    code: 'AVIO_ERR_UNKNOWN_ENCODER',
    message: /^ffmpeg failed with exit code 1: Unknown encoder 'x'\. This build/,
    exitCode: 1,
    stderrTail: "[info] hello\n[fatal] Unknown encoder 'x'",
    ffmpegPath: '/usr/bin/ffmpeg',
    args: ['-i', 'pipe:0'],
    bytesIn: 1000,
    bytesOut: 12,
  })
  t.notOk('signal' in error!, 'and nothing that is not')
})

t.test('what is not known is told in ffmpeg’s own last words', async t => {
  const unknown = failure({ log: ['[error] something new', '[info] Conversion failed!'] }, ended(234))
  t.match(unknown, { code: 'AVIO_ERR_FFMPEG_EXIT', exitCode: 234, message: /exit code 234: something new\./ })
  t.match(failure({ log: ['from a wrapper'] }, ended(1)), { message: /exit code 1: from a wrapper\./ })
  t.match(failure({}, ended(1)), { message: /exit code 1: it wrote nothing to stderr\./ })
})

t.test('a partial input is a failure even with exit code 0', async t => {
  t.match(failure({ log: [PARTIAL] }, ended(0)), { code: 'AVIO_ERR_INPUT_PARTIAL', exitCode: 0 })
  t.match(failure({ log: [PARTIAL] }, ended(1)), { code: 'AVIO_ERR_INPUT_PARTIAL', exitCode: 1 })
  t.match(
    failure({ log: [PARTIAL] }, ended(0), true),
    { code: 'AVIO_ERR_INPUT_NEEDS_SEEK', message: /before its index/ },
    'where the media came first, that is the reason',
  )
  const cut = failure({ log: [`${MOV} [error] moov atom not found`] }, ended(1), true)
  t.match(cut, { code: 'AVIO_ERR_MOOV_NOT_FOUND' }, 'unless the index never came')
})

t.test('a signal is a failure, whoever sent it', async t => {
  t.match(failure({}, killed('SIGKILL')), {
    code: 'AVIO_ERR_FFMPEG_SIGNAL',
    signal: 'SIGKILL',
    message: /out-of-memory/,
  })
  t.match(failure({}, killed('SIGSEGV')), { signal: 'SIGSEGV', message: /crashed/ })
  t.match(failure({ log: [PARTIAL] }, killed('SIGTERM')), { code: 'AVIO_ERR_FFMPEG_SIGNAL' })
  const caught = failure({ log: ['[info] Exiting normally, received signal 15.'] }, ended(255))
  t.match(
    caught,
    { code: 'AVIO_ERR_FFMPEG_SIGNAL', signal: 'SIGTERM', exitCode: 255 },
    'ffmpeg catches SIGTERM',
  )
  t.match(failure({}, ended(255)), { code: 'AVIO_ERR_FFMPEG_EXIT', exitCode: 255 })
})

t.test('a program that setpriv could not execute was not started', async t => {
  const log = ['setpriv: failed to execute /opt/ffmpeg: Exec format error']
  t.match(failure({ log }, ended(126)), {
    code: 'AVIO_ERR_FFMPEG_SPAWN',
    message: /could not be started: \/opt\/ffmpeg: Exec format error/,
  })
})

const EMPTY = 'frame=0\nout_time_us=0\nprogress=end\n'
const statistics = (overhead: string, prefix = '') =>
  `${prefix}[info] video:0kB audio:0kB subtitle:0kB other streams:0kB global headers:0kB muxing overhead: ${overhead}`
const isEmpty = (run: Run): boolean => outcomeOf(run).emptiness(ended(0)) !== undefined

t.test('a header alone is no output', async t => {
  const nothing = { log: [statistics('unknown')], progress: EMPTY, bytesOut: 1293 }
  t.match(outcomeOf(nothing).emptiness(ended(0)), {
    code: 'AVIO_ERR_FFMPEG_NO_OUTPUT',
    message: /1293 bytes came/,
    exitCode: 0,
  })
  const newer = { ...nothing, log: [statistics('unknown', '[out#0/mp4 @ 0x1] ').replaceAll('kB', 'KiB')] }
  t.equal(isEmpty(newer), true, 'as ffmpeg 7 says it')
  t.equal(isEmpty({ bytesOut: 0 }), true, 'nor is nothing at all, without a report')
})

t.test('any packet is output', async t => {
  const log = [statistics('unknown')]
  t.equal(
    isEmpty({ log, progress: 'frame=1\nout_time_us=0\nprogress=end\n', bytesOut: 900 }),
    false,
    'a picture',
  )
  t.equal(isEmpty({ log, progress: 'out_time_us=10000\nprogress=end\n', bytesOut: 90 }), false, 'some audio')
  t.equal(isEmpty({ log: [statistics('2.713178%')], progress: EMPTY, bytesOut: 265 }), false, 'a cue at 0:00')
  t.equal(isEmpty({ bytesOut: 1 }), false, 'bytes of a program that reports nothing')
  t.equal(
    isEmpty({ log, progress: 'frame=125\nout_time_us=5000000\nprogress=end\n', format: 'null' }),
    false,
    'the muxer that writes no byte',
  )
})

t.test('a muxer that writes no packets is judged by its bytes', async t => {
  const run = { log: [statistics('unknown')], progress: EMPTY, format: 'ffmetadata' }
  t.equal(isEmpty({ ...run, bytesOut: 105 }), false)
  t.equal(isEmpty({ ...run, bytesOut: 0 }), true)
})

t.test('output that did not end is an error that says so', async t => {
  t.match(outcomeOf({ bytesOut: 5 }).heldOpen(ended(0)), { code: 'AVIO_ERR_FFMPEG_EXIT', bytesOut: 5 })
})

t.test(
  'of several outputs the one that got no packets is named, as old and new versions tell it',
  async t => {
    const listener = { onLog: () => undefined, onProgress: () => undefined }
    const outcomeOf = (...log: string[]) => {
      const outcome = new Outcome({ path: 'ffmpeg', args: [] }, ['mp4', 'ffmetadata', 'mpegts'], listener)
      outcome.log.push(Buffer.from(log.map(line => `${line}\n`).join('')))
      outcome.progress.push(Buffer.from('frame=50\nout_time_us=2000000\nprogress=end\n'))
      outcome.bytesOut = 5000
      return outcome.emptiness(ended(0))
    }
    const old = (n: number, packets: number) => [
      `[verbose] Output file #${n} (pipe:${n}):`,
      `[verbose]   Output stream #${n}:0 (video): ${packets} packets muxed (10 bytes); `,
      `[verbose]   Total: ${packets} packets (10 bytes) muxed`,
    ]
    const now = (n: number, packets: number) =>
      `[out#${n}/mpegts @ 0x55d0] [verbose]   Total: ${packets} packets (10 bytes) muxed`
    t.equal(outcomeOf(...old(0, 50), ...old(1, 0), ...old(2, 50)), undefined, 'metadata have no packets')
    t.equal(outcomeOf(now(0, 50), now(1, 0), now(2, 50)), undefined)
    for (const [first, third, n] of [
      [0, 50, 0],
      [50, 0, 2],
    ] as const) {
      const expected = { code: 'AVIO_ERR_FFMPEG_NO_OUTPUT', message: `to outputs[${n}].`, exitCode: 0 }
      t.match(outcomeOf(...old(0, first), ...old(1, 0), ...old(2, third)), expected)
      t.match(outcomeOf(now(0, first), now(1, 0), now(2, third)), expected)
    }
    t.equal(
      outcomeOf('[info] Output file #0 (pipe:1):', '[info]   Total: 0 packets (0 bytes) muxed'),
      undefined,
    )
  },
)
