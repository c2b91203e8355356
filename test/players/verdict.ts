import { type Check, CHECKS, type Findings } from './checks.js'
import { PLAYERS } from './judges.js'
import type { Known } from './known.js'

/** What came of one judge and one output. */
export interface Verdict {
  readonly kind: string
  readonly judge: string
  /** What was found each time that it was played. */
  readonly plays: readonly Findings[]
  /** Lines of what is known that account for some of it. */
  readonly known: readonly Known[]
  /**
   * What nobody expected, and what is expected and not there: each time that it was played. A busy machine may spoil
   * any single play.
   */
  readonly problems: readonly string[]
}

export function isFor({ kinds, judges }: Known, kind: string, judge: string): boolean {
  return (
    kinds.includes(kind) && (judges ?? PLAYERS.map(({ name }) => name)).some(name => judge.startsWith(name))
  )
}

/** Holds what was found against what is known. */
export function verdict(
  kind: string,
  judge: string,
  plays: readonly Findings[],
  all: readonly Known[],
): Verdict {
  const known = all.filter(own => isFor(own, kind, judge))
  const problems = plays.map(findings => problemsOf(findings, known))
  const always = [...(problems.at(-1) ?? [])].filter(([check]) => problems.every(own => own.has(check)))
  return { kind, judge, plays, known, problems: always.map(([, text]) => text) }
}

/** What is wrong with one play, by check. */
function problemsOf(findings: Findings, known: readonly Known[]): Map<Check, string> {
  const wanted = new Set(known.flatMap(({ checks }) => checks))
  const allowed = new Set([...wanted, ...known.flatMap(({ besides = [] }) => besides)])
  const found = Object.entries(findings) as [Check, string][]
  const isGone = (check: Check) =>
    `it is in test/players/known.ts that it does not hold, and it does: ${CHECKS[check]}`
  return new Map([
    ...found
      .filter(([check]) => !allowed.has(check))
      .map(([check, text]) => [check, `${check}: ${text}`] as const),
    ...[...wanted]
      .filter(check => findings[check] === undefined)
      .map(check => [check, isGone(check)] as const),
  ])
}

/** What was found, in one line. */
export function textOf(findings: Findings): string {
  const texts = Object.entries(findings).map(([name, text]) => `${name}: ${text}`)
  return texts.length > 0 ? texts.join('; ') : 'well'
}

/**
 * A verdict in lines of text.
 *
 * @param isLast - whether nothing is played again
 */
export function linesOf({ kind, judge, plays, known, problems }: Verdict, isLast: boolean): string[] {
  const bad = isLast ? 'FAILED' : 'to be played again'
  const how = problems.length > 0 ? bad : known.length > 0 ? 'as known' : 'well'
  const times = plays.length > 1 ? ` (play ${plays.length})` : ''
  const [last = {}] = plays.slice(-1)
  const found = Object.keys(last).length > 0 ? `; ${textOf(last)}` : ''
  return [
    `${kind}, ${judge}: ${how}${times}${found}`,
    ...problems.map(problem => `  ${problem}`),
    ...(problems.length > 0 && isLast
      ? [`  alone: npm run players -- --kind=${kind} --judge='${judge}'`]
      : []),
  ]
}
