import t from 'tap'
import { answerRange } from '../../../lib/io/range-server/range-header.js'

function said(header: string | undefined, size = 100): string {
  const answer = answerRange(header, size)
  return answer.status === 416 ? '416' : `${answer.status} ${answer.range.start}-${answer.range.end}`
}

t.test('answers one range with its bytes', async t => {
  t.equal(said('bytes=0-'), '206 0-100')
  t.equal(said('bytes=40-'), '206 40-100')
  t.equal(said('bytes=40-49'), '206 40-50')
  t.equal(said('bytes=99-99'), '206 99-100')
  t.equal(said('bytes=40-4000'), '206 40-100')
  t.equal(said('bytes=-10'), '206 90-100')
  t.equal(said('bytes=-1000'), '206 0-100')
  t.equal(said(' Bytes = 1 - 2 '), '206 1-3')
})

t.test('answers 416 for a range past the end, or an empty one', async t => {
  t.equal(said('bytes=100-'), '416')
  t.equal(said('bytes=100-200'), '416')
  t.equal(said('bytes=-0'), '416')
  t.equal(said(`bytes=${'9'.repeat(400)}-`), '416')
})

t.test('ignores unsupported headers and answers with the whole', async t => {
  for (const header of [
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=1',
    'bytes=5-4',
    'bytes=0-1,3-4',
    'lines=1-2',
    'bytes=a-b',
    'bytes=1-2x',
  ]) {
    t.equal(said(header), '200 0-100', String(header))
  }
})

t.test('answers any range of an empty source with an empty body', async t => {
  for (const header of [undefined, 'bytes=0-', 'bytes=5-9', 'bytes=-1']) t.equal(said(header, 0), '200 0-0')
})
