import type { Test } from 'tap'

/**
 * Gives each test file in a shared process its own test, under its own name, in place of tap's root. The source stays
 * unchanged (`import t from 'tap'`); the compiled code looks here first.
 */

const KEY = 'avio-streams.own-tests'

type OwnTests = Map<string, Test>

/** The compiled code of a test file, which uses its own test if there is one. */
export function withOwnTest(code: string, file: string): string {
  const own = `globalThis[Symbol.for(${JSON.stringify(KEY)})]?.get(${JSON.stringify(file)})`
  return code.replace(
    /^import (\w+) from "tap";$/m,
    (_, t: string) => `import ${t}$root from "tap"; const ${t} = ${own} ?? ${t}$root;`,
  )
}

/** Makes `test` the root test of `file` when it is imported. */
export function giveOwnTest(file: string, test: Test): void {
  const here = globalThis as unknown as Record<symbol, OwnTests | undefined>
  const tests = (here[Symbol.for(KEY)] ??= new Map())
  tests.set(file, test)
}
