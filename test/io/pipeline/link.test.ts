import { PassThrough } from 'node:stream'
import t from 'tap'
import { LINK, isSoleConsumer, linkOf } from '../../../lib/io/pipeline/link.js'

t.test('the link is found under a registered symbol, so that two copies of the package agree', async t => {
  t.equal(LINK, Symbol.for('avio-streams.link/1'))
  const link = { stop: () => undefined }
  t.equal(linkOf({ [Symbol.for('avio-streams.link/1')]: link }), link)
})

t.test('what offers no link has none', async t => {
  for (const other of [undefined, null, 'text', {}, new PassThrough(), { [LINK]: 'text' }]) {
    t.equal(linkOf(other), undefined)
  }
})

t.test('one pipe is the sole consumer; a second pipe or a listener of the user is not', async t => {
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
