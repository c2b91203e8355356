import t from 'tap'
import type { FfmpegError } from '../../../lib/errors.js'
import type { ChildExit } from '../../../lib/ffmpeg/child/ffmpeg-child.js'
import { RunVerdict } from '../../../lib/ffmpeg/diagnosis/run-verdict.js'

const MOV = '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5640dbe]'
const PARTIAL = `${MOV} [error] stream 1, offset 0x30: partial file`

interface Run {
  log?: readonly string[]
  progress?: string
  bytesOut?: number
  format?: string
}

function outcomeOf({ log = [], progress = '', bytesOut = 0, format = 'mp4' }: Run): RunVerdict {
  const listener = { onLog: () => undefined, onProgress: () => undefined }
  const outcome = new RunVerdict({ path: '/usr/bin/ffmpeg', args: ['-i', 'pipe:0'] }, [format], listener)
  outcome.log.push(Buffer.from(log.map(line => `${line}\n`).join('')))
  outcome.log.end()
  outcome.progress.push(Buffer.from(progress))
  outcome.bytesIn = 1000
  outcome.outputBytes = [bytesOut]
  return outcome
}

const ended = (code: number): ChildExit => ({ code, signal: null })
const killed = (signal: NodeJS.Signals): ChildExit => ({ code: null, signal })
const failure = (run: Run, exit: ChildExit, isMediaFirst = false): FfmpegError | undefined =>
  outcomeOf(run).failure(exit, isMediaFirst)

t.test('accepts exit code 0 without errors in the log', async t => {
  t.equal(
    failure({ log: ['[info] all is well', '[error] Error while decoding stream #0:0'] }, ended(0)),
    undefined,
  )
})

t.test('rejects exit code 0 of a program whose ffmpeg did not finish', async t => {
  const more = 'out_time_us=1500000\nprogress=continue\n'
  t.match(failure({ progress: more }, ended(0)), {
    code: 'AVIO_ERR_FFMPEG_EXIT',
    message: /exited with 0, but its ffmpeg did not finish: its last report, at 1\.5 s, is not .* wrapper/,
  })
  t.equal(failure({ progress: `${more}out_time_us=2000000\nprogress=end\n` }, ended(0)), undefined)
  const log = ["[info] Output #0, mp4, to 'pipe:1':"]
  t.match(failure({ log }, ended(0)), { message: /did not finish: it sent no report\. / })
  t.equal(failure({ log, progress: 'progress=end\n' }, ended(0)), undefined)
  const text = [
    "[info]     title           : Output #0, mp4, to 'pipe:1':",
    '[info]  : Output #0, a second line',
  ]
  t.equal(failure({ log: text }, ended(0)), undefined, 'text from the media')
  t.equal(failure({}, ended(0)), undefined, 'a program that prints nothing')
})

t.test('puts all known fields into a failure', async t => {
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
  t.notOk('signal' in error!, 'no field without a value')
})

t.test("quotes ffmpeg's last message for an unknown problem", async t => {
  const unknown = failure({ log: ['[error] something new', '[info] Conversion failed!'] }, ended(234))
  t.match(unknown, { code: 'AVIO_ERR_FFMPEG_EXIT', exitCode: 234, message: /exit code 234: something new\./ })
  t.match(failure({ log: ['from a wrapper'] }, ended(1)), { message: /exit code 1: from a wrapper\./ })
  t.match(failure({}, ended(1)), { message: /exit code 1: it wrote nothing to stderr\./ })
})

t.test('rejects a partial input even with exit code 0', async t => {
  t.match(failure({ log: [PARTIAL] }, ended(0)), { code: 'AVIO_ERR_INPUT_PARTIAL', exitCode: 0 })
  t.match(failure({ log: [PARTIAL] }, ended(1)), { code: 'AVIO_ERR_INPUT_PARTIAL', exitCode: 1 })
  t.match(
    failure({ log: [PARTIAL] }, ended(0), true),
    { code: 'AVIO_ERR_INPUT_NEEDS_SEEK', message: /before its index/ },
    'the reason is media before the index',
  )
  const cut = failure({ log: [`${MOV} [error] moov atom not found`] }, ended(1), true)
  t.match(cut, { code: 'AVIO_ERR_MOOV_NOT_FOUND' }, 'unless there is no index')
})

t.test('reports a signal as a failure, whoever sent it', async t => {
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

t.test('reports a program that setpriv could not execute as not started', async t => {
  const log = ['setpriv: failed to execute /opt/ffmpeg: Exec format error']
  t.match(failure({ log }, ended(126)), {
    code: 'AVIO_ERR_FFMPEG_SPAWN',
    message: /could not be started: \/opt\/ffmpeg: Exec format error/,
  })
})

const EMPTY = 'frame=0\nout_time_us=0\nprogress=end\n'
const statistics = (overhead: string, prefix = '') =>
  `${prefix}[info] video:0kB audio:0kB subtitle:0kB other streams:0kB global headers:0kB muxing overhead: ${overhead}`
const packets = (n: number) => `[out#0/mp4 @ 0x1] [verbose]   Total: ${n} packets (${n * 10} bytes) muxed`
const isEmpty = (run: Run): boolean => outcomeOf(run).emptiness(ended(0)) !== undefined

t.test('rejects a header alone as output, whatever time ffmpeg reports', async t => {
  const nothing = { log: [packets(0)], progress: EMPTY, bytesOut: 1293 }
  t.match(outcomeOf(nothing).emptiness(ended(0)), {
    code: 'AVIO_ERR_FFMPEG_NO_OUTPUT',
    message: /\(1293 bytes, at most a header\)\. Check that -ss, -t, -frames and -map select something/,
    exitCode: 0,
  })
  const late = 'frame=0\nout_time_us=2000000\nprogress=end\n'
  t.equal(isEmpty({ ...nothing, progress: late }), true, 'ffmpeg 7 reports where the input ended')
  t.equal(isEmpty({ ...nothing, log: [statistics('unknown')] }), true, 'a log at level info')
  t.equal(isEmpty({ ...nothing, log: [] }), true, 'a wrapper that drops the log')
})

t.test('accepts any packet as output', async t => {
  const few = { progress: EMPTY, bytesOut: 90 }
  t.equal(isEmpty({ ...few, log: [packets(1)] }), false)
  t.equal(isEmpty({ ...few, log: [statistics('2.713178%')] }), false, 'a log at level info')
  t.equal(isEmpty({ bytesOut: 900, progress: 'frame=1\nprogress=end\n' }), false, 'a frame, without a log')
  t.equal(isEmpty({ bytesOut: 90, progress: 'out_time_us=0\nprogress=end\n' }), false, 'audio, without a log')
  t.equal(isEmpty({ bytesOut: 1 }), false, 'bytes of a program that reports nothing')
})

t.test('accepts an output of no bytes from the null muxer only', async t => {
  const full = { log: [packets(50)], progress: 'frame=50\nout_time_us=2000000\nprogress=end\n' }
  t.equal(isEmpty({ ...full, format: 'null' }), false)
  t.equal(isEmpty({ progress: 'out_time_us=10000\nprogress=end\n', format: 'null' }), false, 'without a log')
  t.equal(isEmpty({ log: [packets(0)], format: 'null' }), true)
  t.equal(isEmpty({ format: 'null' }), true)
  for (const format of ['mpegts', 'webvtt', 'framemd5', 'ffmetadata', 'a_new_one']) {
    t.equal(isEmpty({ ...full, format }), true, format)
  }
})

t.test('judges a muxer without packets by its bytes', async t => {
  const run = { log: [packets(0)], progress: EMPTY, format: 'ffmetadata' }
  t.equal(isEmpty({ ...run, bytesOut: 105 }), false)
  t.equal(isEmpty({ ...run, bytesOut: 0 }), true)
})

t.test('hides lines that only the library requested', async t => {
  const seen: string[] = []
  const listener = {
    onLog: ({ message }: { message: string }) => seen.push(message),
    onProgress: () => undefined,
  }
  const command = { path: 'ffmpeg', args: [], hidesVerbose: true }
  const outcome = new RunVerdict(command, ['mp4'], listener)
  outcome.log.push(Buffer.from(`[info] hello\n${packets(0)}\n[error] bye\n`))
  t.same(seen, ['hello', 'bye'])
  t.equal(outcome.failure(ended(1), false)?.stderrTail, '[info] hello\n[error] bye')
  t.ok(outcome.emptiness(ended(0)))
})

t.test('replaces URLs with the names of objects', async t => {
  const names = new Map([
    ['pipe:0', 's3://masters/x.html'],
    ['http://avio-streams.invalid/1/input', 'theme.wav'],
    ['pipe:1', 'the output'],
  ])
  const messageOf = (line: string) => {
    const listener = { onLog: () => undefined, onProgress: () => undefined }
    const outcome = new RunVerdict({ path: 'ffmpeg', args: [], names }, ['mp4'], listener)
    outcome.log.push(Buffer.from(`${line}\n`))
    return outcome.failure(ended(1), false)?.message
  }
  const invalid = 'Invalid data found when processing input'
  t.match(
    messageOf(`[error] pipe:0: ${invalid}`),
    `exit code 1: s3://masters/x.html: ${invalid}. This ffmpeg does not recognize`,
  )
  t.match(messageOf(`[error] http://avio-streams.invalid/1/input: ${invalid}`), `: theme.wav: ${invalid}. `)
  t.match(
    messageOf(`[in#1 @ 0x1] [error] Error opening input: ${invalid}`),
    `: theme.wav: Error opening input: ${invalid}. `,
  )
  t.match(messageOf('[error] pipe:1: Invalid argument'), ': the output: Invalid argument. ')
  t.match(messageOf('[error] pipe:11: Invalid argument'), ': pipe:11: Invalid argument. ', 'a different pipe')
})

t.test('reports a run that failed for lack of frames as a run without output', async t => {
  const starved =
    '[vf#0:0 @ 0x1] [warning] No filtered frames for output stream, trying to initialize anyway.'
  const encoder = '[mjpeg @ 0x1] [error] Non full-range YUV is non-standard'
  const nothing =
    '[out#0/mjpeg @ 0x1] [error] Nothing was written into output file, because at least one of its streams received no packets.'
  t.match(failure({ log: [starved, encoder, nothing] }, ended(234)), {
    code: 'AVIO_ERR_FFMPEG_NO_OUTPUT',
    exitCode: 234,
  })
  t.match(failure({ log: [nothing] }, ended(234)), { code: 'AVIO_ERR_FFMPEG_NO_OUTPUT' })
  t.match(
    failure({ log: [encoder, nothing] }, ended(234)),
    { code: 'AVIO_ERR_FFMPEG_EXIT', message: /mjpeg: Non full-range YUV/ },
    "with frames, the encoder's message is the reason",
  )
})

t.test('reports the first message of the failing component, with one full stop', async t => {
  const log = [
    '[h264 @ 0x1] [error] Invalid NAL unit size (1276 > 865).',
    '[vist#0:0/h264 @ 0x1] [dec:h264 @ 0x1] [error] Decoding error: Invalid data found when processing input',
    '[wrapped @ 0x1] [error] Cannot do this..',
    '[wrapped @ 0x1] [error] Supported are: 1, 2',
    '[vost#0:0/wrapped @ 0x1] [enc:wrapped @ 0x1] [error] Error while opening encoder - maybe incorrect parameters such as bit_rate, rate, width or height.',
    '[in#0/mov @ 0x1] [error] later words',
  ]
  t.match(failure({ log }, ended(187)), {
    code: 'AVIO_ERR_FFMPEG_EXIT',
    message: /^ffmpeg failed with exit code 187: wrapped: Cannot do this\. "stderrTail"/,
  })
  const library = [
    "x264 [error]: invalid preset 'vryfast'",
    '[libx264 @ 0x1] [error] Error setting preset/tune vryfast/(null).',
  ]
  t.match(failure({ log: ['[info] a', ...library] }, ended(1)), {
    code: 'AVIO_ERR_FFMPEG_ARGUMENT',
    message: /x264: invalid preset 'vryfast'\. x264 and x265 have the presets/,
  })
})

t.test('reports output that did not end', async t => {
  t.match(outcomeOf({ bytesOut: 5 }).heldOpen(ended(0)), { code: 'AVIO_ERR_FFMPEG_EXIT', bytesOut: 5 })
})

t.test('names which of several outputs received no packets, with old and new versions', async t => {
  const listener = { onLog: () => undefined, onProgress: () => undefined }
  const outcomeOf = (...log: string[]) => {
    const outcome = new RunVerdict({ path: 'ffmpeg', args: [] }, ['mp4', 'ffmetadata', 'mpegts'], listener)
    outcome.log.push(Buffer.from(log.map(line => `${line}\n`).join('')))
    outcome.progress.push(Buffer.from('frame=50\nout_time_us=2000000\nprogress=end\n'))
    outcome.outputBytes = [2000, 1000, 2000]
    return outcome.emptiness(ended(0))
  }
  const old = (n: number, packets: number) => [
    `[verbose] Output file #${n} (pipe:${n}):`,
    `[verbose]   Output stream #${n}:0 (video): ${packets} packets muxed (10 bytes); `,
    `[verbose]   Total: ${packets} packets (10 bytes) muxed`,
  ]
  const now = (n: number, packets: number) =>
    `[out#${n}/mpegts @ 0x55d0] [verbose]   Total: ${packets} packets (10 bytes) muxed`
  t.equal(outcomeOf(...old(0, 50), ...old(1, 0), ...old(2, 50)), undefined, 'ffmetadata has no packets')
  t.equal(outcomeOf(now(0, 50), now(1, 0), now(2, 50)), undefined)
  for (const [first, third, n] of [
    [0, 50, 0],
    [50, 0, 2],
  ] as const) {
    const expected = { code: 'AVIO_ERR_FFMPEG_NO_OUTPUT', message: `to outputs[${n}] (`, exitCode: 0 }
    t.match(outcomeOf(...old(0, first), ...old(1, 0), ...old(2, third)), expected)
    t.match(outcomeOf(now(0, first), now(1, 0), now(2, third)), expected)
  }
  t.equal(
    outcomeOf('[info] Output file #0 (pipe:1):', '[info]   Total: 0 packets (0 bytes) muxed'),
    undefined,
  )
})

t.test('marks a lack of resources as retryable, and a wrong argument as not', async t => {
  const alloc = ['[vost#0:0/libx264 @ 0x1] [error] Error initializing: Cannot allocate memory']
  t.match(failure({ log: alloc }, ended(1)), { code: 'AVIO_ERR_FFMPEG_EXIT', retryable: true })
  const wrong = ["x264 [error]: invalid preset 'vryfast'"]
  t.match(failure({ log: wrong }, ended(1)), { code: 'AVIO_ERR_FFMPEG_ARGUMENT', retryable: false })
  t.match(failure({ log: ['[error] odd'] }, ended(1)), { code: 'AVIO_ERR_FFMPEG_EXIT', retryable: false })
  t.match(failure({}, killed('SIGKILL')), { code: 'AVIO_ERR_FFMPEG_SIGNAL', retryable: true })
})
