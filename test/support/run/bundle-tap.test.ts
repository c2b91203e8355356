import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ROOT } from '../program.js'
import { bundleTap } from './bundle-tap.js'

const TEST = `import t from 'tap'
t.match(import.meta.resolve('tap'), '/probe/node_modules/tap/index.js')
t.test('fails', async t => {
  t.equal(1, 2)
})
`

t.test('compiled tests run with one file of tap, which is made once', async t => {
  // Below the root, as `.build/`: what the bundle lacks is found there.
  const probe = join(t.testdir({ probe: {} }), 'probe')
  t.equal(await bundleTap(probe), true)
  t.equal(await bundleTap(probe), false)
  mkdirSync(join(probe, 'test'))
  const file = join(probe, 'test', 'x.test.js')
  writeFileSync(file, TEST)
  const stdout = await new Promise<string>(resolve => {
    execFile(process.execPath, [file], { cwd: ROOT }, (_error, stdout) => resolve(stdout))
  })
  t.match(stdout, /^ok 1 /m)
  t.match(stdout, /^ {4}not ok 1 [^]*?x\.test\.js\n {8}lineNumber: 4\n/m, 'an assertion is found in its test')
  t.notMatch(stdout, '@tapjs/bundle', 'tap itself is in no stack')
  writeFileSync(join(probe, 'node_modules', 'tap', 'package.json'), '{"version":"0.0.0-old"}')
  t.equal(await bundleTap(probe), true, 'another tap is another bundle')
})
