import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Application, Converter, DocumentReflection, KindRouter, RendererEvent } from 'typedoc'
import { PAGES } from './pages.mjs'

/**
 * A typedoc plugin that makes the site of the guides and the reference: the pages of `pages.mjs` become documents, each
 * under its heading, named by its first heading, at an address that follows its file's name; examples become pages of
 * code. Diagrams are drawn in the page. Beside the HTML it writes `llms.txt`, an index for language models, and `llms-full.txt`, the text of all pages.
 */

/** Draws the diagrams in the page, by `diagrams.js`: without dependencies, and without a network. */
const MERMAID = createRequire(import.meta.url).resolve('@mermaid-js/tiny')

const root = new URL('../../', import.meta.url)
const groups = Object.entries(PAGES)
const files = groups.flatMap(([, names]) => names)
const pathOf = file => fileURLToPath(new URL(file, root))
const read = file => readFileSync(pathOf(file), 'utf8')
const isProgram = file => file.endsWith('.ts')

/** The first heading of a page, and what is below it. */
function split(markdown) {
  const [, title, body] = /^# (.+)\n+([\s\S]*)$/.exec(markdown) ?? []
  if (title === undefined)
    throw new Error(
      `A page of the documentation has to begin with its title, not with "${markdown.slice(0, 60)}"`,
    )
  return { title, body }
}

/** The first sentence of a page, as plain text. */
function summary(markdown) {
  const paragraph =
    split(markdown)
      .body.split(/\n\n/)
      .find(text => /^(?!```)[A-Z`[]/.test(text)) ?? ''
  const plain = paragraph.replace(/\n/g, ' ').replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
  return /^.+?[.:](?= |$)/.exec(plain)?.[0].replace(/:$/, '.') ?? plain
}

/** A program as a page: its first comment is the text, and all of it the code. */
function programPage(file) {
  const code = read(file)
  const comment = /\/\*\*\n([\s\S]*?)\n? \*\//.exec(code)?.[1] ?? ''
  return `${comment.replace(/^ \* ?/gm, '')}\n\n\`\`\`ts\n${code}\`\`\`\n`
}

class FileRouter extends KindRouter {
  getIdealBaseName(reflection) {
    const file = reflection.isDocument() ? reflection.frontmatter['file'] : undefined
    return file === undefined ? super.getIdealBaseName(reflection) : addressOf(file)
  }
}

const FOLDERS = { docs: 'guides', examples: 'examples' }

/** `guides/seeking` for `docs/seeking.md`, `project/changelog` for a file of the project's root. */
function addressOf(file) {
  const folder = FOLDERS[file.split('/')[0]] ?? 'project'
  return `${folder}/${basename(file)
    .replace(/\.\w+$/, '')
    .toLowerCase()}`
}

/** Where a page belongs, for the navigation and the router. */
function placeOf(file) {
  return { file, group: groups.find(([, names]) => names.includes(file))[0] }
}

/** Names and places a page that typedoc has read. */
function place(document) {
  const source = document.project.files.getReflectionPath(document)
  const file = files.find(name => source === pathOf(name))
  Object.assign(document.frontmatter, placeOf(file))
  document.name = split(read(file)).title.replaceAll('`', '')
}

/** Adds the programs, which typedoc takes for no documents; links to their files lead to these pages from then on. */
function addPrograms(project) {
  for (const file of files.filter(isProgram)) {
    const content = [{ kind: 'text', text: programPage(file) }]
    const document = new DocumentReflection(basename(file), project, content, placeOf(file))
    project.addChild(document)
    project.registerReflection(document, undefined, pathOf(file))
  }
}

/** Every exported name, and its page of the reference. */
function exportsOf(project) {
  const modules = project.children ?? []
  return new Map(modules.flatMap(module => module.children ?? []).map(child => [`\`${child.name}\``, child]))
}

/** Leads from the guides to the reference: a name of the API in code becomes a link, the first time on each page. */
function linkNames(project) {
  const names = exportsOf(project)
  for (const document of project.documents ?? []) {
    const seen = new Set()
    document.content = document.content.map((part, n, parts) => {
      const target = part.kind === 'code' ? names.get(part.text) : undefined
      const isLinked = parts[n - 1]?.text.endsWith('[') === true
      if (target === undefined || isLinked || seen.has(target)) return part
      seen.add(target)
      return { kind: 'inline-tag', tag: '@linkcode', text: target.name, target }
    })
  }
}

function writeIndex(folder) {
  const readme = read('README.md')
  const index = ['# avio-streams', `> ${summary(readme)}`, '- [Overview](index.html)']
  const full = [readme]
  for (const [group, names] of groups) {
    const lines = names.map(file => {
      if (isProgram(file)) return `- [${basename(file)}](${addressOf(file)}.html)`
      full.push(read(file))
      return `- [${split(read(file)).title}](${addressOf(file)}.html): ${summary(read(file))}`
    })
    index.push(`## ${group}`, lines.join('\n'))
  }
  index.push(
    '## API',
    '- [All exports](modules.html)',
    '## Optional',
    '- [All pages as one text](llms-full.txt)',
  )
  writeFileSync(join(folder, 'llms.txt'), `${index.join('\n\n')}\n`)
  writeFileSync(join(folder, 'llms-full.txt'), full.join('\n\n'))
}

export function load(app) {
  app.renderer.defineRouter('file', FileRouter)
  app.on(Application.EVENT_BOOTSTRAP_END, () => {
    app.options.setValue('projectDocuments', files.filter(file => !isProgram(file)).map(pathOf))
    app.options.setValue('groupOrder', [...groups.map(([group]) => group), '*'])
  })
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => place(document))
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    linkNames(project)
    addPrograms(project)
  })
  app.renderer.on(RendererEvent.END, ({ outputDirectory }) => {
    writeIndex(outputDirectory)
    copyFileSync(MERMAID, join(outputDirectory, 'assets', basename(MERMAID)))
  })
}
