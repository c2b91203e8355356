import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { transform } from 'esbuild'
import t from 'tap'
import { ROOT } from '../program.js'
import { SourcePlaces } from './source-places.js'

t.test('maps positions in compiled files to their sources', async t => {
  const source =
    'interface A {\n  a: number\n}\nexport const a: A = { a: 1 }\nexport const fail = () => {\n  throw new Error()\n}\n'
  const { code, map } = await transform(source, {
    loader: 'ts',
    sourcemap: 'external',
    sourcesContent: false,
    sourcefile: join(ROOT, 'lib/x.ts'),
  })
  const build = t.testdir()
  await writeFile(join(build, 'x.js.map'), map)
  const line = code.split('\n').findIndex(text => text.includes('throw')) + 1
  t.not(line, 6)
  const places = new SourcePlaces(build)
  t.equal(places.in(`at fail (${build}/x.js:${line}:9)`), 'at fail (lib/x.ts:6:9)')
  t.equal(places.in(`at file://${build}/x.js:${line}:9`), 'at lib/x.ts:6:9')
  t.equal(places.in(`at ${relative(ROOT, build)}/x.js:${line}, and again`), 'at lib/x.ts:6, and again')
  for (const other of [
    `${build}/y.js:1:1`,
    `${build}/x.js`,
    'node:internal/x.js:1:1',
    `/else${build}/x.js:1:1`,
  ]) {
    t.equal(places.in(other), other)
  }
})
