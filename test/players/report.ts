import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format } from 'prettier'
import { CHECKS } from './checks.js'
import { FILE_JUDGES } from './file-judges.js'
import { PACKAGES, PLAYERS, versionOf } from './judges.js'
import type { Kind } from './kind.js'
import { KINDS } from './kinds.js'
import { KNOWN, type Known } from './known.js'
import type { Verdict } from './verdict.js'

/** The page that `--write` updates. */
export const PAGE = fileURLToPath(new URL('../../docs/players.md', import.meta.url))

const BEGIN = '<!-- written by npm run players -- --write -->'
const END = '<!-- end -->'

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map(row).join('\n')

/** The page's present cells, by output and judge: cells that this run does not judge keep their text. */
function cellsOfPage(): Map<string, string> {
  const lines = page()
    .split('\n')
    .filter(line => line.startsWith('|'))
    .map(line =>
      line
        .slice(1, -1)
        .split('|')
        .map(cell => cell.trim()),
    )
  const head = lines.find(([first, second]) => first === 'output' && second === PLAYERS[0].name)
  if (head === undefined) return new Map()
  const rows = lines.filter(line => line.length === head.length)
  return new Map(rows.flatMap(line => line.map((cell, n) => [`${line[0] ?? ''} ${head[n] ?? ''}`, cell])))
}

/** The result of each judge for each kind; for failed checks, the number of the row that gives the reason. */
export function table(verdicts: readonly Verdict[]): string {
  const old = cellsOfPage()
  const judges = [...PLAYERS, ...FILE_JUDGES].map(({ name }) => name)
  const cell = (kind: Kind, judge: string) => {
    const own = verdicts.find(verdict => verdict.kind === kind.name && verdict.judge === judge)
    if (own === undefined) {
      return old.get(`\`${kind.name}\` ${judge}`) ?? (kind.dash === undefined ? '' : 'no manifest')
    }
    if (own.problems.length > 0) return `**${own.problems.join('; ')}**`
    return own.known.length === 0 ? 'ok' : own.known.map(known => String(KNOWN.indexOf(known) + 1)).join(', ')
  }
  return tableOf(
    ['output', ...judges],
    KINDS.map(kind => [`\`${kind.name}\``, ...judges.map(judge => cell(kind, judge))]),
  )
}

export function kindsTable(): string {
  const titleOf = ({ title, dash }: Kind) => (dash === undefined ? title : `${title}. No manifest: ${dash}`)
  return tableOf(
    ['output', 'what it is'],
    KINDS.map(kind => [`\`${kind.name}\``, titleOf(kind)]),
  )
}

export function checksTable(): string {
  return tableOf(
    ['check', 'what holds'],
    Object.entries(CHECKS).map(([name, text]) => [`\`${name}\``, text]),
  )
}

/** The known faults, numbered as in the table of results. */
export function knownTable(): string {
  const whose = { library: 'this library', player: 'the player' }
  const checksOf = ({ checks, besides = [] }: Known) =>
    [...new Set([...checks, ...besides])].map(check => `\`${check}\``).join(' ')
  return tableOf(
    ['', 'outputs', 'judges', 'failed checks', 'why', 'at fault'],
    KNOWN.map((known, n) => [
      String(n + 1),
      known.kinds.map(kind => `\`${kind}\``).join(' '),
      known.judges?.join(', ') ?? 'all players',
      checksOf(known),
      known.why,
      whose[known.of],
    ]),
  )
}

/** The parts of the page that follow from the code, without a run. */
export function written(): readonly string[] {
  const versions = PACKAGES.map(name => `${name} ${versionOf(name)}`).join(', ')
  return [`Judged by ${versions}.`, kindsTable(), checksTable(), ...(KNOWN.length > 0 ? [knownTable()] : [])]
}

/** The present page. */
export function page(): string {
  return readFileSync(PAGE, 'utf8')
}

/** Rewrites the page. */
export async function write(verdicts: readonly Verdict[]): Promise<void> {
  const text = page()
  const [before, after] = [text.slice(0, text.indexOf(BEGIN)), text.slice(text.indexOf(END))]
  const [versions, kinds, checks, known] = written()
  const parts = [versions!, table(verdicts), ...(known === undefined ? [] : [known]), kinds!, checks!]
  const whole = `${before}${BEGIN}\n\n${parts.join('\n\n')}\n\n${after}`
  writeFileSync(PAGE, await format(whole, { parser: 'markdown', printWidth: 110 }))
}
