import { PassThrough } from 'node:stream'
import t from 'tap'
import { COMMIT, commitOf } from '../../../lib/io/pipeline/commit-hook.js'

t.test('uses a registered symbol, shared by copies of the package', async t => {
  t.equal(COMMIT, Symbol.for('avio-streams.commit/1'))
  const commit = { hold: () => undefined, result: Promise.resolve(), target: 's3://b/k' }
  t.equal(commitOf({ [Symbol.for('avio-streams.commit/1')]: commit }), commit)
})

t.test('finds no hook on other streams', async t => {
  for (const other of [undefined, null, 'text', {}, new PassThrough(), { [COMMIT]: 'text' }]) {
    t.equal(commitOf(other), undefined)
  }
})
