import t from 'tap'
import { InputNotes } from '../../../lib/ffmpeg/streams/input-notes.js'
import { LogReader } from '../../../lib/ffmpeg/log/log.js'
import { StreamMapping } from '../../../lib/ffmpeg/report/stream-mapping.js'

/** The inputs with a new note, line by line, and all notes at the end. */
function read(inputs: number, ...lines: string[]) {
  const notes = new InputNotes(inputs)
  const report = new StreamMapping()
  const noted: number[] = []
  const log = new LogReader(entry => {
    report.push(entry)
    const input = notes.see(entry, report)
    if (input !== undefined) noted.push(input)
  })
  log.push(Buffer.from(lines.map(line => `${line}\n`).join('')))
  log.end()
  return {
    noted,
    kinds: Array.from({ length: inputs }, (_, n) => notes.of(n).map(({ kind }) => kind)),
    all: notes.all(),
  }
}

const HEADERS = ["[info] Input #0, mov,mp4, from 'a':", "[info] Input #1, mov,mp4, from 'b':"] as const

t.test('reports a second index for its input, in the wording of each version', async t => {
  const old = '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x1] [warning] Found duplicated MOOV Atom. Skipped it'
  t.same(read(2, old, ...HEADERS).kinds, [['second-index'], []], 'while ffmpeg opens the first input')
  t.same(
    read(2, HEADERS[0], old, HEADERS[1]).kinds,
    [[], ['second-index']],
    'while ffmpeg opens the second input',
  )
  t.same(read(1, HEADERS[0], old, old).noted, [0], 'once, however often it is logged')
  t.same(read(2, ...HEADERS, '[in#0 @ 0x1] [warning] Found duplicated MOOV Atom. Skipped it').kinds, [
    ['second-index'],
    [],
  ])
  t.same(read(1, old.replace('warning', 'info')).noted, [], 'text from the media has another level')
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
  t.same(read(2, ...mapping, ...Array<string>(49).fill(five)).noted, [], 'a few are tolerated')
  t.same(read(2, ...mapping, ...Array<string>(150).fill(five)).kinds, [['times-changed'], []])
  t.same(read(2, ...mapping, ...Array<string>(50).fill(seven)).kinds, [[], ['times-changed']])
  t.equal(read(2, ...mapping, ...Array<string>(50).fill(seven)).all.length, 1)
})
