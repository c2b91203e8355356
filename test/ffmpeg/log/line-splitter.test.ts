import t from 'tap'
import { LineSplitter } from '../../../lib/ffmpeg/log/line-splitter.js'

function split(chunks: readonly Buffer[], maxLength = 100): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter(maxLength, line => lines.push(line))
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  return lines
}

t.test('lines are the same wherever the bytes are cut, within a character too', async t => {
  const text = Buffer.from('first\nzweite größer\r\n\n– fourth')
  const expected = ['first', 'zweite größer', '', '– fourth']
  for (let cut = 0; cut <= text.length; cut++) {
    t.same(split([text.subarray(0, cut), text.subarray(cut)]), expected, `cut at ${cut}`)
  }
  t.same(split([...text].map(byte => Buffer.of(byte))), expected, 'byte by byte')
})

t.test('a line past the limit is cut, and the next one is whole again', async t => {
  const text = Buffer.from(`${'x'.repeat(1000)}\nnext\n`)
  t.same(split([text], 10), ['x'.repeat(10), 'next'])
  t.same(
    split(
      [...text].map(byte => Buffer.of(byte)),
      10,
    ),
    ['x'.repeat(10), 'next'],
  )
})

t.test('what is kept of a line that is not over does not hold on to the chunk it came in', async t => {
  const chunk = Buffer.from('whole\npart')
  const lines: string[] = []
  const splitter = new LineSplitter(100, line => lines.push(line))
  splitter.push(chunk)
  chunk.fill(0)
  splitter.push(Buffer.from('ner\n'))
  t.same(lines, ['whole', 'partner'])
})
