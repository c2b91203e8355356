import { mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { RUN_FOLDER, bytesOnceARun, folderOnceARun } from './once-a-run.js'

/** Makes the calls of a test those of a run, or of none. */
function inRun(t: Test, folder: string | undefined): void {
  const before = process.env[RUN_FOLDER]
  const set = (value: string | undefined) => {
    if (value === undefined) Reflect.deleteProperty(process.env, RUN_FOLDER)
    else process.env[RUN_FOLDER] = value
  }
  set(folder)
  t.teardown(() => set(before))
}

t.test('bytes of a key are made once in a run, and by each call without one', async t => {
  let count = 0
  const make = async () => Buffer.from(`made ${++count} times`)
  inRun(t, t.testdir())
  const [one, again, other] = [
    await bytesOnceARun('a', make),
    await bytesOnceARun('a', make),
    await bytesOnceARun('b', make),
  ]
  t.same([one, again, other].map(String), ['made 1 times', 'made 1 times', 'made 2 times'])
  t.not(one, again, 'a caller may change its bytes')
  inRun(t, undefined)
  t.same(String(await bytesOnceARun('a', make)), 'made 3 times')
})

t.test('bytes made by two at once are whole, and nothing else is kept', async t => {
  const folder = t.testdir()
  inRun(t, folder)
  const makers = ['one', 'two'].map(text => bytesOnceARun('a', async () => Buffer.from(text)))
  t.same((await Promise.all(makers)).map(String), ['one', 'two'])
  t.match(String(await bytesOnceARun('a', () => Promise.reject(new Error('made again')))), /^(?:one|two)$/)
  t.equal((await readdir(folder)).length, 1)
})

t.test('a failure is not kept', async t => {
  inRun(t, t.testdir())
  const failure = new Error('no luck')
  await t.rejects(
    bytesOnceARun('a', () => Promise.reject(failure)),
    failure,
  )
  await t.rejects(
    folderOnceARun('b', () => Promise.reject(failure)),
    failure,
  )
  t.same(String(await bytesOnceARun('a', async () => Buffer.from('made'))), 'made')
})

t.test('a folder is made once in a run; of two made at once, one stays', async t => {
  const parent = t.testdir({ run: {} })
  const folder = join(parent, 'run')
  inRun(t, folder)
  let count = 0
  const make = async () => {
    const made = await mkdtemp(join(parent, 'made-'))
    await writeFile(join(made, 'number'), String(++count))
    return made
  }
  const paths = await Promise.all([folderOnceARun('a', make), folderOnceARun('a', make)])
  t.same(paths, [join(folder, 'a'), join(folder, 'a')])
  t.equal(await folderOnceARun('a', make), join(folder, 'a'))
  t.equal(count, 2)
  t.match(await readFile(join(folder, 'a', 'number'), 'utf8'), /^[12]$/)
  t.same(await readdir(folder), ['a'])
  t.same(await readdir(parent), ['run'])
  inRun(t, undefined)
  t.not(await folderOnceARun('a', make), join(folder, 'a'))
})
