import { once } from 'node:events'
import t from 'tap'
import { roomRemedy, startProcess } from '../../../lib/ffmpeg/child/spawn.js'
import { resources, resourcesSince } from '../../support/child.js'
import { canLimitDescriptors, openDescriptors, withDescriptors } from '../../support/descriptors.js'

const PIPES = { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] } as const

t.test('starts a program, or reports why it cannot start', async t => {
  const child = await startProcess('/bin/sh', ['-c', 'exit 3'], { stdio: ['ignore', 'ignore', 'ignore'] })
  t.same(await once(child, 'exit'), [3, null])
  await t.rejects(startProcess('/nowhere', [], PIPES), { code: 'ENOENT' })
  await t.rejects(startProcess('/bin/sh', ['nul\0'], PIPES), { code: 'ERR_INVALID_ARG_VALUE' })
})

t.test('leaves no pipe behind when file descriptors run out, however many are left', async t => {
  if (!canLimitDescriptors) return
  const before = resources()
  for (let left = 1; left < 24; left++) {
    const open = openDescriptors()
    const error = await withDescriptors(left, async () => {
      try {
        const child = await startProcess('/bin/sh', ['-c', 'exit 0'], PIPES)
        for (const stream of child.stdio) stream?.destroy()
        await once(child, 'close')
        return undefined
      } catch (error) {
        return error as NodeJS.ErrnoException
      }
    })
    if (left < 10) t.equal(error?.code, 'EMFILE', `${left} left`)
    if (left > 20) t.equal(error, undefined, `${left} left`)
    t.ok(openDescriptors() <= open, 'no descriptor leaks')
    t.same(await resourcesSince(before), {})
  }
})

t.test('names the remedy for each missing resource, and for nothing else', t => {
  for (const code of ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM']) {
    t.type(roomRemedy(Object.assign(new Error('full'), { code })), 'string', code)
  }
  for (const error of [new Error('other'), Object.assign(new Error('other'), { code: 'ENOENT' })]) {
    t.equal(roomRemedy(error), undefined)
  }
  t.end()
})
