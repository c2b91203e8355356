import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { join, relative } from 'node:path'
import { BUILD, ROOT } from '../program.js'

/** A column past the end of every line. */
const LINE_END = 2 ** 31

/**
 * Replaces positions in compiled files by those in their sources, only in printed lines: with `--enable-source-maps`
 * every process would read the map of every module that it loads.
 */
export class SourcePlaces {
  readonly #build: string
  readonly #place: RegExp
  readonly #maps = new Map<string, SourceMap | undefined>()

  constructor(build = BUILD) {
    const folders = [build, relative(ROOT, build)].map(name => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    this.#build = build
    this.#place = new RegExp(
      `(?<![\\w/])(?:file://)?(?:${folders.join('|')})/([^\\s:()]+\\.js):(\\d+)(?::(\\d+))?`,
      'g',
    )
  }

  /** The text, with each position as `lib/x.ts:12:3`, from the root. */
  in(text: string): string {
    return text.replace(this.#place, (place, file: string, line: string, column: string | undefined) => {
      const found = this.#mapOf(file)?.findEntry(Number(line) - 1, Number(column ?? LINE_END) - 1)
      if (found === undefined || !('originalSource' in found)) return place
      const { originalSource, originalLine, originalColumn } = found
      const inLine = column === undefined ? '' : `:${originalColumn + 1}`
      return `${relative(ROOT, originalSource)}:${originalLine + 1}${inLine}`
    })
  }

  #mapOf(file: string): SourceMap | undefined {
    if (!this.#maps.has(file)) this.#maps.set(file, readMap(join(this.#build, `${file}.map`)))
    return this.#maps.get(file)
  }
}

function readMap(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')) as SourceMapPayload)
  } catch {
    return undefined
  }
}
