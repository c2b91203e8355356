import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { deadLinks } from './dead-links.js'

const SCRIPT = fileURLToPath(new URL('../../scripts/package-pages.mjs', import.meta.url))

const PAGES = {
  'README.md': [
    '[packed](docs/a.md#b), [left out](docs/c.md#d-e), ![image](docs/x.svg), [of `code`](docs/c.md)',
    '[web](https://example.com/docs/c.md), [here](#top), `[code](docs/c.md)`',
    '[![both](docs/x.svg)](docs/c.md)',
    '```md',
    '[code](docs/c.md)',
    '| a    | b |',
    '```',
    '| a          |    b | `x \\|  y` |',
    '| ---------- | ---: | :-------: |',
    '| [c](docs/) |   -1 |           |',
  ].join('\n'),
  'docs/a.md': '[up](../README.md) [beside](c.md) [example](../examples/e.ts)\n',
}

const ABSOLUTE = {
  'README.md': [
    '[packed](docs/a.md#b), [left out](https://example.com/o/r/blob/HEAD/docs/c.md#d-e), ' +
      '![image](https://example.com/o/r/raw/HEAD/docs/x.svg), [of `code`](https://example.com/o/r/blob/HEAD/docs/c.md)',
    '[web](https://example.com/docs/c.md), [here](#top), `[code](docs/c.md)`',
    '[![both](https://example.com/o/r/raw/HEAD/docs/x.svg)](https://example.com/o/r/blob/HEAD/docs/c.md)',
    '```md',
    '[code](docs/c.md)',
    '| a    | b |',
    '```',
    '| a | b | `x \\|  y` |',
    '| --- | ---: | :---: |',
    '| [c](https://example.com/o/r/blob/HEAD/docs/) | -1 | |',
  ].join('\n'),
  'docs/a.md':
    '[up](../README.md) [beside](https://example.com/o/r/blob/HEAD/docs/c.md) ' +
    '[example](https://example.com/o/r/blob/HEAD/examples/e.ts)\n',
}

const MANIFEST = {
  name: 'linked',
  version: '1.0.0',
  repository: { type: 'git', url: 'git+https://example.com/o/r.git' },
  files: ['docs/*.md', '!docs/c.md'],
}

/** A folder with a small package. */
async function packageOf(t: Test, pages: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'avio-streams-links-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const others = {
    'package.json': JSON.stringify(MANIFEST),
    'docs/c.md': '',
    'docs/x.svg': '',
    'examples/e.ts': '',
  }
  for (const [name, text] of Object.entries({ ...others, ...pages })) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

const runScript = (cwd: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, [SCRIPT, ...args], { cwd })

async function pagesOf(folder: string): Promise<Record<string, string>> {
  const names = Object.keys(PAGES)
  const texts = await Promise.all(names.map(name => readFile(join(folder, name), 'utf8')))
  return Object.fromEntries(names.map((name, n) => [name, texts[n]!]))
}

t.test('makes links to what is not packed absolute and tables narrow, and puts the pages back', async t => {
  const folder = await packageOf(t, PAGES)
  await runScript(folder)
  t.same(await pagesOf(folder), ABSOLUTE)
  await runScript(folder)
  t.same(await pagesOf(folder), ABSOLUTE, 'again after an interrupted pack')
  await runScript(folder, '--restore')
  t.same(await pagesOf(folder), PAGES)
  await runScript(folder, '--restore')
  t.same(await pagesOf(folder), PAGES)
})

t.test('overwrites no page that was edited meanwhile', async t => {
  const folder = await packageOf(t, PAGES)
  await runScript(folder)
  await writeFile(join(folder, 'docs', 'a.md'), 'new words')
  const { stderr } = await runScript(folder, '--restore').catch(
    (error: unknown) => error as { stderr: string },
  )
  t.match(stderr, /docs\/a\.md was edited/)
  t.equal(await readFile(join(folder, 'docs', 'a.md'), 'utf8'), 'new words')
})

t.test('finds the dead links of a package', async t => {
  const folder = await packageOf(t, {
    ...PAGES,
    'README.md':
      '[a](docs/a.md) [b](docs/b.md#c) ![d](d.svg) <img src="e.svg"> `[f](f.md)` [g](https://g) [h](#h)',
    'docs/a.md': '[up](../README.md) [out](../../x.md)',
  })
  t.same((await deadLinks(folder)).sort(), [
    'README.md: d.svg',
    'README.md: docs/b.md#c',
    'README.md: e.svg',
    'docs/a.md: ../../x.md',
  ])
})
