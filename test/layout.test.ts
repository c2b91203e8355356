import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { AVIO_ERROR_CODES, AvioError, type AvioErrorCode } from '../lib/errors.js'
import { houseTable } from './support/house.js'
import {
  type Tree,
  codeBreaches,
  commentBreaches,
  diskBreaches,
  emptyRooms,
  floorBreaches,
  importCycles,
  indexBreaches,
  longLines,
  machineWords,
  realmBreaches,
  retryableBreaches,
  undocumentedFields,
  unmirrored,
} from './support/layout.js'

const root = fileURLToPath(new URL('..', import.meta.url))

function read(files: readonly string[]): Tree {
  return new Map(files.map(file => [file, readFileSync(join(root, file), 'utf8')]))
}

/** The sources in the working tree, including uncommitted ones. */
const sources = read([
  ...['lib', 'test'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => `${folder}/${name.split(sep).join('/')}`),
  ),
  ...['docs/errors.md', 'docs/architecture.md'].filter(file => existsSync(join(root, file))),
])

/** A tree of made-up files, to show that a rule can fail. */
function tree(files: Record<string, string>): Tree {
  return new Map(Object.entries(files))
}

t.test('imports only from the same room, lower rooms of the floor, and lower floors', async t => {
  t.same(floorBreaches(sources), [])
  t.same(emptyRooms(sources), [])

  t.same(
    floorBreaches(
      tree({
        'lib/errors.ts': `import './errors/codes.js'; import { retry } from './io/async/retry.js'`,
        'lib/errors/codes.ts': `import '../errors.js'; import '../io/async/turns.js'`,
        'lib/io/async/retry.ts': `import type { Box } from '../../mp4/boxes/box.js'`,
        'lib/mp4/boxes/box.ts': `export { x } from '../../s3/upload/part.js'`,
        'lib/s3/upload/part.ts': `type F = import('../../ffmpeg/child/ffmpeg-child.js').F`,
        'lib/ffmpeg/child/ffmpeg-child.ts': `const s3 = await import('../../s3/upload/part.js')`,
        'lib/hls/manifests/mpd.ts': `import '../../tasks/clip/clip.js'`,
        'lib/tasks/clip/clip.ts': `import { all } from '../../index.js'`,
        'lib/index.ts': `export { LocalS3 } from './testing/local-s3.js'`,
        'lib/testing/local-s3.ts': `import { Box } from '../mp4/boxes/box.js'`,
        'lib/attic/x.ts': '',
        'lib/io/attic/x.ts': '',
      }),
    ),
    [
      'lib/errors.ts imports lib/io/async/retry.ts',
      'lib/errors/codes.ts imports lib/io/async/turns.ts',
      'lib/io/async/retry.ts imports lib/mp4/boxes/box.ts',
      'lib/mp4/boxes/box.ts imports lib/s3/upload/part.ts',
      'lib/s3/upload/part.ts imports lib/ffmpeg/child/ffmpeg-child.ts',
      'lib/ffmpeg/child/ffmpeg-child.ts imports lib/s3/upload/part.ts',
      'lib/hls/manifests/mpd.ts imports lib/tasks/clip/clip.ts',
      'lib/tasks/clip/clip.ts imports lib/index.ts',
      'lib/index.ts imports lib/testing/local-s3.ts',
      'lib/testing/local-s3.ts imports lib/mp4/boxes/box.ts',
      'lib/attic/x.ts is in no room of the plan',
      'lib/io/attic/x.ts is in no room of the plan',
    ],
    'each of these breaks the rule for floors',
  )
  t.same(
    floorBreaches(
      tree({
        'lib/io/async/retry.ts': `import '../cache/block-cache.js'; import '../checksums/crc.js'`,
        'lib/ffmpeg/args/muxers.ts': `import type { Settings } from '../check-options.js'`,
        'lib/ffmpeg/ffmpeg-transform.ts': `import './probe/probe.js'`,
        'lib/testing/wire/xml.ts': `import '../store/bucket.js'`,
      }),
    ),
    [
      'lib/io/async/retry.ts imports lib/io/cache/block-cache.ts',
      'lib/io/async/retry.ts imports lib/io/checksums/crc.ts',
      'lib/ffmpeg/args/muxers.ts imports lib/ffmpeg/check-options.ts',
      'lib/ffmpeg/ffmpeg-transform.ts imports lib/ffmpeg/probe/probe.ts',
      'lib/testing/wire/xml.ts imports lib/testing/store/bucket.ts',
    ],
    'and each of these breaks the rule for rooms',
  )
  t.same(
    floorBreaches(
      tree({
        'lib/io/pipeline/link.ts': `import { AvioError } from '../../errors.js'; import '../async/retry.js'; import './x.js'`,
        'lib/mp4/boxes/box.ts': `import '../../io/pipeline/link.js'`,
        'lib/ffmpeg/child/ffmpeg-child.ts': `import '../../mp4/boxes/box.js'; import '../../options.js'`,
        'lib/s3/upload/part.ts': `import '../../io/pipeline/link.js' // not import '../../ffmpeg/child/ffmpeg-child.js'`,
        'lib/index.ts': `export { child } from './ffmpeg/child/ffmpeg-child.js'; export { part } from './s3/upload/part.js'`,
        'lib/testing/local-s3.ts': `import '../options.js'; import '../io/byte-range.js'`,
      }),
    ),
    [],
    'and these break none',
  )
})

t.test('docs/architecture.md shows the present plan', t => {
  const page = sources.get('docs/architecture.md') ?? ''
  const shown = /<!-- the plan -->\n([\s\S]*?)<!-- end of the plan -->/.exec(page)?.[1]
  t.same(cells(shown ?? ''), cells(houseTable()), 'npm run layout updates it')
  t.end()
})

t.test('the changelog has its additions under headings, and old names in their table only', async t => {
  const [names = '', rest = ''] = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split('\n### Added\n')
  // A merge that takes the older of two versions brings back a flat list, and old names in it.
  t.match(rest.trimStart(), /^#### /)
  const old = names
    .split('\n')
    .filter(row => row.startsWith('| `') && !row.includes('| of `'))
    .map(row => row.split('|')[1]!.replaceAll(/\(`.*?`\)/g, ''))
    .flatMap(cell => [...cell.matchAll(/`\w+`/g)].map(([name]) => name))
  t.ok(old.length > 15)
  t.same(
    old.filter(name => rest.includes(name)),
    [],
  )
})

t.test('docs/architecture.md gives the reason for each dependency', t => {
  const [, reasons = ''] = (sources.get('docs/architecture.md') ?? '').split('\n## Dependencies\n')
  const { dependencies, peerDependencies, devDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'peerDependencies' | 'devDependencies', Record<string, string>>
  const names = Object.keys({ ...dependencies, ...peerDependencies, ...devDependencies })
  // Types belong to the package that they are of.
  const needed = names.filter(name => !name.startsWith('@types/'))
  t.same(
    needed.filter(name => !reasons.includes(`\`${name}\``)),
    [],
  )
  t.end()
})

/** The cells of a table, without a formatter's padding. */
function cells(table: string): string[][] {
  const lines = table.split('\n').filter(line => line.startsWith('| ') && !line.includes('---'))
  return lines.map(line => line.split('|').map(cell => cell.trim()))
}

t.test('a floor imports only its own packages', async t => {
  t.same(
    floorBreaches(
      tree({
        'lib/io/pipeline/link.ts': `import type { S3Client } from '@aws-sdk/client-s3'`,
        'lib/s3/upload/part.ts': `import mux from 'mux.js'; import '@aws-sdk/client-s3'; import 'node:zlib'`,
        'lib/mp4/boxes/box.ts': `import mux from 'mux.js/lib/tools/mp4-inspector.js'; import 'mux.json'`,
        'lib/ffmpeg/binary/locate.ts': `const P: string = 'ffmpeg-static'; await import(P); await import(name); import 'fs'`,
      }),
    ),
    [
      'lib/io/pipeline/link.ts imports @aws-sdk/client-s3',
      'lib/s3/upload/part.ts imports mux.js',
      'lib/mp4/boxes/box.ts imports mux.json',
      'lib/ffmpeg/binary/locate.ts imports fs',
      'lib/ffmpeg/binary/locate.ts imports name',
    ],
  )
})

t.test('imports have no cycles', async t => {
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

t.test('only one file starts processes', t => {
  const spawners = [...sources].filter(
    ([file, text]) => file.startsWith('lib/') && /^import (?!type ).*'(node:)?child_process'/m.test(text),
  )
  t.same(
    spawners.map(([file]) => file),
    ['lib/ffmpeg/child/spawn.ts'],
  )
  t.end()
})

t.test('each library file has a test of the same name, and each test a file', async t => {
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

t.test('an index only re-exports names', async t => {
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
        'lib/io/file/atomic-file.ts': `import { open } from 'node:fs/promises'`,
        'lib/io/file/file-writable.ts': `import { AtomicFile } from './atomic-file.js'`,
        'lib/mp4/stage.ts': `import { AtomicFile } from '../io/file/atomic-file.js'`,
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
      'lib/mp4/stage.ts imports lib/io/file/atomic-file.ts',
    ],
  )
})

t.test('lines of the library have at most 120 characters', async t => {
  t.same(longLines(sources), [])
  t.same(
    longLines(
      tree({
        'lib/a.ts': `${'é'.repeat(120)}\n// ${'x'.repeat(118)}\n`,
        'lib/io/b.ts': `'${'x'.repeat(200)}'`,
        'test/c.ts': 'x'.repeat(200),
      }),
    ),
    ['lib/a.ts:2 has 121 characters', 'lib/io/b.ts:1 has 202 characters'],
  )
})

t.test('every error code is raised and documented in docs/errors.md', async t => {
  t.same(codeBreaches(AVIO_ERROR_CODES, sources), [])

  t.same(
    codeBreaches(
      ['AVIO_ERR_A', 'AVIO_ERR_AB', 'AVIO_ERR_C'],
      tree({
        'docs/errors.md': '`AVIO_ERR_AB`, `AVIO_ERR_C`, `AVIO_ERR_OLD`',
        'lib/errors.ts': 'AVIO_ERR_A AVIO_ERR_AB AVIO_ERR_C',
        'lib/errors/codes.ts': 'AVIO_ERR_A AVIO_ERR_AB AVIO_ERR_C',
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

t.test('docs/errors.md states for each code whether a retry can succeed', async t => {
  const isRetryable = (code: string) => new AvioError(code as AvioErrorCode, '').retryable
  t.same(retryableBreaches(isRetryable, sources), [])
  const rows = [...sources.get('docs/errors.md')!.matchAll(/^\| *`(AVIO_ERR_\w+)` *\| *(?:yes|no)\b/gm)]
  t.same(rows.map(([, code]) => code).sort(), [...AVIO_ERROR_CODES].sort(), 'a row for each code')

  t.same(
    retryableBreaches(
      code => code === 'AVIO_ERR_A',
      tree({
        'docs/errors.md':
          '| `AVIO_ERR_A`  | no | x |\n| `AVIO_ERR_B` | no; yes if y | x |\n| `AVIO_ERR_C` | yes | x |',
      }),
    ),
    ['AVIO_ERR_A is retryable: yes, documented: no', 'AVIO_ERR_C is retryable: no, documented: yes'],
  )
})

t.test('comments name only existing files', async t => {
  t.same(commentBreaches(sources), [])

  t.same(
    commentBreaches(
      tree({
        'lib/io/a.ts':
          '/**\n * See old-name.ts and io/b.ts.\n */\n// As in `lib/io/gone.ts`, by c.ts.\nconst text = "d.ts"',
        'lib/io/b.ts': '',
        'test/c.ts': '',
      }),
    ),
    ['lib/io/a.ts names old-name.ts', 'lib/io/a.ts names lib/io/gone.ts'],
  )
})

t.test('every field of an exported interface has a docblock', async t => {
  t.same(undocumentedFields(sources), [])

  t.same(
    undocumentedFields(
      tree({
        'lib/index.ts': `export { a, type Told } from './io/a.js'\nexport type { Shown } from './io/a.js'`,
        'lib/io/a.ts': [
          'export interface Told {\n  /** In bytes. */\n  readonly size: number\n  bare?: string\n  other: number\n}',
          'export interface Shown extends Told {\n  call(): void\n}',
          'export interface Inner {\n  bare: string\n}',
        ].join('\n'),
      }),
    ),
    ['lib/io/a.ts: Told.bare', 'lib/io/a.ts: Told.other', 'lib/io/a.ts: Shown.call'],
  )
})

t.test('no instanceof for values of other realms', async t => {
  t.same(realmBreaches(sources), [])
  t.same(
    realmBreaches(tree({ 'lib/io/a.ts': 'if (error instanceof Error || error instanceof S3Error) return' })),
    ['lib/io/a.ts: instanceof Error'],
  )
})

t.test('no tracked file names a folder or host of one machine', async t => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
  const texts = tracked.filter(file => file !== '' && existsSync(join(root, file)))
  t.same(machineWords(read(texts)), [])

  const words = ['home/ann/x', 'Users/ann', 'root/.cache', 'work/main', 'tmp/x'].map(word => `/${word}`)
  const hosts = ['registry.npm' + 'js.org', 'deb.deb' + 'ian.org', 'eu-npm.pkg' + '.dev']
  t.equal(machineWords(tree({ a: [...words, ...hosts].join('\n') })).length, 8, 'finds each of these')
  const fine = 's3://bucket/tmp/x\n./work/y\nhttps://example.com/home/z\n../root/a\n'
  t.same(machineWords(tree({ b: fine })), [])
})
