import t from 'tap'
import { CommitError } from '../../../lib/errors.js'
import { CommitGroup } from '../../../lib/io/pipeline/commit-group.js'
import type { CommitHook } from '../../../lib/io/pipeline/commit-hook.js'

/** A sink as the group sees it: `reach()` is called when everything is stored; `commit` makes it visible. */
class Member implements CommitHook {
  readonly result: Promise<unknown>
  committed = false
  #open!: () => Promise<void>
  #settle!: (outcome: unknown) => void
  constructor(
    readonly target: string,
    readonly commit: () => unknown = () => target,
  ) {
    this.result = new Promise((resolve, reject) => {
      this.#settle = outcome => (outcome instanceof Error ? reject(outcome) : resolve(outcome))
    })
    this.result.catch(() => undefined)
  }
  hold(open: () => Promise<void>): void {
    this.#open = open
  }
  async reach(): Promise<void> {
    try {
      await this.#open()
      const outcome = await this.commit()
      this.committed = !(outcome instanceof Error)
      this.#settle(outcome)
    } catch (error) {
      this.#settle(error)
    }
  }
  fail(error: Error): void {
    this.#settle(error)
  }
}

const tick = () => new Promise(setImmediate)

t.test('commits all in order once all are ready', async t => {
  const order: string[] = []
  const members = ['a', 'b', 'c'].map(name => new Member(name, () => (order.push(name), name)))
  const group = new CommitGroup({ members })
  void members[2]!.reach()
  void members[0]!.reach()
  await tick()
  t.same(order, [])
  void members[1]!.reach()
  t.same(
    [...(await group.settled())],
    [...members.entries()].map(([n, member]) => [member, 'abc'[n]]),
  )
  t.same(order, ['a', 'b', 'c'])
})

t.test('does not wait for what a member does after its commit', async t => {
  const slow = new Member('a')
  let clean!: (value: string) => void
  const result = new Promise<string>(resolve => (clean = resolve))
  const hold = slow.hold.bind(slow)
  const [first, second] = [{ hold, target: 'a', result, visible: slow.result }, new Member('b')]
  const group = new CommitGroup({ members: [first, second] })
  void slow.reach()
  await second.reach()
  t.ok(second.committed)
  clean('done')
  t.same([...(await group.settled()).values()], ['done', 'b'])
})

t.test('commits none if one fails before it is ready, and throws its error', async t => {
  const members = ['a', 'b', 'c'].map(name => new Member(name))
  const group = new CommitGroup({ members })
  void members[0]!.reach()
  void members[1]!.reach()
  const boom = new Error('boom')
  members[2]!.fail(boom)
  await t.rejects(group.settled(), boom)
  t.same(
    members.map(({ committed }) => committed),
    [false, false, false],
  )
})

t.test('commits none after an outside failure, and throws it', async t => {
  const members = [new Member('a'), new Member('b')]
  const group = new CommitGroup({ members })
  void members[0]!.reach()
  const boom = new Error('the encoder broke')
  group.fail(boom)
  void members[1]!.reach()
  await Promise.allSettled(members.map(({ result }) => result))
  group.fail(new Error('later'))
  await t.rejects(group.settled(), boom)
  t.notOk(members.some(({ committed }) => committed))
})

t.test('lists the committed members if one fails in its last step, and commits no more', async t => {
  const boom = new Error('refused')
  const members = [new Member('s3://b/a'), new Member('s3://b/b', () => boom), new Member('s3://b/c')]
  const group = new CommitGroup({ members })
  for (const member of members) void member.reach()
  await t.rejects(group.settled(), {
    code: 'AVIO_ERR_COMMIT_PARTIAL',
    committed: ['s3://b/a'],
    failed: ['s3://b/b', 's3://b/c'],
    cause: boom,
    message: /s3:\/\/b\/a is visible.*refused/,
  })
  t.equal(members[2]!.committed, false)
})

t.test('tells which objects of a member are visible, if only some are', async t => {
  const inner = new CommitError('half', { committed: ['main.m3u8'], failed: ['a.mpd'] })
  const members = [new Member('a'), new Member('package', () => inner), new Member('c')]
  const group = new CommitGroup({ members })
  for (const member of members) void member.reach()
  await t.rejects(group.settled(), {
    ...{ code: 'AVIO_ERR_COMMIT_PARTIAL', cause: inner },
    committed: ['a', 'main.m3u8'],
    failed: ['a.mpd', 'c'],
  })
})

t.test('throws the first member’s error if nothing is visible yet', async t => {
  const boom = new Error('refused')
  const members = [new Member('a', () => boom), new Member('b')]
  const group = new CommitGroup({ members })
  for (const member of members) void member.reach()
  await t.rejects(group.settled(), boom)
})

t.test('counts sinks with one commit once', async t => {
  const playlist = new Member('playlist')
  const film = new Member('film')
  const group = new CommitGroup({ members: [playlist, film, playlist] })
  void playlist.reach()
  void film.reach()
  t.equal((await group.settled()).size, 2)
})

t.test('resolves an empty group at once', async t => {
  t.same([...(await new CommitGroup({ members: [] }).settled())], [])
})
