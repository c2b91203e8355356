import t from 'tap'
import { bytesOf } from '../../../lib/testing/store/content.js'
import { discardedContents, zeros } from '../../../lib/testing/store/discarded-content.js'

t.test('keeps the size, and reads the bytes as zeros', async t => {
  const writer = discardedContents.create()
  t.equal(writer.write(Buffer.from('abc')), undefined)
  writer.write(Buffer.from('de'))
  const content = await writer.finish()
  t.equal(content.size, 5)
  t.same(await bytesOf(content), Buffer.alloc(5))
  t.equal(discardedContents.create().discard(), undefined)
})

t.test('takes no memory for zeros of any size until they are read', async t => {
  const huge = zeros(2 ** 45)
  t.equal(huge.size, 2 ** 45)
  for await (const chunk of huge.read(2 ** 44, 2 ** 44 + 3)) t.same(chunk, Buffer.alloc(3))
})
