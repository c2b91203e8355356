/**
 * The pages of the package, which has a budget. Some pages, the images and the examples are not in it; in the repository
 * the links to them are relative, for GitHub, the site and every clone. And the columns of tables are aligned by spaces, a
 * third of all the pages' bytes. So before npm packs (`prepack`), those links become absolute ones to the repository and
 * tables lose their padding, and afterwards (`postpack --restore`) the pages are put back as they were.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'

/** Where the pages are kept while they are changed. */
const KEPT = path.join('.build', 'package-pages')

/** The files that npm packs, with `/`. */
function packedFiles() {
  const args = ['pack', '--dry-run', '--ignore-scripts', '--json']
  const cli = process.env.npm_execpath
  const [command, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []]
  const [{ files }] = JSON.parse(execFileSync(command, [...first, ...args], { encoding: 'utf8' }))
  return new Set(files.map(file => file.path))
}

const BLOCK = /(^ *```.*?^ *```)/ms

/** The page without the spaces that align the columns of its tables. Code is left alone. */
function withoutPadding(page) {
  const row = line =>
    /^[|\s:-]+$/.test(line)
      ? line.replace(/-{4,}/g, '---')
      : line.replace(/(?<!\\)\| {2,}/g, '| ').replace(/ {2,}\|/g, ' |')
  const narrow = part => part.replace(/^\|.*\|$/gm, row)
  return page
    .split(BLOCK)
    .map((part, n) => (n % 2 === 1 ? part : narrow(part)))
    .join('')
}

/** The page `file` with absolute links to whatever is not `packed`. Code is left alone. */
function withAbsoluteLinks(page, file, packed, repository) {
  const parts = page.split(/(^ *```.*?^ *```|`[^`\n]+`)/ms)
  return parts.map((part, n) => (n % 2 === 1 ? part : part.replace(/\]\(([^()\s]+)\)/g, absolute))).join('')

  function absolute(link, target) {
    if (/^(?:[a-z]+:|#)/.test(target)) return link
    const [name, anchor = ''] = target.split(/(?=#)/, 2)
    const found = path.posix.join(path.posix.dirname(file), name)
    const view = /\.(?:svg|png)$/.test(found) ? 'raw' : 'blob'
    return packed.has(found) ? link : `](${repository}/${view}/HEAD/${found}${anchor})`
  }
}

/** Changes the pages, and keeps them as they were. */
async function change() {
  const { repository } = JSON.parse(await readFile('package.json', 'utf8'))
  const url = repository.url.replace(/^git\+/, '').replace(/\.git$/, '')
  const packed = packedFiles()
  for (const file of packed) {
    if (!file.endsWith('.md') || file.startsWith('dist/')) continue
    const page = await readFile(file, 'utf8')
    const changed = withoutPadding(withAbsoluteLinks(page, file, packed, url))
    if (changed === page) continue
    const kept = path.join(KEPT, file)
    await mkdir(path.dirname(kept), { recursive: true })
    await cp(file, kept)
    await writeFile(`${kept}.packed`, changed)
    await writeFile(file, changed)
  }
}

/** Puts the pages back, unless somebody has edited one meanwhile. */
async function restore() {
  if (!existsSync(KEPT)) return
  const names = await readdir(KEPT, { recursive: true })
  for (const file of names.filter(name => name.endsWith('.md'))) {
    const kept = path.join(KEPT, file)
    const [now, changed] = await Promise.all([readFile(file, 'utf8'), readFile(`${kept}.packed`, 'utf8')])
    const original = await readFile(kept, 'utf8')
    if (now !== changed && now !== original)
      throw new Error(`${file} was edited while it was packed: the page from before is ${kept}.`)
    await writeFile(file, original)
  }
  await rm(KEPT, { recursive: true })
}

// What an interrupted `npm pack` has left comes first.
await restore()
if (!process.argv.includes('--restore')) await change()
