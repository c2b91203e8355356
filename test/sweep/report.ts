import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format } from 'prettier'
import { type Check, CHECKS, REASONS, type Swept } from './checks.js'
import { KNOWN, type Known } from './known.js'
import { knownOf } from './verdict.js'

/** The page that contains the table. */
export const PAGE = fileURLToPath(new URL('../../docs/formats.md', import.meta.url))

const BEGIN = '<!-- written by npm run sweep -- --write -->'
const END = '<!-- end -->'

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map(row).join('\n')

/** One row for each container and each combination of cells. */
export function table(all: readonly Swept[], known: readonly Known[] = KNOWN): string {
  const rows = new Map<string, { readonly demuxer: string; readonly files: string[]; cells: string[] }>()
  const checks = Object.keys(CHECKS) as Check[]
  for (const swept of all) {
    const cells = checks.map(check => {
      const finding = swept.findings[check]
      if ('cell' in finding) return finding.cell
      const line = knownOf(swept, check, known)
      return line === undefined ? `**${finding.problem}**` : String(known.indexOf(line) + 1)
    })
    const demuxer = swept.demuxer.replaceAll(',', ' ')
    const key = JSON.stringify([demuxer, cells])
    const own = rows.get(key) ?? { demuxer, files: [], cells }
    rows.set(key, own)
    own.files.push(`\`${swept.sample.file}\``)
  }
  return tableOf(
    ['demuxer', 'files', ...checks],
    [...rows.values()].map(({ demuxer, files, cells }) => [`\`${demuxer}\``, files.join(' '), ...cells]),
  )
}

/** The parts of the page that follow from the code, without a run. */
export function written(): readonly string[] {
  const words = { library: 'this library, a fault', difference: 'by design' }
  const known = tableOf(
    ['', 'files', 'column', 'difference from plain ffmpeg, and its reason', 'cause'],
    KNOWN.map(({ files, check, why, of }, n) => [
      ...[String(n + 1), files.map(file => `\`${file}\``).join(' '), check, why, words[of]],
    ]),
  )
  return [
    tableOf(['column', 'what is compared'], Object.entries(CHECKS)),
    tableOf(['cell', 'why there is nothing to compare'], Object.entries(REASONS)),
    ...(KNOWN.length > 0 ? [known] : []),
  ]
}

/** The text of the page. */
export function page(): string {
  return readFileSync(PAGE, 'utf8')
}

/** Updates the table. */
export async function write(all: readonly Swept[]): Promise<void> {
  const text = page()
  const [before, after] = [text.slice(0, text.indexOf(BEGIN)), text.slice(text.indexOf(END))]
  const whole = `${before}${BEGIN}\n\n${[table(all), ...written()].join('\n\n')}\n\n${after}`
  writeFileSync(PAGE, await format(whole, { parser: 'markdown', printWidth: 110 }))
}
