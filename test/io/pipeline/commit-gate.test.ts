import t from 'tap'
import { CommitGate } from '../../../lib/io/pipeline/commit-gate.js'

t.test('a commit that nobody holds goes on at once', async t => {
  await new CommitGate().opened('a file')
  t.pass()
})

t.test('everyone who holds it is asked, once, and all have to let go', async t => {
  const holds = new CommitGate()
  const commit = holds.offer(Promise.resolve('done'), 'a file')
  t.equal(commit.target, 'a file')
  t.equal(await commit.result, 'done')
  const said: string[] = []
  let letGo!: () => void
  commit.hold(async () => void said.push('one'))
  commit.hold(() => {
    said.push('two')
    return new Promise(resolve => (letGo = resolve))
  })
  const opened = holds.opened('a file').then(() => said.push('opened'))
  await new Promise(setImmediate)
  t.same(said, ['one', 'two'])
  letGo()
  await opened
  t.same(said, ['one', 'two', 'opened'])
})

t.test('the first reason not to is the error, also where it is thrown', async t => {
  for (const open of [
    () => Promise.reject(new RangeError('no')),
    () => {
      throw new RangeError('no')
    },
  ]) {
    const holds = new CommitGate()
    holds.offer(Promise.resolve(), 'a file').hold(open)
    holds.offer(Promise.resolve(), 'a file').hold(() => new Promise(() => undefined))
    await t.rejects(holds.opened('a file'), new RangeError('no'))
  }
})

t.test('a reason that is no error becomes one', async t => {
  const holds = new CommitGate()
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  holds.offer(Promise.resolve(), 'a file').hold(() => Promise.reject(undefined))
  await t.rejects(holds.opened('a file'), { code: 'AVIO_ERR_COMMIT_REFUSED', message: /^a file was not/ })
})
