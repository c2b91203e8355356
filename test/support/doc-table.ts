import { readFileSync } from 'node:fs'

/** The text of a page of the docs below a heading, up to the next heading. */
export function section(page: string, heading: string): string {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  const start = text.indexOf(`\n${heading}\n`)
  if (start < 0) throw new Error(`docs/${page} has no heading "${heading}"`)
  const body = text.slice(start + heading.length + 2)
  const end = body.search(/^#/m)
  return end < 0 ? body : body.slice(0, end)
}

/** The cells of the first table in a text, without its header row. */
export function tableIn(text: string): string[][] {
  const lines = text.split('\n')
  const start = lines.findIndex(line => line.startsWith('|'))
  const end = lines.findIndex((line, n) => n > start && !line.startsWith('|'))
  return lines.slice(start + 2, end < 0 ? undefined : end).map(line =>
    line
      .slice(1, line.lastIndexOf('|'))
      .split(' | ')
      .map(cell => cell.trim()),
  )
}
