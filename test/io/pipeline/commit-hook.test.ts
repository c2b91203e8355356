import { PassThrough } from 'node:stream'
import t from 'tap'
import { COMMIT, commitOf } from '../../../lib/io/pipeline/commit-hook.js'

t.test('the offer is found under a registered symbol, so that two copies of the package agree', async t => {
  t.equal(COMMIT, Symbol.for('avio-streams.commit/1'))
  const commit = { hold: () => undefined, result: Promise.resolve(), target: 's3://b/k' }
  t.equal(commitOf({ [Symbol.for('avio-streams.commit/1')]: commit }), commit)
})

t.test('what offers nothing has nothing', async t => {
  for (const other of [undefined, null, 'text', {}, new PassThrough(), { [COMMIT]: 'text' }]) {
    t.equal(commitOf(other), undefined)
  }
})
