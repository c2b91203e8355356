import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type Block, blocksOf, problemsOf } from '../support/docs-code.js'

/** Every TypeScript block in README and docs compiles against the present library. */

const root = fileURLToPath(new URL('../../', import.meta.url))

const pages = [
  'README.md',
  ...readdirSync(`${root}docs`)
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
]

t.test('compiles every TypeScript block of README and docs', async t => {
  const blocks = pages.flatMap(page => blocksOf(page, readFileSync(`${root}${page}`, 'utf8')))
  t.ok(blocks.length > 60, `${blocks.length} blocks`)
  t.same(problemsOf(root, blocks), [])
})

t.test('reports a faulty block with its page and line', async t => {
  const page = [
    '# Page',
    '```ts',
    `new S3Source({ url: 's3://masters/talk.mov' })`,
    '```',
    '```ts',
    `import { FfmpegTransfrom } from 'avio-streams'`,
    `await pipeline(new S3Source({ uri: 's3://masters/talk.mov' }), sink)`,
    'undeclared()',
    '```',
    '```sh',
    'npm install',
    '```',
    '- a list',
    '',
    '  ```ts',
    '  const { bytes } = await sink.result',
    `  bytes.toUpperCase()`,
    '  ```',
  ].join('\n')
  const blocks: Block[] = blocksOf('docs/page.md', page)
  t.equal(blocks.length, 3)
  t.match(
    problemsOf(root, blocks).map(problem => problem.split(' ')[0]),
    ['docs/page.md:3', 'docs/page.md:6', 'docs/page.md:7', 'docs/page.md:8', 'docs/page.md:17'],
  )
})
