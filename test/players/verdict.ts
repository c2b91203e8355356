import { type Check, CHECKS, type Findings } from './checks.js'
import { PLAYERS } from './judges.js'
import type { Known } from './known.js'

/** What came of one judge and one output. */
export interface Verdict {
  readonly kind: string
  readonly judge: string
  readonly findings: Findings
  /** Lines of what is known that account for some of it. */
  readonly known: readonly Known[]
  /** What nobody expected, and what is expected and not there. */
  readonly problems: readonly string[]
}

export function isFor({ kinds, judges }: Known, kind: string, judge: string): boolean {
  return (
    kinds.includes(kind) && (judges ?? PLAYERS.map(({ name }) => name)).some(name => judge.startsWith(name))
  )
}

/** Holds what was found against what is known. */
export function verdict(kind: string, judge: string, findings: Findings, all: readonly Known[]): Verdict {
  const own = all.filter(known => isFor(known, kind, judge))
  const wanted = new Set(own.flatMap(({ checks }) => checks))
  const allowed = new Set([...wanted, ...own.flatMap(({ besides = [] }) => besides)])
  const found = Object.entries(findings) as [Check, string][]
  const problems = [
    ...found.filter(([check]) => !allowed.has(check)).map(([check, text]) => `${check}: ${text}`),
    ...[...wanted]
      .filter(check => findings[check] === undefined)
      .map(check => `it is in test/players/known.ts that it does not hold, and it does: ${CHECKS[check]}`),
  ]
  return { kind, judge, findings, known: own, problems }
}
