import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { join, relative } from 'node:path'
import { BUILD, ROOT } from '../program.js'

const FOLDERS = [BUILD, relative(ROOT, BUILD)].map(folder => folder.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
const PLACE = new RegExp(
  `(?:file://)?(?<![\\w/])(?:${FOLDERS.join('|')})/([^\\s:()]+\\.js):(\\d+)(?::(\\d+))?`,
  'g',
)

const maps = new Map<string, SourceMap | undefined>()

/**
 * A text with the places in sources for those in compiled files. It is done for what is printed, not by
 * `--enable-source-maps`, which has every process read the map of every module.
 */
export function withSourcePlaces(text: string): string {
  return text.replace(PLACE, (place, file: string, line: string, column: string | undefined) => {
    const found = mapOf(file)?.findEntry(Number(line) - 1, Number(column ?? 1) - 1)
    if (found === undefined || !('originalSource' in found)) return place
    const { originalSource, originalLine, originalColumn } = found
    const inLine = column === undefined ? '' : `:${originalColumn + 1}`
    return `${relative(ROOT, originalSource)}:${originalLine + 1}${inLine}`
  })
}

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(join(BUILD, `${file}.map`)))
  return maps.get(file)
}

function readMap(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')) as SourceMapPayload)
  } catch {
    return undefined
  }
}
