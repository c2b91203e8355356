import { inspect } from 'node:util'
import { Parser, type Result } from 'tap-parser'

/**
 * What a run of the tests prints: a line for each file as it ends, each failure in full where it happened, and the
 * count. tap's own reporters redraw a terminal, lose failures where there is none, and keep back what a test says on
 * stderr, which is all there is when a file can't be loaded.
 */
export class Report {
  passed = 0
  failed = 0
  skipped = 0
  /** Takes what tap prints. */
  readonly input = new Parser()
  readonly #print: (line: string) => void
  /** How many assertions there were, and how many of them failed, when each test that is under way began. */
  readonly #open: { asserted: number; failed: number }[] = []

  /** @param print - takes each line, without its end */
  constructor(print: (line: string) => void) {
    this.#print = print
    this.#watch(this.input)
  }

  /**
   * The closing line, `N passed, N failed`.
   * @param succeeded - whether the run ended well; where it did not and no failure was seen, that is one
   */
  total(succeeded: boolean): string {
    if (!succeeded && this.failed === 0) this.failed = 1
    const skipped = this.skipped === 0 ? '' : `, ${this.skipped} skipped`
    return `${this.passed} passed, ${this.failed} failed${skipped}`
  }

  get #asserted(): number {
    return this.passed + this.failed + this.skipped
  }

  #watch(parser: Parser): void {
    parser.on('child', (child: Parser) => {
      this.#open.push({ asserted: this.#asserted, failed: this.failed })
      this.#watch(child)
    })
    parser.on('assert', (result: Result) => {
      if (result.closingTestPoint) this.#end(result)
      else this.#assertion(result)
    })
  }

  #assertion(result: Result): void {
    if (result.skip !== false || result.todo !== false) this.#skip(result)
    else if (result.ok) this.passed++
    else this.#failure(result)
  }

  /** The end of a test: a failure of its own where it failed and nothing in it did, as a file that can't be loaded. */
  #end(result: Result): void {
    const { asserted, failed } = this.#open.pop() ?? { asserted: 0, failed: 0 }
    if (!result.ok && this.failed === failed) this.#failure(result)
    if (!isFile(result.name)) return
    const seconds = ((result.time ?? 0) / 1000).toFixed(1)
    this.#print(`${result.ok ? '✔' : '✖'} ${result.name}  ${this.#asserted - asserted} in ${seconds} s`)
  }

  #skip({ fullname, skip }: Result): void {
    this.skipped++
    this.#print(`- ${fromFile(fullname)}${typeof skip === 'string' ? `: ${skip}` : ''}`)
  }

  #failure({ fullname, diag }: Result): void {
    this.failed++
    this.#print(`\n✖ ${asText(fromFile(fullname))}`)
    for (const line of describe(diag)) this.#print(`    ${line}`)
    this.#print('')
  }
}

function isFile(name: string): boolean {
  return name.endsWith('.test.ts')
}

/** A test's full name from its file on: many files may be in one process, which is a test, too. */
function fromFile(fullname: string): string {
  const names = fullname.split(' > ')
  return names.slice(Math.max(0, names.findIndex(isFile))).join(' > ')
}

/** What is a click away, or the same for every test. */
const OBVIOUS = ['jobId', 'source', 'stdio', 'cwd', 'externalID', 'command', 'args', 'compare']

/**
 * The lines of a diagnosis, which is whatever a test's YAML was read as: a field may be of any type, and an error here
 * would end the report of all that follows.
 */
function describe(diag: unknown): string[] {
  if (typeof diag !== 'object' || diag === null) return lines(diag)
  const { at, diff, stack, cause, ...rest } = diag as Record<string, unknown>
  const told = Object.entries(rest).filter(
    ([name, value]) => !OBVIOUS.includes(name) && value !== null && value !== undefined,
  )
  return [
    ...told.flatMap(([name, value]) => lines(`${name}: ${asText(value)}`)),
    ...(stack ? [] : place(at)),
    ...lines(diff),
    ...lines(stack),
    ...(cause ? ['caused by', ...describe(cause).map(line => `  ${line}`)] : []),
  ]
}

function place(at: unknown): string[] {
  const { fileName, lineNumber } = (at ?? {}) as Record<string, unknown>
  return fileName ? [`at ${asText(fileName)}:${asText(lineNumber ?? '?')}`] : []
}

function lines(value: unknown): string[] {
  return value === null || value === undefined ? [] : asText(value).trimEnd().split('\n')
}

/** Control characters are spelt out: with one of them in it, other programs take the whole output for binary. */
function asText(value: unknown): string {
  // JSON.stringify() throws for what YAML can name: a number of 64 bits, a list that holds itself.
  const text = typeof value === 'string' ? value : inspect(value, { breakLength: Infinity, depth: 6 })
  return text.replace(
    /[\0-\x08\x0b-\x1f\x7f]/g,
    char => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
