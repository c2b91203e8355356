/**
 * What a run of the tests prints: a line for each file as it ends, each failure in full where it happened, and the
 * count. tap's own reporters redraw a terminal, and lose failures where there is none.
 */

/** One line of tap's `jsonstream` reporter. */
type Event = [kind: 'start' | 'end' | 'pass' | 'fail' | 'skip' | 'todo', data: EventData]

interface EventData {
  name: string
  fullname?: string
  /** 0: the run, 1: a test file, above: its subtests. Only at the start and end of each. */
  level?: number
  ok?: boolean
  /** Milliseconds. */
  time?: number
  skip?: string | boolean
  diag?: Diagnosis
  assertions?: number
}

interface Diagnosis {
  message?: string
  at?: { fileName?: string; lineNumber?: number; columnNumber?: number }
  diff?: string
  stack?: string
  cause?: Diagnosis
  [field: string]: unknown
}

/** Counts the events of a run and turns them into lines. */
export class Report {
  passed = 0
  failed = 0
  skipped = 0
  readonly #print: (line: string) => void

  /** @param print - takes each line, without its end */
  constructor(print: (line: string) => void) {
    this.#print = print
  }

  /** Takes one line of the `jsonstream` reporter. */
  line(line: string): void {
    if (!line.startsWith('[')) return
    const [kind, data] = JSON.parse(line) as Event
    if (kind === 'pass') this.passed++
    if (kind === 'fail') this.#failure(data)
    if (kind === 'skip' || kind === 'todo') this.#skip(data)
    if (kind === 'end' && data.level === 1) this.#file(data)
  }

  /**
   * The closing line, `N passed, N failed`.
   * @param succeeded - whether tap itself exited with 0; where it did not and told of no failure, that is one
   */
  total(succeeded: boolean): string {
    if (!succeeded && this.failed === 0) this.failed = 1
    const skipped = this.skipped === 0 ? '' : `, ${this.skipped} skipped`
    return `${this.passed} passed, ${this.failed} failed${skipped}`
  }

  #file({ name, ok, time = 0, assertions = 0 }: EventData): void {
    this.#print(`${ok === true ? '✔' : '✖'} ${name}  ${assertions} in ${(time / 1000).toFixed(1)} s`)
  }

  #skip({ fullname, name, skip }: EventData): void {
    this.skipped++
    this.#print(`- ${fullname ?? name}${typeof skip === 'string' ? `: ${skip}` : ''}`)
  }

  #failure({ fullname, name, diag }: EventData): void {
    this.failed++
    this.#print(`\n✖ ${fullname ?? name}`)
    for (const line of describe(diag)) this.#print(`    ${line}`)
    this.#print('')
  }
}

function describe(diag: Diagnosis | undefined): string[] {
  if (diag === undefined) return []
  // The source around the place is a click away, and the stack begins with the place.
  const { at, diff, stack, cause, ...rest } = diag
  delete rest['source']
  const lines = Object.entries(rest).map(([name, value]) => `${name}: ${asText(value)}`)
  if (at?.fileName !== undefined && stack === undefined)
    lines.push(`at ${at.fileName}:${at.lineNumber ?? '?'}`)
  if (diff !== undefined) lines.push(...diff.trimEnd().split('\n'))
  if (stack !== undefined) lines.push(...stack.trimEnd().split('\n'))
  if (cause !== undefined) lines.push('caused by', ...describe(cause).map(line => `  ${line}`))
  return lines
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
