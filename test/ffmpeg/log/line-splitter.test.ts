import t from 'tap'
import { LineSplitter } from '../../../lib/ffmpeg/log/line-splitter.js'

function split(chunks: readonly Buffer[], maxLength = 100): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter(maxLength, line => lines.push(line))
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  return lines
}

t.test('splits the same lines in any chunking, also within a character', async t => {
  const text = Buffer.from('first\nzweite größer\r\n\n– fourth')
  const expected = ['first', 'zweite größer', '', '– fourth']
  for (let cut = 0; cut <= text.length; cut++) {
    t.same(split([text.subarray(0, cut), text.subarray(cut)]), expected, `cut at ${cut}`)
  }
  t.same(split([...text].map(byte => Buffer.of(byte))), expected, 'byte by byte')
})

t.test('truncates a line past the limit, and keeps the next one whole', async t => {
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

t.test('does not retain the chunk around the beginning of a line', async t => {
  const chunk = Buffer.from('whole\npart')
  const lines: string[] = []
  const splitter = new LineSplitter(100, line => lines.push(line))
  splitter.push(chunk)
  chunk.fill(0)
  splitter.push(Buffer.from('ner\n'))
  t.same(lines, ['whole', 'partner'])
})
