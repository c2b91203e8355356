import t from 'tap'
import { InputNotes } from '../../../lib/ffmpeg/streams/input-notes.js'
import { LogReader } from '../../../lib/ffmpeg/log/log.js'
import { StreamMapping } from '../../../lib/ffmpeg/report/stream-mapping.js'

/** Which inputs there is something to tell of, line by line, and what in the end. */
function read(inputs: number, ...lines: string[]) {
  const notes = new InputNotes(inputs)
  const report = new StreamMapping()
  const told: number[] = []
  const log = new LogReader(entry => {
    report.push(entry)
    const input = notes.see(entry, report)
    if (input !== undefined) told.push(input)
  })
  log.push(Buffer.from(lines.map(line => `${line}\n`).join('')))
  log.end()
  return {
    told,
    kinds: Array.from({ length: inputs }, (_, n) => notes.of(n).map(({ kind }) => kind)),
    all: notes.all(),
  }
}

const HEADERS = ["[info] Input #0, mov,mp4, from 'a':", "[info] Input #1, mov,mp4, from 'b':"] as const

t.test('reports a second index for its input, in the words of each version', async t => {
  const old = '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x1] [warning] Found duplicated MOOV Atom. Skipped it'
  t.same(read(2, old, ...HEADERS).kinds, [['second-index'], []], 'while the first is opened')
  t.same(read(2, HEADERS[0], old, HEADERS[1]).kinds, [[], ['second-index']], 'while the second is')
  t.same(read(1, HEADERS[0], old, old).told, [0], 'once, however often it is said')
  t.same(read(2, ...HEADERS, '[in#0 @ 0x1] [warning] Found duplicated MOOV Atom. Skipped it').kinds, [
    ['second-index'],
    [],
  ])
  t.same(read(1, old.replace('warning', 'info')).told, [], 'a text of the media is at another level')
})

t.test('reports times that go backwards if there are many, with their input', async t => {
  const mapping = [
    ...HEADERS,
    '[info] Stream mapping:',
    '[info]   Stream #1:0 -> #0:0 (copy)',
    '[info]   Stream #0:0 -> #0:1 (copy)',
  ]
  const five =
    '[mp4 @ 0x1] [warning] Non-monotonous DTS in output stream 0:1; previous: 9, current: 3; changing to 10. This may'
  const seven =
    '[vost#0:0/copy @ 0x1] [warning] Non-monotonic DTS; previous: 9, current: 3; changing to 10. This may'
  t.same(read(2, ...mapping, ...Array<string>(49).fill(five)).told, [], 'a few are an accident')
  t.same(read(2, ...mapping, ...Array<string>(150).fill(five)).kinds, [['times-changed'], []])
  t.same(read(2, ...mapping, ...Array<string>(50).fill(seven)).kinds, [[], ['times-changed']])
  t.equal(read(2, ...mapping, ...Array<string>(50).fill(seven)).all.length, 1)
})
