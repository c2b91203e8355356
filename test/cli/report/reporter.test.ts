import { PassThrough } from 'node:stream'
import t from 'tap'
import { S3Error } from '../../../lib/errors.js'
import { type ReportSettings, Reporter } from '../../../lib/cli/report/reporter.js'

/** A reporter with a clock of its own, and what it has written. */
function reporterOf(settings: Partial<ReportSettings> = {}, isTTY = false) {
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 60 })
  const clock = { time: 0 }
  const reporter = new Reporter(stderr, { isJson: false, isQuiet: false, now: () => clock.time, ...settings })
  // Node 26 gives one chunk a read, where older ones give all of them.
  const written = () => {
    let text = ''
    for (let chunk; (chunk = stderr.read() as Buffer | null) !== null;) text += chunk.toString()
    return text
  }
  return { reporter, clock, written }
}

t.test('redraws one line on a terminal, and never past its edge', async t => {
  const { reporter, clock, written } = reporterOf({}, true)
  for (const percent of [10, 11, 12]) {
    reporter.progress({ phase: 'encode', percent, outTime: 1, speed: 2, bytesIn: 1e9, totalSize: 1e9 })
    clock.time += 60
  }
  const lines = written().split('\r\u001b[K').slice(1)
  t.equal(lines.length, 2, 'one within a tenth of a second is left out')
  for (const line of lines) t.ok(line.length < 60 && !line.includes('\n'), line)
  reporter.note('done')
  t.equal(written(), '\r\u001b[Kdone\n', 'a sentence replaces the live line')
})

t.test('asks for the figures of the stages only when it reports them', async t => {
  const stages = [
    { name: 'ffmpeg', state: 'busy', bytesHeld: 1, busyTime: 2, idleTime: 3, backpressuredTime: 4 },
  ] as const
  const bottleneck = { stage: 'ffmpeg', index: 0, busy: 0.96, text: 'ffmpeg (96 % busy)' }
  for (const [isJson, hasOne, line] of [
    [true, true, { event: 'progress', phase: 'encode', eta: 9, stages, bottleneck }],
    [true, false, { event: 'progress', phase: 'encode', eta: 9, stages }],
    [false, true, 'encode  0:00:09 left  bottleneck: ffmpeg (96 % busy)'],
    [false, false, 'encode  0:00:09 left'],
  ] as const) {
    const { reporter, written } = reporterOf({ isJson })
    let asked = 0
    for (let n = 0; n < 3; n++) {
      reporter.progress({ phase: 'encode', eta: 9 }, () => {
        asked++
        return { elapsed: 9, ended: false, stages, ...(hasOne && { bottleneck }) }
      })
    }
    t.equal(asked, 1)
    const text = written().trimEnd()
    t.same(isJson ? JSON.parse(text) : text, line)
  }
  const { reporter, written } = reporterOf({ isJson: true })
  reporter.progress({ phase: 'images' }, () => undefined)
  t.same(JSON.parse(written()), { event: 'progress', phase: 'images' }, 'no stages to monitor')
})

t.test('writes a plain line every ten seconds, and at each phase, elsewhere', async t => {
  const { reporter, clock, written } = reporterOf()
  for (const phase of ['probe', 'encode', 'encode', 'encode']) {
    reporter.progress({ phase, percent: 1 })
    clock.time += 6000
  }
  t.equal(written(), 'probe     1 %\nencode    1 %\nencode    1 %\n')
})

t.test('writes one JSON line a second with --json', async t => {
  const { reporter, clock, written } = reporterOf({ isJson: true }, true)
  for (let n = 0; n < 4; n++) {
    reporter.progress({ phase: 'encode', percent: n })
    clock.time += 500
  }
  reporter.log({ level: 'warning', message: 'odd', component: 'mp4' })
  reporter.result({ version: 1 }, 'text')
  reporter.error(new S3Error('AVIO_ERR_NO_SUCH_KEY', 'Gone.', { bucket: 'b', key: 'k' }), 3)
  const lines = written()
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as object)
  t.match(lines, [
    { event: 'progress', phase: 'encode', percent: 0 },
    { event: 'progress', percent: 2 },
    { event: 'log', level: 'warning', message: 'odd', component: 'mp4' },
    { event: 'result', version: 1 },
    { event: 'error', exitCode: 3, code: 'AVIO_ERR_NO_SUCH_KEY', bucket: 'b', message: 'Gone.' },
  ])
  t.equal(lines.length, 5)
})

t.test('shows the lines of ffmpeg at the level that -loglevel asks for', async t => {
  const shown = (settings: Partial<ReportSettings>) => {
    const { reporter, written } = reporterOf(settings)
    for (const level of ['fatal', 'error', 'warning', 'info', 'debug', 'unknown'] as const)
      reporter.log({ level, message: 'x' })
    return written().split('\n').length - 1
  }
  t.equal(shown({}), 3)
  t.equal(shown({ isQuiet: true }), 0)
  t.equal(shown({ logLevel: 'info' }), 5, 'lines without a level count as info')
  t.equal(shown({ logLevel: 'level+error' }), 2)
  t.equal(shown({ logLevel: '24' }), 3)
  t.equal(shown({ logLevel: 'quiet' }), 0)
})

t.test('leaves queries, users and passwords out of everything', async t => {
  for (const isJson of [false, true]) {
    const { reporter, written } = reporterOf({ isJson, logLevel: 'info' })
    const text = 'https://u:SECRET@x/a?X-Amz-Signature=SECRET'
    reporter.note(text)
    reporter.log({ level: 'info', message: text })
    reporter.result({ url: text }, text)
    reporter.error(new Error(text), 1)
    reporter.note('s3://b/k?1#2')
    const all = written()
    t.match(all, 'https://x/a')
    t.match(all, 's3://b/k?1#2', 'which is a key')
    t.notMatch(all, /SECRET/)
  }
})

t.test('says nothing but errors with --quiet', async t => {
  const { reporter, written } = reporterOf({ isQuiet: true })
  reporter.progress({ phase: 'encode', percent: 1 })
  reporter.note('x')
  reporter.result({}, 'x')
  t.equal(written(), '')
  reporter.error(new Error('broken'), 1)
  t.equal(written(), 'avio-streams: broken\n')
})
