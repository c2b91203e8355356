import { type Check, CHECKS, type Swept, nameOf } from './checks.js'
import type { Known } from './known.js'

/** The known difference for a check of a file, if any. */
export function knownOf({ sample }: Swept, check: Check, all: readonly Known[]): Known | undefined {
  return all.find(known => known.check === check && known.files.includes(nameOf(sample)))
}

/** The unexpected differences of a file, and the expected ones that no longer exist. */
export function problemsOf(swept: Swept, all: readonly Known[]): string[] {
  return (Object.keys(CHECKS) as Check[]).flatMap(check => {
    const finding = swept.findings[check]
    const known = knownOf(swept, check, all)
    if ('problem' in finding) return known === undefined ? [`${check}: ${finding.problem}`] : []
    if (known === undefined) return []
    return [
      `test/sweep/known.ts lists a difference for "${check}", but the results are equal: remove the line`,
    ]
  })
}
