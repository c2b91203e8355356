import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, posix, sep } from 'node:path'

/** The links in the pages of an unpacked package to files that are not in it: `docs/a.md: images/b.svg`. */
export async function deadLinks(library: string): Promise<string[]> {
  const names = await readdir(library, { recursive: true })
  const files = new Set(names.map(name => name.split(sep).join('/')))
  const pages = [...files].filter(name => name.endsWith('.md'))
  const dead = pages.map(async page => {
    const text = (await readFile(join(library, page), 'utf8')).replace(/^ *```.*?^ *```|`[^`\n]+`/gms, '')
    return Array.from(
      text.matchAll(/\]\(([^)\s]+)\)|\b(?:href|src)="([^"]+)"/g),
      ([, link, html]) => link ?? html!,
    )
      .filter(target => !/^(?:[a-z]+:|#)/.test(target))
      .filter(target => !files.has(posix.join(dirname(page), target.replace(/#.*/, ''))))
      .map(target => `${page}: ${target}`)
  })
  return (await Promise.all(dead)).flat()
}
