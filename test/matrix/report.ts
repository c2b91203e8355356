import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { FAULTS, STAGES, allCells } from './axes.js'
import type { Cell } from './fault.js'
import type { Verdict } from './judge.js'
import { PIPELINES } from './pipelines.js'

/** The result of one cell, as stored for the docs. */
export interface Result {
  readonly cell: Pick<Cell, 'pipeline' | 'stage' | 'fault'>
  readonly verdict: Pick<Verdict, 'end' | 'code'>
}

/** The page and the picture that `--write` updates. */
export const PAGE = fileURLToPath(new URL('../../docs/faults.md', import.meta.url))
export const PICTURE = fileURLToPath(new URL('../../docs/images/faults.svg', import.meta.url))

const BEGIN = '<!-- written by npm run matrix -- --write -->'
const END = '<!-- end -->'

/** The table of faults: where they strike, and how the cells ended. */
export function table(results: readonly Result[]): string {
  const rows = FAULTS.map(fault => {
    const own = results.filter(({ cell }) => cell.fault === fault)
    const count = (...ends: Verdict['end'][]) =>
      own.filter(({ verdict }) => ends.includes(verdict.end)).length
    const codes = [...new Set(own.map(({ verdict }) => verdict.code ?? ''))]
      .filter(code => code !== '')
      .sort()
    return [
      ...axesOf(fault),
      ...[count('stored'), count('refused', 'unknown')].map(n => String(n || '')),
      codes.map(code => `\`${code.replace('AVIO_ERR_', '')}\``).join(' '),
    ]
  })
  const head = ['what', 'where', 'right bytes', 'one error', 'codes (`AVIO_ERR_…`)']
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}

/** The table of the places. */
export function places(): string {
  const rows = STAGES.map(({ name, title }) => [`\`${name}\``, title])
  return [['name', 'place'], ['---', '---'], ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}

function axesOf({ title, stages }: Cell['fault']): [string, string] {
  return [title, stages.map(stage => `\`${stage}\``).join(' ')]
}

const COLOURS: Record<Verdict['end'], string> = {
  stored: '#2f7d4f',
  refused: '#3b6ea5',
  unknown: '#c28a1b',
  failed: '#c0392b',
}

/** A chart of all cells: a row for each pipeline, a column for each pair of a place and a fault. */
export function picture(results: readonly Result[]): string {
  const columns = STAGES.flatMap(stage =>
    FAULTS.filter(fault => fault.stages.includes(stage.name)).map(fault => ({
      stage: stage.name,
      fault: fault.name,
    })),
  )
  const [size, left, top] = [3, 90, 60]
  const width = left + columns.length * size + 10
  const height = top + PIPELINES.length * 16 + 40
  const at = new Map(columns.map(({ stage, fault }, n) => [`${stage}/${fault}`, left + n * size]))
  const rows = new Map(PIPELINES.map(({ name }, n) => [name, top + n * 16]))
  const cells = results.map(({ cell, verdict }) => {
    const x = at.get(`${cell.stage.name}/${cell.fault.name}`)!
    return `<rect x="${x}" y="${rows.get(cell.pipeline)!}" width="${size - 0.5}" height="14" fill="${COLOURS[verdict.end]}"/>`
  })
  const names = PIPELINES.map(
    ({ name }) => `<text x="${left - 6}" y="${rows.get(name)! + 11}" text-anchor="end">${name}</text>`,
  )
  const places = STAGES.map(stage => {
    const x = at.get(
      columns.filter(column => column.stage === stage.name).map(c => `${c.stage}/${c.fault}`)[0]!,
    )!
    return `<text transform="translate(${x + 6} ${top - 4}) rotate(-40)">${stage.name}</text>`
  })
  const words = {
    stored: 'the right bytes',
    refused: 'one error, nothing left',
    unknown: 'reported as unknown or partial',
  }
  const legend = Object.entries(words).map(
    ([end, text], n) =>
      `<rect x="${left + n * 200}" y="${height - 26}" width="12" height="12" fill="${COLOURS[end as Verdict['end']]}"/>` +
      `<text x="${left + n * 200 + 18}" y="${height - 16}">${text}</text>`,
  )
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width + 40} ${height}" font-family="sans-serif" font-size="10">\n` +
    `<rect width="100%" height="100%" fill="#ffffff"/>\n${[...names, ...places, ...legend, ...cells].join('\n')}\n</svg>\n`
  )
}

/** The page's columns except the outcomes, in order. */
export function axesOfPage(): string[] {
  const page = readFileSync(PAGE, 'utf8')
  const body = page.slice(page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END))
  const rows = body.split('\n').filter(line => line.startsWith('|'))
  const cells = rows.map(line =>
    line
      .slice(1, line.lastIndexOf('|'))
      .split(' | ')
      .map(cell => cell.trim()),
  )
  return cells
    .filter(([first]) => !/^(?:what|name|-+)/.test(first!))
    .map(([first, second]) => `${first}: ${second}`)
}

/** The same from the code. */
export function axesOfCode(): string[] {
  const stages = STAGES.map(({ name, title }) => `\`${name}\`: ${title}`)
  return [...stages, ...FAULTS.map(fault => axesOf(fault).join(': '))]
}

/** Rewrites the page, and its picture if there are results. */
export function write(results: readonly Result[]): void {
  const page = readFileSync(PAGE, 'utf8')
  const [before, after] = [page.slice(0, page.indexOf(BEGIN)), page.slice(page.indexOf(END))]
  const count = `Last recorded run: ${results.length} of ${allCells().length} cells.`
  const seen =
    '![Every cell: a row for each pipeline, a column for each fault at each place](images/faults.svg)'
  const parts = [places(), ...(results.length > 0 ? [count, seen] : []), table(results)]
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${parts.join('\n\n')}\n\n${after}`)
  if (results.length > 0) writeFileSync(PICTURE, picture(results))
}
