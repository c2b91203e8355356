import t from 'tap'
import { Report } from './report.js'

/** What a run with this output of tap's prints, with its last line for an exit code of 0 or another. */
function reported(tap: string, succeeded: boolean): string[] {
  const lines: string[] = []
  const report = new Report(line => lines.push(line))
  report.input.end(tap)
  return [...lines.filter(line => line !== ''), report.total(succeeded)]
}

t.test('assertions are counted, not tests, and each file has a line', async t => {
  const tap = `TAP version 14
1..2
# Subtest: test/a.test.ts
    # Subtest: one thing
        ok 1 - is so
        ok 2 - is so too
        1..2
    ok 1 - one thing # time=5ms
    ok 2 - another
    1..2
ok 1 - test/a.test.ts # time=1234ms
# Subtest: test/b.test.ts
    ok 1 - left out # SKIP no water
    1..1
ok 2 - test/b.test.ts # time=5ms
`
  t.same(reported(tap, true), [
    '✔ test/a.test.ts  3 in 1.2 s',
    '- test/b.test.ts > left out: no water',
    '✔ test/b.test.ts  1 in 0.0 s',
    '3 passed, 0 failed, 1 skipped',
  ])
})

t.test('files that share a process are told as if each had its own', async t => {
  const tap = `TAP version 14
1..1
# Subtest: 2 files in one process
    # Subtest: test/a.test.ts
        # Subtest: one thing
            not ok 1 - is so
            1..1
        not ok 1 - one thing # time=5ms
        1..1
    not ok 1 - test/a.test.ts # time=1234ms
    # Subtest: test/b.test.ts
        ok 1 - is so too
        ok 2 - left out # SKIP no water
        1..2
    ok 2 - test/b.test.ts # time=5ms
    1..2
not ok 1 - 2 files in one process # time=1300ms
`
  t.same(reported(tap, false), [
    '\n✖ test/a.test.ts > one thing > is so',
    '✖ test/a.test.ts  1 in 1.2 s',
    '- test/b.test.ts > left out: no water',
    '✔ test/b.test.ts  2 in 0.0 s',
    '1 passed, 1 failed, 1 skipped',
  ])
})

t.test('a failure is told in full where it happened, and once', async t => {
  const tap = `TAP version 14
1..1
# Subtest: test/a.test.ts
    # Subtest: one thing
        not ok 1 - is so
          ---
          diff: |
            -1
            +2
          at:
            fileName: test/a.test.ts
            lineNumber: 7
          compare: ===
          ...
        1..1
    not ok 1 - one thing # time=5ms
    1..1
not ok 1 - test/a.test.ts # time=5ms
`
  t.same(reported(tap, false), [
    '\n✖ test/a.test.ts > one thing > is so',
    '    at test/a.test.ts:7',
    '    -1',
    '    +2',
    '✖ test/a.test.ts  1 in 0.0 s',
    '0 passed, 1 failed',
  ])
})

t.test('a file that fails without an assertion of its own is a failure', async t => {
  const tap = `TAP version 14
1..1
# Subtest: test/a.test.ts
    ok 1 - is so
    1..1
not ok 1 - test/a.test.ts # time=5ms
  ---
  exitCode: 3
  ...
`
  t.same(reported(tap, false), [
    '\n✖ test/a.test.ts',
    '    exitCode: 3',
    '✖ test/a.test.ts  2 in 0.0 s',
    '1 passed, 1 failed',
  ])
})

t.test('a run that ended badly has failed, whatever it printed', async t => {
  t.same(reported('', false), ['0 passed, 1 failed'])
  t.same(reported('TAP version 14\nok 1 - test/a.test.ts\n1..1\n', false).at(-1), '1 passed, 1 failed')
})

t.test('whatever a diagnosis holds, what follows is told', async t => {
  const fields: [yaml: string, told: string[]][] = [
    ['stack:', []],
    ['stack: ""', ['']],
    ['stack: 7', ['7']],
    ['stack: [a, b]', ["[ 'a', 'b' ]"]],
    ['diff: {}', ['{}']],
    ['at: null', []],
    ['at: here', []],
    ['at: { fileName: a.ts }', ['at a.ts:?']],
    ['cause: out of luck', ['caused by', '  out of luck']],
    ['cause: { code: EMFILE, stack: null }', ['caused by', '  code: EMFILE']],
    ['found: 12345678901234567890', ['found: 12345678901234567000']],
    ['found: &a [*a]', ['found: <ref *1> [ [Circular *1] ]']],
    ['found: "a\\0b\\e[1mc\\td"', ['found: a\\x00b\\x1b[1mc\td']],
  ]
  for (const [yaml, told] of fields) {
    const tap = `TAP version 14\nnot ok 1 - first\n  ---\n  ${yaml}\n  ...\nok 2 - second\n1..2\n`
    const expected = ['\n✖ first', ...told.map(line => `    ${line}`), '1 passed, 1 failed']
    t.same(reported(tap, false), expected, yaml)
  }
})
