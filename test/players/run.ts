/**
 * `npm run players`: how players and parsers handle each kind of output, in media time: audio against video, gaps,
 * seeks, switches of the rendition, the end.
 *
 * npm run players every judge on every kind npm run players -- --kind=live --judge=shaka some, by parts of their names
 * npm run players -- --write also updates docs/players.md, for the judged cells
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
import { SIDE_BY_SIDE, inRounds } from './rounds.js'
import type { Seat } from './seat.js'
import { type Verdict, linesOf, textOf, verdict } from './verdict.js'

const { values } = parseArgs({
  options: {
    kind: { type: 'string', multiple: true },
    judge: { type: 'string', multiple: true },
    write: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})

/**
 * The limit of one play, in seconds. On an idle machine a play takes a minute at most, of which 22 s are real time,
 * plus half a minute for each missing event.
 */
const ONE_PLAY = 240

/** The limit of all plays, in seconds, and the hard limit of the run: CI stops a run after 1,200. */
const ALL_PLAYS = 900
const IN_ANY_CASE = ALL_PLAYS + 60

const print = (line: string) => void process.stdout.write(`${line}\n`)

const isAsked = (name: string, parts: readonly string[] | undefined) =>
  parts?.some(part => name.includes(part)) ?? true

const kinds = KINDS.filter(({ name }) => isAsked(name, values.kind))
// Growing packages take real time and little CPU, so they go first.
const ordered = [...kinds.filter(isGrowing), ...kinds.filter(kind => !isGrowing(kind))]
const plays = ordered.flatMap(kind =>
  PLAYERS.filter(({ name, manifest }) => {
    return isAsked(name, values.judge) && (manifest === 'main.m3u8' || kind.dash === undefined)
  }).map(judge => ({ kind, judge })),
)
type Cell = (typeof plays)[number]
const reads = kinds.flatMap(kind =>
  FILE_JUDGES.filter(({ name, isDash }) => {
    return isAsked(name, values.judge) && (isDash !== true || kind.dash === undefined)
  }).map(judge => ({ kind, judge })),
)
if (plays.length + reads.length === 0) throw new Error('There is no such kind, or no such judge')

const began = performance.now()
const secondsLeft = () => ALL_PLAYS - (performance.now() - began) / 1000
setTimeout(() => {
  print(`Stopped after ${IN_ANY_CASE} s\n0 passed, ${plays.length + reads.length} failed`)
  process.exit(1)
}, IN_ANY_CASE * 1000).unref()

const stage = await Stage.open()
const seats = Array.from({ length: Math.max(...SIDE_BY_SIDE) }, () => stage.seat())
const found = new Map<Cell, Findings[]>()

/** The first line of an error: the error of a dead browser includes its whole log. */
const failing = (error: unknown): Findings => ({ errors: (error as Error).message.split('\n', 1)[0]! })

async function playOnce({ kind, judge }: Cell, seat: Seat): Promise<Findings> {
  try {
    const { seen, truth } = await stage.play(seat, kind, judge, Math.min(ONE_PLAY, secondsLeft()))
    if (values.verbose) print(JSON.stringify({ ...seen, frames: seen.frames.length }))
    return check(seen, kind, truth)
  } catch (error) {
    return failing(error)
  }
}

const decide = ({ kind, judge }: Cell | (typeof reads)[number], plays: readonly Findings[]): Verdict =>
  verdict(kind.name, judge.name, plays, KNOWN)

await inRounds(plays, SIDE_BY_SIDE, async (cell, seat, isLast) => {
  const own = found.get(cell) ?? []
  found.set(cell, own)
  if (secondsLeft() > 0) own.push(await playOnce(cell, seats[seat]!))
  else if (own.length === 0) own.push({ errors: `not played within ${ALL_PLAYS} s` })
  const said = decide(cell, own)
  const isOver = isLast || secondsLeft() <= 0
  for (const line of linesOf(said, isOver)) print(line)
  return isOver || said.problems.length === 0
})
const played = [...found].map(([cell, own]) => decide(cell, own))

const read: Verdict[] = []
for (const own of reads) {
  const found = await stage
    .files(own.kind)
    .then(files => own.judge.judge(files))
    .catch(failing)
  read.push(decide(own, [found]))
  for (const line of linesOf(read.at(-1)!, true)) print(line)
}
await stage.close()

const verdicts = [...played, ...read]
const again = verdicts.filter(({ plays }) => plays.length > 1)
if (again.length > 0) print(`\nReplayed, with the findings of each play:`)
for (const { kind, judge, plays } of again) print(`${kind}, ${judge}: ${plays.map(textOf).join(' | ')}`)
const failed = verdicts.filter(({ problems }) => problems.length > 0)
print(`\n${table(verdicts)}\n`)
if (values.write) await write(verdicts)
else print('To update docs/players.md: npm run players -- --write')
print(`${Math.round((performance.now() - began) / 1000)} s`)
print(`${verdicts.length - failed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length === 0 ? 0 : 1
