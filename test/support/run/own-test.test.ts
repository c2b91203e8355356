import t from 'tap'
import { giveOwnTest, withOwnTest } from './own-test.js'

/** The `t` of a compiled test file. */
async function rootOf(file: string): Promise<unknown> {
  const code = withOwnTest(
    `import { ok } from "node:assert";\nimport t from "tap";\nok(t);\nexport { t };\n`,
    file,
  )
  t.equal(code.split('\n').length, 5, 'line numbers stay the same, for the source map')
  // A data: URL can't resolve packages.
  const standing = code.replace('from "tap"', `from ${JSON.stringify(import.meta.resolve('tap'))}`)
  return ((await import(`data:text/javascript,${encodeURIComponent(standing)}`)) as { t: unknown }).t
}

t.test('gives a file its own test in place of tap’s root, and all others the root', async t => {
  giveOwnTest('test/a.test.ts', t)
  t.equal(await rootOf('test/a.test.ts'), t)
  t.not(await rootOf('test/b.test.ts'), t)
})
