import type { Test } from 'tap'

/**
 * What test files that run in one process have in place of tap's root: each a test of its own, under its own name. Their
 * code stays as it is (`import t from 'tap'`); the compiled one looks here first.
 */

const KEY = 'avio-streams.own-tests'

type OwnTests = Map<string, Test>

/** The compiled code of a test file, which takes the test that stands for it where there is one. */
export function withOwnTest(code: string, file: string): string {
  const own = `globalThis[Symbol.for(${JSON.stringify(KEY)})]?.get(${JSON.stringify(file)})`
  return code.replace(
    /^import (\w+) from "tap";$/m,
    (_, t: string) => `import ${t}$root from "tap"; const ${t} = ${own} ?? ${t}$root;`,
  )
}

/** Lets `test` stand for `file` when that is imported. */
export function giveOwnTest(file: string, test: Test): void {
  const here = globalThis as unknown as Record<symbol, OwnTests | undefined>
  const tests = (here[Symbol.for(KEY)] ??= new Map())
  tests.set(file, test)
}
