import { chmod, rename } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import t from 'tap'
import { fromPath, named, runnable } from '../../../lib/ffmpeg/binary/executable.js'

t.test('uses a path as given, and looks a bare name up on PATH', async t => {
  const root = t.testdir({ a: { tool: '' }, b: { tool: '' } })
  await chmod(join(root, 'b/tool'), 0o755)
  const found = { path: join(root, 'b/tool') }
  const env = { PATH: [join(root, 'a'), join(root, 'b')].join(delimiter) }
  t.same(await named(join(root, 'b/tool'), {}), found)
  t.same(await named('tool', env), found)
  t.same(await fromPath('tool', env), found)
  t.match(await fromPath('other', env), { problem: '"other" is in no folder of PATH' })
  t.same(await runnable(join(root, 'a')), { problem: 'it is not a file' })
  t.same(await runnable(join(root, 'c')), { problem: 'there is no such file' })
})

t.test('a program stays where it was found, until it is gone from there', async t => {
  const root = t.testdir({ a: {}, b: { tool: '' } })
  await chmod(join(root, 'b/tool'), 0o755)
  const env = { PATH: [join(root, 'a'), join(root, 'b')].join(delimiter) }
  t.same(await fromPath('tool', env), { path: join(root, 'b/tool') })
  await rename(join(root, 'b/tool'), join(root, 'a/tool'))
  t.same(await fromPath('tool', env), { path: join(root, 'a/tool') })
  t.same(await fromPath('tool', { PATH: join(root, 'b') }), {
    problem: '"tool" is in no folder of PATH',
  })
  await rename(join(root, 'a/tool'), join(root, 'a/other'))
  t.match(await fromPath('tool', env), { problem: '"tool" is in no folder of PATH' })
})

t.test('the folders before it are not searched again', async t => {
  const root = t.testdir({ a: { tool: '' }, b: { tool: '' } })
  await chmod(join(root, 'b/tool'), 0o755)
  const env = { PATH: [join(root, 'a'), join(root, 'b')].join(delimiter) }
  t.same(await fromPath('tool', env), { path: join(root, 'b/tool') })
  await chmod(join(root, 'a/tool'), 0o755)
  t.same(await fromPath('tool', env), { path: join(root, 'b/tool') })
})
