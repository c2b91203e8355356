/** Tables of a page that are made from measurements, so that the text can't disagree with them. */

/** A table in its place on the page. */
export interface PageTable {
  /** The comment of the page that marks its place. */
  readonly name: string
  /** The first row names the columns. */
  readonly rows: readonly (readonly string[])[]
  /** A paragraph in front of it. */
  readonly text?: string
}

/** A table in Markdown. A cell may contain a `|`, which ends the cell unless it is escaped, even in code. */
export function markdown([head = [], ...rows]: PageTable['rows']): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const ruler = head.map((_, column) => (column === 0 ? '---' : '---:'))
  return [line(head), line(ruler), ...rows.map(line)].join('\n')
}

/**
 * A page with all tables at their places: `<!-- farm: limits -->` … `<!-- end -->`.
 *
 * @param of - whose tables: the first word of the comments
 */
export function withTables(page: string, of: string, tables: readonly PageTable[]): string {
  return tables.reduce((whole, { name, rows, text = '' }) => {
    const place = new RegExp(`(<!-- ${of}: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`)
    if (!place.test(whole)) throw new Error(`The page has no place for "${name}"`)
    const parts = [text, markdown(rows)].filter(part => part !== '')
    return whole.replace(
      place,
      (_, start: string, end: string) => `${start}\n${parts.map(part => `${part}\n\n`).join('')}${end}`,
    )
  }, page)
}
