import { type Check, CHECKS, type Swept, nameOf } from './checks.js'
import type { Known } from './known.js'

/** The line of what is known that is about a check of a file. */
export function knownOf({ sample }: Swept, check: Check, all: readonly Known[]): Known | undefined {
  return all.find(known => known.check === check && known.files.includes(nameOf(sample)))
}

/** What nobody expected of a file, and what is expected and not there. */
export function problemsOf(swept: Swept, all: readonly Known[]): string[] {
  return (Object.keys(CHECKS) as Check[]).flatMap(check => {
    const finding = swept.findings[check]
    const known = knownOf(swept, check, all)
    if ('problem' in finding) return known === undefined ? [`${check}: ${finding.problem}`] : []
    if (known === undefined) return []
    return [`it is in test/sweep/known.ts that "${check}" is not as plain ffmpeg has it, and it is`]
  })
}
