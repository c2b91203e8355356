import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import t, { type Test } from 'tap'
import { FileAllow, hasParentSegment } from '../../../lib/job/allow/file-allow.js'

/** Directories with media, one of them allowed, and links between them. */
function tree(t: Test) {
  const root = realpathSync(t.testdir())
  for (const directory of ['open/sub', 'open2', 'closed'])
    mkdirSync(join(root, directory), { recursive: true })
  for (const file of ['open/a.mov', 'open/sub/b.mov', 'open2/c.mov', 'closed/d.mov']) {
    writeFileSync(join(root, file), 'x')
  }
  symlinkSync(join(root, 'open'), join(root, 'link-to-open'))
  symlinkSync(join(root, 'closed'), join(root, 'open/way-out'))
  symlinkSync('../closed/d.mov', join(root, 'open/file-out'))
  symlinkSync('sub/b.mov', join(root, 'open/file-in'))
  symlinkSync('../open/a.mov', join(root, 'closed/file-back'))
  symlinkSync(join(root, 'closed/new.mov'), join(root, 'open/dangling-out'))
  symlinkSync('new.mov', join(root, 'open/dangling-in'))
  symlinkSync('loop', join(root, 'open/loop'))
  symlinkSync('new.mov', join(root, 'closed/dangling'))
  return root
}

function allow(...files: string[]): FileAllow {
  return FileAllow.option({ files }, 'allow.files')
}

t.test('resolves symbolic links before comparing a path', async t => {
  const root = tree(t)
  for (const opened of ['open', 'link-to-open', 'open/', 'open/sub/..']) {
    const one = allow(join(root, 'nowhere'), join(root, 'closed/dangling'), `${root}/${opened}`)
    for (const [path, real] of [
      ['open/a.mov', 'open/a.mov'],
      ['open/sub/b.mov', 'open/sub/b.mov'],
      ['open/./sub//b.mov', 'open/sub/b.mov'],
      ['open/file-in', 'open/sub/b.mov'],
      ['link-to-open/a.mov', 'open/a.mov'],
      ['closed/file-back', 'open/a.mov'],
      ['open/new.mov', 'open/new.mov'],
      ['open/new/deeper/new.mov', 'open/new/deeper/new.mov'],
      ['open/...', 'open/...'],
      ['open/a.mov.', 'open/a.mov.'],
      ['open/%2e%2e', 'open/%2e%2e'],
      ['open', 'open'],
      ['', undefined],
      ['open2/c.mov', undefined],
      ['open2/new.mov', undefined],
      ['closed/d.mov', undefined],
      ['closed/new.mov', undefined],
      ['closed/dangling', undefined],
      ['nowhere', 'nowhere'],
      ['nowhere/new.mov', undefined],
      ['open/../closed/d.mov', undefined],
      ['open/../open/a.mov', undefined],
      ['open/sub/../a.mov', undefined],
      ['open/way-out', undefined],
      ['open/way-out/d.mov', undefined],
      ['open/way-out/new.mov', undefined],
      ['open/way-out/../open/a.mov', undefined],
      ['open/file-out', undefined],
      ['open/dangling-out', undefined],
      ['open/dangling-in', undefined],
      ['open/loop', undefined],
      ['open/loop/x', undefined],
      ['open/a.mov/x', undefined],
      ['open/a.mov\0', undefined],
    ] as const) {
      const expected = real === undefined ? undefined : join(root, real)
      t.equal(await one.realPath(`${root}/${path}`), expected, `${path} with ${opened}`)
    }
  }
})

t.test('resolves relative paths against the working directory', async t => {
  const root = tree(t)
  const here = allow(process.cwd())
  t.equal(await here.realPath('package.json'), join(realpathSync(process.cwd()), 'package.json'))
  t.equal(await here.realPath('../package.json'), undefined)
  t.equal(await here.realPath('//elsewhere/share/a.mov'), undefined)
  t.equal(await here.realPath('\\\\elsewhere\\..\\a.mov'), undefined)
  const there = relative(process.cwd(), join(root, 'closed/d.mov'))
  t.equal(await allow(join(root, 'open')).realPath(there), undefined)
})

t.test('opens a single file, by whichever link leads to it', async t => {
  const root = tree(t)
  const one = allow(join(root, 'open/file-out'), join(root, 'open/a.mov'))
  t.equal(await one.realPath(join(root, 'open/file-out')), join(root, 'closed/d.mov'))
  t.equal(await one.realPath(join(root, 'closed/d.mov')), join(root, 'closed/d.mov'))
  t.equal(await one.realPath(join(root, 'closed/file-back')), join(root, 'open/a.mov'))
  t.equal(await one.realPath(join(root, 'open/a.mov2')), undefined)
  t.equal(await one.realPath(join(root, 'open/sub/b.mov')), undefined)
})

t.test('allows every path below the root, and none without a list', async t => {
  const root = tree(t)
  t.equal(await allow('/').realPath(join(root, 'open/file-out')), join(root, 'closed/d.mov'))
  const none = FileAllow.option({}, 'allow.files')
  t.equal(none.isEmpty, true)
  t.equal(await none.realPath(join(root, 'open/a.mov')), undefined)
})

t.test('finds a segment ".." between slashes of either kind', async t => {
  for (const [path, expected] of [
    ['..', true],
    ['a/..', true],
    ['../a', true],
    ['a\\..\\b', true],
    ['a/../b', true],
    ['a..b', false],
    ['a/...', false],
    ['a/.. /b', false],
    ['', false],
  ] as const) {
    t.equal(hasParentSegment(path), expected, path)
  }
})

t.test('refuses entries that are not absolute paths', async t => {
  for (const entry of ['', '.', 'media', './media', '../media', 'file:///srv', 's3://b/', '/srv/\0']) {
    const expected = {
      code: 'AVIO_ERR_OPTION',
      option: 'allow.files[1]',
      message: /must be the absolute path of a directory/,
    }
    t.throws(() => allow('/srv', entry), expected, JSON.stringify(entry))
  }
  t.throws(() => FileAllow.option({ files: '/srv' }, 'allow.files'), { code: 'AVIO_ERR_OPTION' })
})
