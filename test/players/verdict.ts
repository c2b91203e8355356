import { type Check, CHECKS, type Findings } from './checks.js'
import { PLAYERS } from './judges.js'
import type { Known } from './known.js'

/** The result of one judge for one output. */
export interface Verdict {
  readonly kind: string
  readonly judge: string
  /** The findings of each play. */
  readonly plays: readonly Findings[]
  /** The known faults that apply. */
  readonly known: readonly Known[]
  /**
   * Unexpected faults, and known faults that did not occur, in every play. A busy machine may spoil any single play.
   */
  readonly problems: readonly string[]
}

export function isFor({ kinds, judges }: Known, kind: string, judge: string): boolean {
  return (
    kinds.includes(kind) && (judges ?? PLAYERS.map(({ name }) => name)).some(name => judge.startsWith(name))
  )
}

/** Compares the findings with the known faults. */
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

/** The problems of one play, by check. */
function problemsOf(findings: Findings, known: readonly Known[]): Map<Check, string> {
  const wanted = new Set(known.flatMap(({ checks }) => checks))
  const allowed = new Set([...wanted, ...known.flatMap(({ besides = [] }) => besides)])
  const found = Object.entries(findings) as [Check, string][]
  const isGone = (check: Check) =>
    `test/players/known.ts lists this check as failing, but it passes: ${CHECKS[check]}`
  return new Map([
    ...found
      .filter(([check]) => !allowed.has(check))
      .map(([check, text]) => [check, `${check}: ${text}`] as const),
    ...[...wanted]
      .filter(check => findings[check] === undefined)
      .map(check => [check, isGone(check)] as const),
  ])
}

/** The findings, in one line. */
export function textOf(findings: Findings): string {
  const texts = Object.entries(findings).map(([name, text]) => `${name}: ${text}`)
  return texts.length > 0 ? texts.join('; ') : 'ok'
}

/**
 * A verdict as lines of text.
 *
 * @param isLast - whether this was the last play
 */
export function linesOf({ kind, judge, plays, known, problems }: Verdict, isLast: boolean): string[] {
  const bad = isLast ? 'FAILED' : 'to be replayed'
  const how = problems.length > 0 ? bad : known.length > 0 ? 'as known' : 'ok'
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
