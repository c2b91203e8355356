import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { StdoutReader } from '../../../lib/ffmpeg/child/stdout-reader.js'

t.test('passes chunks on until the consumer is full, and resumes on request', async t => {
  const pipe = Readable.from(['one', 'two', 'three', 'four'].map(text => Buffer.from(text)))
  const taken: string[] = []
  const output = new StdoutReader(pipe, chunk => {
    taken.push(chunk.toString())
    return taken.length % 2 === 1
  })
  await setImmediate()
  t.same(taken, ['one', 'two'])
  t.equal(output.bytes, 6)
  output.resume()
  await setImmediate()
  t.same(taken, ['one', 'two', 'three', 'four'])
  t.equal(output.bytes, 15)
  output.resume()
  await setImmediate()
  t.equal(pipe.readableEnded, true)
})

t.test('keeps reading after discard without passing anything on', async t => {
  const pipe = Readable.from([Buffer.from('one'), Buffer.from('two')])
  let taken = 0
  const output = new StdoutReader(pipe, () => {
    taken++
    return false
  })
  await setImmediate()
  output.discard()
  await setImmediate()
  t.equal(taken, 1)
  t.equal(pipe.readableEnded, true)
})
