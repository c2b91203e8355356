/**
 * `npm run players`: what players and parsers make of each kind of output, in media time: sound against picture, holes,
 * seeks, changes of the rendition, the end.
 *
 *   npm run players                                   every judge on every kind
 *   npm run players -- --kind=live --judge=shaka      some of them, by parts of their names
 *   npm run players -- --write                        and docs/players.md is written anew, as far as was judged
 */
import { parseArgs } from 'node:util'
import { type Findings, check } from './checks.js'
import { FILE_JUDGES } from './file-judges.js'
import { PLAYERS } from './judges.js'
import { KINDS } from './kinds.js'
import { isGrowing } from './kind.js'
import { KNOWN } from './known.js'
import { Stage } from './playing.js'
import { table, write } from './report.js'
import { type Verdict, verdict } from './verdict.js'

const { values } = parseArgs({
  options: {
    kind: { type: 'string', multiple: true },
    judge: { type: 'string', multiple: true },
    write: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})

/** How many players run side by side. */
const AT_ONCE = 6

const print = (line: string) => void process.stdout.write(`${line}\n`)

const isAsked = (name: string, parts: readonly string[] | undefined) =>
  parts?.some(part => name.includes(part)) ?? true

const kinds = KINDS.filter(({ name }) => isAsked(name, values.kind))
// What grows takes its time and little else, so it goes first.
const ordered = [...kinds.filter(isGrowing), ...kinds.filter(kind => !isGrowing(kind))]
const plays = ordered.flatMap(kind =>
  PLAYERS.filter(({ name, manifest }) => {
    return isAsked(name, values.judge) && (manifest === 'main.m3u8' || kind.dash === undefined)
  }).map(judge => ({ kind, judge })),
)
const reads = kinds.flatMap(kind =>
  FILE_JUDGES.filter(({ name, isDash }) => {
    return isAsked(name, values.judge) && (isDash !== true || kind.dash === undefined)
  }).map(judge => ({ kind, judge })),
)
if (plays.length + reads.length === 0) throw new Error('There is no such kind, or no such judge')

const stage = await Stage.open()
const verdicts: Verdict[] = []
const began = performance.now()

function decide(kind: string, judge: string, findings: Findings): void {
  const own = verdict(kind, judge, findings, KNOWN)
  verdicts.push(own)
  const texts = Object.entries(findings).map(([name, text]) => `${name}: ${text}`)
  const how = own.problems.length > 0 ? 'FAILED' : own.known.length > 0 ? 'as known' : 'well'
  print([`${kind}, ${judge}: ${how}`, ...texts].join('; '))
  for (const problem of own.problems) print(`  ${problem}`)
  if (own.problems.length > 0) print(`  alone: npm run players -- --kind=${kind} --judge='${judge}'`)
}

let next = 0
await Promise.all(
  Array.from({ length: Math.min(AT_ONCE, plays.length) }, async () => {
    const seat = await stage.seat()
    while (next < plays.length) {
      const { kind, judge } = plays[next++]!
      const { seen, truth } = await stage.play(seat, kind, judge)
      decide(kind.name, judge.name, check(seen, kind, truth))
      if (values.verbose) print(JSON.stringify({ ...seen, frames: seen.frames.length }))
    }
    await seat.close()
  }),
)
for (const { kind, judge } of reads) decide(kind.name, judge.name, await judge.judge(await stage.files(kind)))
await stage.close()

const failed = verdicts.filter(({ problems }) => problems.length > 0)
print(`\n${table(verdicts)}\n`)
if (values.write) await write(verdicts)
else print('To renew docs/players.md: npm run players -- --write')
print(`${Math.round((performance.now() - began) / 1000)} s`)
print(`${verdicts.length - failed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length === 0 ? 0 : 1
