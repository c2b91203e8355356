import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { AVIO_ERROR_CODES } from '../lib/errors.js'
import {
  type Tree,
  codeBreaches,
  diskBreaches,
  floorBreaches,
  importCycles,
  indexBreaches,
  machineWords,
  unmirrored,
} from './support/layout.js'

const root = fileURLToPath(new URL('..', import.meta.url))

function read(files: readonly string[]): Tree {
  return new Map(files.map(file => [file, readFileSync(join(root, file), 'utf8')]))
}

/** The sources as they lie there, those not yet committed included. */
const sources = read([
  ...['lib', 'test'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => `${folder}/${name.split(sep).join('/')}`),
  ),
  ...['docs/errors.md'].filter(file => existsSync(join(root, file))),
])

/** A tree of made-up files, to show that a rule can fail. */
function tree(files: Record<string, string>): Tree {
  return new Map(Object.entries(files))
}

t.test('no file imports from a floor above its own, nor across', async t => {
  t.same(floorBreaches(sources), [])

  t.same(
    floorBreaches(
      tree({
        'lib/errors.ts': `import { retry } from './io/retry.js'`,
        'lib/io/retry.ts': `import type { Box } from '../mp4/boxes.js'`,
        'lib/mp4/boxes.ts': `export { x } from '../s3/part.js'`,
        'lib/s3/part.ts': `type F = import('../ffmpeg/child.js').F`,
        'lib/ffmpeg/child.ts': `const s3 = await import('../s3/part.js')`,
        'lib/hls/playlist.ts': `import '../jobs/clip.js'`,
        'lib/jobs/clip.ts': `import { all } from '../index.js'`,
        'lib/index.ts': `export { LocalS3 } from './testing/local-s3.js'`,
        'lib/testing/local-s3.ts': `import { Box } from '../mp4/boxes.js'`,
        'lib/attic/x.ts': '',
      }),
    ),
    [
      'lib/errors.ts imports lib/io/retry.ts',
      'lib/io/retry.ts imports lib/mp4/boxes.ts',
      'lib/mp4/boxes.ts imports lib/s3/part.ts',
      'lib/s3/part.ts imports lib/ffmpeg/child.ts',
      'lib/ffmpeg/child.ts imports lib/s3/part.ts',
      'lib/hls/playlist.ts imports lib/jobs/clip.ts',
      'lib/jobs/clip.ts imports lib/index.ts',
      'lib/index.ts imports lib/testing/local-s3.ts',
      'lib/testing/local-s3.ts imports lib/mp4/boxes.ts',
      'lib/attic/x.ts is on no floor of the plan',
    ],
    'each of these breaks the rule',
  )
  t.same(
    floorBreaches(
      tree({
        'lib/io/link.ts': `import { AvioError } from '../errors.js'; import { retry } from './retry.js'`,
        'lib/mp4/boxes.ts': `import '../io/link.js'`,
        'lib/ffmpeg/child.ts': `import '../mp4/boxes.js'; import '../options.js'`,
        'lib/s3/part.ts': `import '../io/link.js' // not import '../ffmpeg/child.js'`,
        'lib/index.ts': `export { child } from './ffmpeg/child.js'; export { part } from './s3/part.js'`,
        'lib/testing/local-s3.ts': `import '../options.js'; import '../io/byte-range.js'`,
      }),
    ),
    [],
    'and these do not',
  )
})

t.test('a floor uses only the packages that are its own', async t => {
  t.same(
    floorBreaches(
      tree({
        'lib/io/link.ts': `import type { S3Client } from '@aws-sdk/client-s3'`,
        'lib/s3/part.ts': `import mux from 'mux.js'; import '@aws-sdk/client-s3'; import 'node:zlib'`,
        'lib/mp4/boxes.ts': `import mux from 'mux.js/lib/tools/mp4-inspector.js'; import 'mux.json'`,
        'lib/ffmpeg/locate.ts': `const P: string = 'ffmpeg-static'; await import(P); await import(name); import 'fs'`,
      }),
    ),
    [
      'lib/io/link.ts imports @aws-sdk/client-s3',
      'lib/s3/part.ts imports mux.js',
      'lib/mp4/boxes.ts imports mux.json',
      'lib/ffmpeg/locate.ts imports fs',
      'lib/ffmpeg/locate.ts imports name',
    ],
  )
})

t.test('no files import one another in a circle', async t => {
  t.same(importCycles(sources), [])

  t.same(
    importCycles(
      tree({
        'lib/io/a.ts': `import './b.js'; import './d.js'`,
        'lib/io/b.ts': `import type { C } from './c.js'`,
        'lib/io/c.ts': `import './a.js'; import './d.js'`,
        'lib/io/d.ts': '',
        'lib/io/e.ts': `import './e.js'`,
      }),
    ),
    ['lib/io/a.ts → lib/io/b.ts → lib/io/c.ts → lib/io/a.ts', 'lib/io/e.ts → lib/io/e.ts'],
  )
})

t.test('one file starts processes', t => {
  const spawners = [...sources].filter(
    ([file, text]) => file.startsWith('lib/') && /^import (?!type ).*'(node:)?child_process'/m.test(text),
  )
  t.same(
    spawners.map(([file]) => file),
    ['lib/ffmpeg/spawn.ts'],
  )
  t.end()
})

t.test('each file of the library has a test of its name, and each test a file', async t => {
  t.same(unmirrored(sources), [])

  t.same(
    unmirrored(
      tree({
        'lib/io/tested.ts': 'export const a = 1',
        'test/io/tested.test.ts': '',
        'test/io/tested.faults.test.ts': '',
        'lib/io/untested.ts': 'export const a = 1',
        'lib/io/types.ts': `import type { A } from './a.js'\n/** A type. */\nexport interface B { a: A }`,
        'lib/io/index.ts': `export { a } from './untested.js'`,
        'lib/errors.ts': 'export class E {}',
        'test/io/gone.test.ts': '',
        'test/layout.test.ts': '',
        'test/integration/pipeline.test.ts': '',
      }),
    ),
    [
      'lib/io/untested.ts has no test/io/untested.test.ts',
      'lib/errors.ts has no test/errors.test.ts',
      'test/io/gone.test.ts tests no file of lib/io',
    ],
  )
})

t.test('an index re-exports names, and does nothing else', async t => {
  t.same(indexBreaches(sources), [])

  t.same(
    indexBreaches(
      tree({
        'lib/index.ts': [
          `export { a, type B } from './a.js'`,
          `export type { C } from './c.js'`,
          `export * from './d.js'`,
          `export * as e from './e.js'`,
          `import { f } from './f.js'`,
          `export { f }`,
          `export const g = 1`,
        ].join('\n'),
      }),
    ),
    [
      `lib/index.ts: export * from './d.js'`,
      `lib/index.ts: export * as e from './e.js'`,
      `lib/index.ts: import { f } from './f.js'`,
      `lib/index.ts: export { f }`,
      `lib/index.ts: export const g = 1`,
    ],
  )
})

t.test('no file of the library can write to a disk', async t => {
  t.same(diskBreaches(sources), [])

  t.same(
    diskBreaches(
      tree({
        'lib/io/a.ts': `import { createReadStream, writeFile as w } from 'node:fs'`,
        'lib/io/b.ts': `import fs from 'node:fs/promises'`,
        'lib/io/c.ts': `import * as os from 'node:os'; import { cpus, tmpdir } from 'os'`,
        'lib/io/d.ts': `const { writeFile } = await import('node:fs/promises')`,
        'lib/io/e.ts': `export { mkdtemp } from 'node:fs/promises'`,
        'lib/io/f.ts': `import { stat, type Stats } from 'node:fs'; import { constants } from 'node:os'`,
        'lib/io/partial-file.ts': `import { open } from 'node:fs/promises'`,
        'lib/io/file-writable.ts': `import { PartialFile } from './partial-file.js'`,
        'lib/mp4/stage.ts': `import { PartialFile } from '../io/partial-file.js'`,
        'lib/testing/folder.ts': `import { writeFile } from 'node:fs/promises'`,
      }),
    ),
    [
      'lib/io/a.ts imports writeFile of node:fs',
      'lib/io/b.ts imports * of node:fs/promises',
      'lib/io/c.ts imports * of node:os',
      'lib/io/c.ts imports tmpdir of os',
      'lib/io/d.ts imports a file module by other means',
      'lib/io/e.ts imports a file module by other means',
      'lib/mp4/stage.ts imports lib/io/partial-file.ts',
    ],
  )
})

t.test('every error code is raised somewhere and told of in docs/errors.md', async t => {
  t.same(codeBreaches(AVIO_ERROR_CODES, sources), [])

  t.same(
    codeBreaches(
      ['AVIO_ERR_A', 'AVIO_ERR_AB', 'AVIO_ERR_C'],
      tree({
        'docs/errors.md': '`AVIO_ERR_AB`, `AVIO_ERR_C`, `AVIO_ERR_OLD`',
        'lib/errors.ts': 'AVIO_ERR_A AVIO_ERR_AB AVIO_ERR_C',
        'lib/io/a.ts': 'throw new AvioError("AVIO_ERR_AB")',
      }),
    ),
    [
      'AVIO_ERR_A is not in docs/errors.md',
      'AVIO_ERR_OLD is documented, but no code',
      'AVIO_ERR_A is never raised',
      'AVIO_ERR_C is never raised',
    ],
  )
})

t.test('no tracked file names a folder of one machine or a host of one network', async t => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
  const texts = tracked.filter(file => file !== '' && existsSync(join(root, file)))
  t.same(machineWords(read(texts)), [])

  const words = ['home/ann/x', 'Users/ann', 'root/.cache', 'work/main', 'tmp/x'].map(word => `/${word}`)
  const hosts = ['registry.npm' + 'js.org', 'deb.deb' + 'ian.org', 'eu-npm.pkg' + '.dev']
  t.equal(
    machineWords(tree({ a: [...words, ...hosts].join('\n') })).length,
    8,
    'each of these would be found',
  )
  const fine = 's3://bucket/tmp/x\n./work/y\nhttps://example.com/home/z\n../root/a\n'
  t.same(machineWords(tree({ b: fine })), [])
})
