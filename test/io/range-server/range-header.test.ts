import t from 'tap'
import { answerRange } from '../../../lib/io/range-server/range-header.js'

function said(header: string | undefined, size = 100): string {
  const answer = answerRange(header, size)
  return answer.status === 416 ? '416' : `${answer.status} ${answer.range.start}-${answer.range.end}`
}

t.test('one range is answered with its bytes', async t => {
  t.equal(said('bytes=0-'), '206 0-100')
  t.equal(said('bytes=40-'), '206 40-100')
  t.equal(said('bytes=40-49'), '206 40-50')
  t.equal(said('bytes=99-99'), '206 99-100')
  t.equal(said('bytes=40-4000'), '206 40-100')
  t.equal(said('bytes=-10'), '206 90-100')
  t.equal(said('bytes=-1000'), '206 0-100')
  t.equal(said(' Bytes = 1 - 2 '), '206 1-3')
})

t.test('a range behind the end, or of nothing, is 416', async t => {
  t.equal(said('bytes=100-'), '416')
  t.equal(said('bytes=100-200'), '416')
  t.equal(said('bytes=-0'), '416')
  t.equal(said(`bytes=${'9'.repeat(400)}-`), '416')
})

t.test('what is not understood is ignored, and the whole is the answer', async t => {
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

t.test('of nothing, everything is nothing', async t => {
  for (const header of [undefined, 'bytes=0-', 'bytes=5-9', 'bytes=-1']) t.equal(said(header, 0), '200 0-0')
})
