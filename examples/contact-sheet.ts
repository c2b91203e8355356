/**
 * Twenty frames of a film on one sheet, and the WebVTT map that players use for their seek bar.
 *
 *   npx tsx examples/contact-sheet.ts match.mov sheet.png
 *   npx tsx examples/contact-sheet.ts s3://masters/match.mov sheet.png
 */
import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { storyboard, storyboardVtt } from 'avio-streams'
import { openSource } from './support/open-source.js'

export async function main([from, to]: readonly string[]): Promise<string> {
  if (from === undefined || to === undefined) throw new Error('Usage: contact-sheet.ts source sheet.png')
  const grid = { columns: 5, rows: 4 }
  for await (const sheet of storyboard({
    source: openSource(from),
    count: 20,
    ...grid,
    width: 192,
    format: 'png',
  })) {
    await writeFile(to, sheet.image)
    const map = `${to}.vtt`
    await writeFile(
      map,
      storyboardVtt([sheet], () => basename(to)),
    )
    console.log(`${to}: ${sheet.tiles.length} tiles; ${map} has their positions`)
  }
  return to
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
