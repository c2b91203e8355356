import t from 'tap'
import { type FfmpegLogEntry, LogReader, MAX_LOG_LINE, parseLogLine } from '../../../lib/ffmpeg/log/log.js'

function read(text: string, step = Infinity): { entries: FfmpegLogEntry[]; tail: string } {
  const entries: FfmpegLogEntry[] = []
  const log = new LogReader(entry => entries.push(entry))
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += step) log.push(bytes.subarray(at, at + step))
  log.end()
  return { entries, tail: log.tail }
}

t.test("reads a line's level and component", async t => {
  t.same(parseLogLine('[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5640dbe] [error] moov atom not found'), {
    level: 'error',
    component: 'mov,mp4,m4a,3gp,3g2,mj2',
    message: 'moov atom not found',
  })
  t.same(parseLogLine("[fatal] Unknown encoder 'nope'"), {
    level: 'fatal',
    message: "Unknown encoder 'nope'",
  })
  t.same(
    parseLogLine('[hls @ 0x1] [http @ 0x2] [warning] late'),
    { level: 'warning', component: 'http', message: 'late' },
    'the second of two components is the source',
  )
  t.same(
    parseLogLine('[graph 0 input from stream 0:0 @ 000001A2B3] [verbose] w:320'),
    { level: 'verbose', component: 'graph 0 input from stream 0:0', message: 'w:320' },
    'an address on Windows',
  )
  t.same(parseLogLine('[info]   Duration: 00:00:05.00'), {
    level: 'info',
    message: '  Duration: 00:00:05.00',
  })
})

t.test('gives a component the same name in every version', async t => {
  const read = (prefix: string) => {
    const { component, scope } = parseLogLine(`${prefix} [error] x`)
    return [component, scope]
  }
  t.same(read('[in#0/mov,mp4,m4a @ 0x1]'), ['mov,mp4,m4a', 'in#0'])
  t.same(read('[in#0 @ 0x1]'), ['in#0', 'in#0'], 'a demuxer that is not known yet')
  t.same(read('[out#1/mp4 @ 0x1]'), ['mp4', 'out#1'])
  t.same(read('[vost#0:0/libx264 @ 0x1] [enc:libx264 @ 0x2]'), ['libx264', 'vost#0:0'])
  t.same(read('[aist#0:1/aac @ 0x1] [dec:aac @ 0x2]'), ['aac', 'aist#0:1'])
  t.same(read('[fc#-1 @ 0x1]'), ['fc#-1', 'fc#-1'])
  t.same(read('[Parsed_scale_0 @ 0x1] [Eval @ 0x2]'), ['Eval', undefined])
  t.same(parseLogLine("x264 [error]: invalid preset 'nope'"), {
    level: 'error',
    component: 'x264',
    message: "invalid preset 'nope'",
  })
})

t.test('attaches a line without a level to the one before it, and marks it', async t => {
  const { entries } = read('[error] first\nsecond\n[info] third\n[error]\n[nothing] of this\n')
  t.same(entries, [
    { level: 'error', message: 'first' },
    { level: 'error', message: 'second', continued: true },
    { level: 'info', message: 'third' },
    { level: 'error', message: '' },
    { level: 'error', message: '[nothing] of this', continued: true },
  ])
})

t.test("assigns an unknown level to lines before ffmpeg's first, such as a loader's", async t => {
  const { entries } = read('ffmpeg: error while loading shared libraries\nmore\n[info] hello\n')
  t.same(
    entries.map(({ level, continued }) => [level, continued]),
    [
      ['unknown', undefined],
      ['unknown', undefined],
      ['info', undefined],
    ],
  )
})

t.test('reads the same entries in any chunking', async t => {
  const text = '[mp4 @ 0x55] [warning] größer\n\n[info] a\nb\n[error] last'
  const { entries } = read(text)
  t.equal(entries.length, 4, 'an empty line is no entry')
  for (let step = 1; step <= Buffer.byteLength(text); step++) t.same(read(text, step).entries, entries)
})

t.test('keeps a few last lines in the tail', async t => {
  const lines = Array.from({ length: 1000 }, (_, n) => `[info] line ${n}`)
  t.equal(read(lines.join('\n')).tail, lines.slice(-40).join('\n'))
  const long = Array.from({ length: 10 }, (_, n) => `${n}${'x'.repeat(100_000)}`)
  const { tail, entries } = read(long.join('\n'))
  t.ok(tail.length <= 2 * MAX_LOG_LINE + 2, `${tail.length} characters`)
  t.equal(tail.at(0), '8')
  t.equal(entries[0]?.message.length, MAX_LOG_LINE)
})

t.test('reads only the first 4096 lines without a level in a chunk, and every line with a level', async t => {
  const text = `[info] title : a\n${'b\n'.repeat(20_000)}[error] it failed\nc\n\n[info] d\n${'\n'.repeat(9000)}`
  const entries: FfmpegLogEntry[] = []
  const log = new LogReader(entry => entries.push(entry))
  log.push(Buffer.from(text))
  log.push(Buffer.from('e\n'))
  log.push(Buffer.from('the next chunk\n'))
  log.end()
  t.equal(entries.filter(({ message }) => message === 'b').length, 4096)
  t.same(
    entries.filter(({ message }) => message !== 'b').map(({ level, message }) => `${level}: ${message}`),
    ['info: title : a', 'error: it failed', 'info: d', 'info: e', 'info: the next chunk'],
  )
})

t.test('reads a whole chunk of ordinary lines, however many', async t => {
  const text = `[info] a line like others\n`.repeat(5000) + 'a line of more than 16 bytes\n'.repeat(2000)
  t.equal(read(text).entries.length, 7000)
})
