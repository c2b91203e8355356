import { PassThrough } from 'node:stream'
import t from 'tap'
import { LINK, isSoleConsumer, linkOf } from '../../../lib/io/pipeline/link.js'

t.test('uses a registered symbol, shared by copies of the package', async t => {
  t.equal(LINK, Symbol.for('avio-streams.link/1'))
  const link = { stop: () => undefined }
  t.equal(linkOf({ [Symbol.for('avio-streams.link/1')]: link }), link)
})

t.test('finds no link on other streams', async t => {
  for (const other of [undefined, null, 'text', {}, new PassThrough(), { [LINK]: 'text' }]) {
    t.equal(linkOf(other), undefined)
  }
})

t.test('treats one pipe as the sole consumer, but not with a second pipe or a user’s listener', async t => {
  const source = new PassThrough()
  source.pipe(new PassThrough())
  t.equal(isSoleConsumer(source), true)
  const second = source.pipe(new PassThrough())
  t.equal(isSoleConsumer(source), false)
  source.unpipe(second)
  t.equal(isSoleConsumer(source), true)
  source.on('data', () => undefined)
  t.equal(isSoleConsumer(source), false)
})
