import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { changesSince, traces } from './traces.js'

const LEFT: [what: string, leave: () => () => void, told: RegExp][] = [
  [
    'an environment variable',
    () => {
      process.env['AVIO_TEST_LEFT'] = 'a'
      return () => delete process.env['AVIO_TEST_LEFT']
    },
    /^environment variable AVIO_TEST_LEFT: undefined, then a$/,
  ],
  [
    'a listener of the process',
    () => {
      const hear = () => {}
      process.on('warning', hear)
      return () => process.off('warning', hear)
    },
    /^listeners of the process to warning: /,
  ],
  [
    'a new global',
    () => {
      Object.assign(globalThis, { left: 1 })
      return () => Reflect.deleteProperty(globalThis, 'left')
    },
    /^global left: undefined, then 1$/,
  ],
  [
    'a replaced global',
    () => {
      const { setTimeout } = globalThis
      globalThis.setTimeout = (() => {}) as never
      return () => void (globalThis.setTimeout = setTimeout)
    },
    /^global setTimeout: a function, then a function$/,
  ],
  [
    'a timer',
    () => {
      const timer = setInterval(() => {}, 1000)
      return () => clearInterval(timer)
    },
    /^active Timeout: \S+, then \d+$/,
  ],
  [
    'the working directory',
    () => {
      const before = process.cwd()
      process.chdir('..')
      return () => process.chdir(before)
    },
    /^working directory: /,
  ],
]

for (const [what, leave, told] of LEFT) {
  t.test(`reports ${what}, until it is restored`, async t => {
    const before = traces()
    const remove = leave()
    const changes = await changesSince(before)
    remove()
    t.equal(changes.length, 1)
    t.match(changes[0], told)
    t.same(await changesSince(before), [])
  })
}

t.test(
  'ignores resources that close within a few turns, or that an earlier file was still closing',
  async t => {
    const before = traces()
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const open = traces()
    server.close()
    t.same(await changesSince(before), [])
    t.same(await changesSince(open), [])
  },
)

t.test('waits for a child that is about to end', async t => {
  const before = traces()
  // It starts for longer than a few turns take.
  spawn(process.execPath, ['--eval', ''], { stdio: 'ignore' })
  t.same(await changesSince(before), [])
})

t.test('ignores the globals of packages', async t => {
  const before = traces()
  for (const name of ['__zod_globalThing', '__importStar', 'awslambda']) {
    Object.assign(globalThis, { [name]: 1 })
    t.teardown(() => Reflect.deleteProperty(globalThis, name))
  }
  t.same(await changesSince(before), [])
})
