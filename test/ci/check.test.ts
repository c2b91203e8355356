import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const CHECK = fileURLToPath(new URL('../../scripts/check.mjs', import.meta.url))
const { scripts } = JSON.parse(
  await readFile(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8'),
) as { scripts: Record<string, string> }

/** The scripts that it runs, by its source. */
const BESIDE = /BESIDE = \[([^\]]*)\]/.exec(await readFile(CHECK, 'utf8'))![1]!.match(/[\w:]+/g)!

/** Runs it in a folder whose scripts write their names into a file; some fail. */
async function check(t: Test, failing: readonly string[], ...args: string[]) {
  const folder = t.testdir()
  const log = (name: string) =>
    `node -e "fs.appendFileSync('ran', '${name}\\n'); console.log('said by ${name}'); process.exit(${failing.includes(name) ? 1 : 0})"`
  const own = Object.fromEntries(['build', ...BESIDE].map(name => [name, log(name)]))
  await mkdir(join(folder, 'scripts'))
  await copyFile(CHECK, join(folder, 'scripts', 'check.mjs'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: own }))
  const { code, stdout } = await new Promise<{ code: number; stdout: string }>(resolve => {
    execFile(process.execPath, [join(folder, 'scripts', 'check.mjs'), ...args], (error, stdout) => {
      resolve({ code: Number(error?.code ?? 0), stdout })
    })
  })
  const ran = await readFile(join(folder, 'ran'), 'utf8').catch(() => '')
  return { code, stdout, ran: ran.trim().split('\n') }
}

t.test('npm run check builds, then runs every other check, and prints what they say', async t => {
  t.equal(scripts['check'], 'node scripts/check.mjs')
  for (const name of ['build', ...BESIDE]) t.type(scripts[name], 'string', name)
  const { code, stdout, ran } = await check(t, [])
  t.equal(code, 0)
  t.equal(ran[0], 'build')
  t.same(ran.slice(1).sort(), [...BESIDE].sort())
  for (const name of ran) t.match(stdout, `said by ${name}`)
})

t.test('fails with the names of the checks that failed, after all of them', async t => {
  const { code, stdout, ran } = await check(t, ['lint', 'types'])
  t.equal(code, 1)
  t.equal(ran.length, 1 + BESIDE.length)
  t.match(stdout, /^Failed: (?:lint, types|types, lint)$/m)
})

t.test('checks nothing that was not built', async t => {
  const { code, stdout, ran } = await check(t, ['build'])
  t.equal(code, 1)
  t.same(ran, ['build'])
  t.match(stdout, /^Failed: build$/m)
})

t.test('leaves out the checks that it is told to, and refuses unknown ones', async t => {
  const { code, ran } = await check(t, ['docs'], '--without=docs', '--without=lint')
  t.equal(code, 0)
  t.same(ran.sort(), ['build', ...BESIDE].filter(name => name !== 'docs' && name !== 'lint').sort())
  t.match(await check(t, [], '--without=doc'), { code: 1, ran: [''] })
})
