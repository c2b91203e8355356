/** The range of a file of `size` bytes that a header requests; the whole file without a header. */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number; partial: boolean } {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? []
  if (first === undefined) return { start: 0, end: size, partial: false }
  const end = last === undefined || last === '' ? size : Math.min(size, Number(last) + 1)
  return { start: Number(first), end, partial: true }
}

/** One read; reads are kept in order. */
export interface Read {
  readonly start: number
  readonly end: number
  /** Whether it lies within the index. */
  readonly isIndex: boolean
}

const WIDTH = 720
/** The height of all rows together, and the maximum of one row. */
const ROWS = 360
const ROW = 14
const LEFT = 16
const TOP = 54

/**
 * A chart of the bytes fetched from an object: the object's bytes from left to right, the requests from top to bottom.
 */
export function drawReads(
  title: string,
  size: number,
  index: { start: number; end: number },
  reads: readonly Read[],
): string {
  const x = (byte: number) => LEFT + (byte / size) * WIDTH
  const bar = (from: number, to: number, y: number, height: number, fill: string) =>
    `<rect x="${x(from).toFixed(1)}" y="${y.toFixed(1)}" width="${Math.max(1.5, x(to) - x(from)).toFixed(1)}" height="${height.toFixed(1)}" fill="${fill}"/>`
  const fetched = reads.reduce((sum, { start, end }) => sum + end - start, 0)
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
  const row = Math.min(ROW, ROWS / reads.length)
  const rows = reads.map(({ start, end, isIndex }, n) =>
    bar(start, end, TOP + n * row, Math.max(1, row * 0.7), isIndex ? '#b3541e' : '#2b6cb0'),
  )
  const height = Math.round(TOP + reads.length * row + 22)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH + 2 * LEFT} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${LEFT}" y="18" font-weight="bold">${title}</text>`,
    `<text x="${LEFT}" y="34" fill="#555">${reads.length} requests, ${mib(fetched)} of ${mib(size)}</text>`,
    bar(0, size, TOP - 12, 6, '#ddd'),
    bar(index.start, index.end, TOP - 12, 6, '#b3541e'),
    ...rows,
    `<text x="${LEFT}" y="${height - 8}" fill="#555">byte 0</text>`,
    `<text x="${LEFT + WIDTH}" y="${height - 8}" fill="#555" text-anchor="end">the object's end; the index (moov) in brown</text>`,
    '</svg>\n',
  ].join('\n')
}
