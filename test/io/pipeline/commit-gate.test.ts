import t from 'tap'
import { CommitGate } from '../../../lib/io/pipeline/commit-gate.js'

t.test('commits at once without holders', async t => {
  await new CommitGate().opened('a file')
  t.pass()
})

t.test('asks every holder once, and waits for all', async t => {
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

t.test('rejects with the first refusal, also a thrown one', async t => {
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

t.test('converts other refusals to an error', async t => {
  const holds = new CommitGate()
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  holds.offer(Promise.resolve(), 'a file').hold(() => Promise.reject(undefined))
  await t.rejects(holds.opened('a file'), { code: 'AVIO_ERR_COMMIT_REFUSED', message: /^a file was not/ })
})
