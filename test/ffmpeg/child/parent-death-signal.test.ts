import { delimiter, join } from 'node:path'
import t from 'tap'
import { detectDieWithParent, dieWithParent } from '../../../lib/ffmpeg/child/parent-death-signal.js'
import { canLimitDescriptors, withDescriptors } from '../../support/descriptors.js'

const LINUX = process.platform === 'linux'

t.test('puts setpriv in front of the command on a Linux with util-linux', async t => {
  const prefix = await detectDieWithParent(process.env['PATH'] ?? '')
  if (LINUX) {
    t.match(prefix[0], /^\/.*\/setpriv$/)
    t.same(prefix.slice(1), ['--pdeathsig', 'KILL', '--'])
  } else {
    t.same(prefix, [])
  }
  t.same(await dieWithParent(), prefix)
  t.equal(await dieWithParent(), await dieWithParent(), 'setpriv is detected once')
})

t.test('puts nothing in front without a suitable setpriv', async t => {
  t.same(await detectDieWithParent(''), [])
  t.same(await detectDieWithParent(['relative', '/nonexistent'].join(delimiter)), [])
  const folder = t.testdir({
    without: { setpriv: '#!/bin/sh\nexit 1\n' },
    unused: { setpriv: 'not executable' },
  })
  const { chmod } = await import('node:fs/promises')
  await chmod(join(folder, 'without', 'setpriv'), 0o755)
  t.same(await detectDieWithParent([join(folder, 'unused'), join(folder, 'without')].join(delimiter)), [])
})

t.test('tries again after file descriptors ran out', async t => {
  if (!canLimitDescriptors) return
  const fresh = await t.mockImport<{ dieWithParent: typeof dieWithParent }>(
    '../../../lib/ffmpeg/child/parent-death-signal.js',
    {},
  )
  await withDescriptors(1, () => t.rejects(fresh.dieWithParent(), { code: 'EMFILE' }))
  t.same(await fresh.dieWithParent(), await dieWithParent())
})
