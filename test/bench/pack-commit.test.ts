import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import t from 'tap'
import { type PackedCommit, packCommit } from '../../bench/support/pack-commit.js'

const root = new URL('../..', import.meta.url)

/** Why there is no commit to build. */
function noCommit(): string | false {
  try {
    execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, stdio: 'ignore' })
    return false
  } catch {
    return 'this tree is no clone'
  }
}

t.test('builds a commit once, apart from the working tree', { skip: noCommit() }, async t => {
  const before = process.env['XDG_CACHE_HOME']
  process.env['XDG_CACHE_HOME'] = t.testdir()
  t.teardown(() => {
    if (before === undefined) delete process.env['XDG_CACHE_HOME']
    else process.env['XDG_CACHE_HOME'] = before
  })
  const packed: PackedCommit = await packCommit('HEAD')
  t.match(packed.hash, /^[0-9a-f]{40}$/)
  t.ok(packed.library.endsWith(`/commits/${packed.hash}/dist/index.js`))
  const library = (await import(packed.library)) as Record<string, unknown>
  t.type(library['S3RangeReadable'], 'function', 'it finds its packages')
  t.ok(existsSync(new URL('../lib', packed.library)), 'from its own sources')
  t.same(await packCommit(packed.hash), packed)
  await t.rejects(packCommit('no-such-commit'), {
    message: '--against: there is no commit "no-such-commit" in this repository',
  })
})
