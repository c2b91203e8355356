import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { noBrowser, openPage } from '../support/browser.js'

/** The documentation site, built by `npm run docs` and opened in a browser. */

const root = fileURLToPath(new URL('../../', import.meta.url))
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
}

async function serve(t: Test, folder: string): Promise<string> {
  const server: Server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://localhost').pathname)
    readFile(join(folder, path.endsWith('/') ? `${path}index.html` : path)).then(
      body =>
        response
          .writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' })
          .end(body),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`
}

/**
 * Runs in the page: loads every page reachable from the first one. `broken` has the dead links, `external` the URLs
 * outside the site.
 */
const CRAWL = `(async first => {
  const pages = new Map()
  const links = []
  const external = new Set()
  const waiting = [first]
  while (waiting.length > 0) {
    const url = waiting.pop()
    const response = await fetch(url)
    if (!response.ok) continue
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    pages.set(url, page)
    if (response.headers.get('content-type') !== 'text/html') continue
    for (const element of page.querySelectorAll('a[href], img[src]')) {
      const target = new URL(element.getAttribute('href') ?? element.getAttribute('src'), url)
      if (target.origin !== location.origin) {
        external.add(target.href)
        continue
      }
      links.push([url, target.href])
      target.hash = ''
      if (!pages.has(target.href) && !waiting.includes(target.href)) waiting.push(target.href)
    }
  }
  const broken = links.filter(([, to]) => {
    const { hash } = new URL(to)
    const page = pages.get(to.split('#')[0])
    return page === undefined || (hash !== '' && page.getElementById(decodeURIComponent(hash.slice(1))) === null)
  })
  return {
    pages: [...pages.keys()],
    broken: [...new Set(broken.map(([from, to]) => from + ' -> ' + to))],
    external: [...external],
  }
})`

interface Crawled {
  pages: string[]
  broken: string[]
  external: string[]
}

t.test('the site', { skip: noBrowser }, async t => {
  const folder = t.testdir()
  const typedoc = join(root, 'node_modules/typedoc/bin/typedoc')
  await promisify(execFile)(process.execPath, [typedoc, '--out', folder, '--logLevel', 'Warn'], { cwd: root })
  const address = await serve(t, folder)
  const page = await openPage(t, address)
  const manifest = new URL('../../docs/site/pages.mjs', import.meta.url).href
  const { PAGES } = (await import(manifest)) as { PAGES: Record<string, readonly string[]> }

  await t.test('has no dead link', async t => {
    const { pages, broken, external } = await page.evaluate<Crawled>(`${CRAWL}(${JSON.stringify(address)})`)
    t.same(broken, [])
    const count = Object.values(PAGES).flat().length
    t.ok(pages.length > 2 * count, 'reaches the guides, the examples and the reference')
    t.same(
      external.filter(url => !/^https:\/\/[\w-]+(\.[\w-]+)+(:\d+)?\//.test(url)),
      [],
      'links outside the site by https only',
    )
  })

  await t.test('shows every heading and every page in its navigation, in order', async t => {
    const menu = page.locator('#tsd-nav-container > li')
    await menu.nth(1).waitFor()
    const headings = await menu.locator('> details > summary').allInnerTexts()
    t.same(headings.map(text => text.trim()).slice(0, Object.keys(PAGES).length), Object.keys(PAGES))
    for (const [n, names] of Object.values(PAGES).entries()) {
      const titles = await menu.nth(n).locator('a').allTextContents()
      t.equal(titles.length, names.length, titles.join(', '))
    }
  })

  await t.test('leads from a guide to the API reference', async t => {
    await page.goto(new URL('guides/s3-compatible.html', address).href)
    const links = page.locator('.col-content a[href$="classes/index.S3MultipartWritable.html"]')
    t.equal(await links.count(), 1, 'the first mention of a name on a page is a link')
  })

  await t.test('draws every diagram, without a network', async t => {
    const foreign: string[] = []
    page.on('request', request => {
      if (new URL(request.url()).origin !== new URL(address).origin) foreign.push(request.url())
    })
    const files = Object.values(PAGES).flat()
    const counts = files.map(
      file => readFileSync(join(root, file), 'utf8').split('\n```mermaid\n').length - 1,
    )
    t.ok(counts.some(count => count > 0))
    // TypeDoc hides a page for half a second: a diagram must not be drawn before it is shown, however fast the page is.
    await page.addInitScript(
      'const later = setTimeout; setTimeout = (act, ms, ...rest) => later(act, ms === 500 ? 3000 : ms, ...rest)',
    )
    for (const [n, file] of files.entries()) {
      if (counts[n] === 0) continue
      await page.goto(new URL(`guides/${basename(file, '.md')}.html`, address).href)
      await page
        .locator('.diagram svg')
        .nth(counts[n]! - 1)
        .waitFor()
      t.equal(await page.locator('.diagram svg').count(), counts[n], file)
      t.equal(await page.locator('code.mermaid').count(), 0, `${file}: none is left as code`)
      t.equal(await page.locator('.diagram .error-icon').count(), 0, `${file}: all are understood`)
    }
    t.same(foreign, [])
  })

  await t.test('finds a page by a word of its text', async t => {
    await page.locator('#tsd-search-trigger').click()
    await page.locator('#tsd-search-input').pressSequentially('fargate')
    const hit = page.locator('#tsd-search-results a', { hasText: 'Lambda and ECS' }).first()
    await hit.waitFor()
    await hit.click()
    await page.locator('h1', { hasText: 'Lambda and ECS' }).waitFor()
    t.match(page.url(), /guides\/lambda-and-ecs\.html/)
  })

  await t.test('has an index for language models with links to its pages', async t => {
    const index = readFileSync(join(folder, 'llms.txt'), 'utf8')
    const targets = [...index.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target!)
    t.equal(targets.length, Object.values(PAGES).flat().length + 3)
    for (const target of targets) t.doesNotThrow(() => readFileSync(join(folder, target)), target)
    t.match(readFileSync(join(folder, 'llms-full.txt'), 'utf8'), /# Lifecycle\n/)
  })
})
