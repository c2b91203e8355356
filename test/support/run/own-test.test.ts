import t from 'tap'
import { giveOwnTest, withOwnTest } from './own-test.js'

/** What a compiled test file has for its `t`. */
async function rootOf(file: string): Promise<unknown> {
  const code = withOwnTest(
    `import { ok } from "node:assert";\nimport t from "tap";\nok(t);\nexport { t };\n`,
    file,
  )
  t.equal(code.split('\n').length, 5, 'the lines are where they were, for the source map')
  // From a URL of data no package can be found.
  const standing = code.replace('from "tap"', `from ${JSON.stringify(import.meta.resolve('tap'))}`)
  return ((await import(`data:text/javascript,${encodeURIComponent(standing)}`)) as { t: unknown }).t
}

t.test('a file that was given a test has it in place of tap’s root, and any other file the root', async t => {
  giveOwnTest('test/a.test.ts', t)
  t.equal(await rootOf('test/a.test.ts'), t)
  t.not(await rootOf('test/b.test.ts'), t)
})
