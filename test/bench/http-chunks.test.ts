import t from 'tap'
import { HttpChunks } from '../../bench/support/http-chunks.js'

const BODY = Buffer.from('5\r\nhello\r\nA;name=value\r\n, world\r\n.\r\n0\r\nTrailer: yes\r\n\r\n')

t.test('removes the framing, cut at every byte', t => {
  for (let cut = 0; cut <= BODY.length; cut++) {
    const chunks = new HttpChunks()
    const inside = [BODY.subarray(0, cut), BODY.subarray(cut)].flatMap(bytes => {
      if (bytes.length === 0) return []
      t.equal(chunks.isDone, false)
      return chunks.write(bytes)
    })
    t.equal(Buffer.concat(inside).toString(), 'hello, world\r\n.', `cut after ${cut} bytes`)
    t.equal(chunks.isDone, true)
  }
  t.end()
})

t.test('refuses broken framing', t => {
  const write = (text: string) => () => new HttpChunks().write(Buffer.from(text))
  t.throws(write('x\r\n'), { message: 'A chunk has no size' })
  t.throws(write('1\r\nab\r\n'), { message: 'A chunk is longer than its size' })
  t.throws(write('0\r\n\r\nmore'), { message: 'Bytes follow the last chunk' })
  t.throws(write('1'.repeat(9000)), { message: 'A line of the framing is too long' })
  t.end()
})
