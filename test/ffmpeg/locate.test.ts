import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join, relative } from 'node:path'
import t, { type Test } from 'tap'
import { locateFfmpeg } from '../../lib/ffmpeg/locate.js'

const notInstalled = () => Promise.reject(new Error('Cannot find package'))
const packaged = (path: unknown) => () => Promise.resolve({ default: path })
const notFound = (message: RegExp | string) => ({ code: 'AVIO_ERR_FFMPEG_NOT_FOUND', message })

/** Folders `a` and `b`, each with an `ffmpeg` that can be run; `plain` has one that can't, `folder` a directory. */
async function places(t: Test) {
  const root = t.testdir({
    a: { ffmpeg: '' },
    b: { ffmpeg: '', 'ffmpeg-7': '' },
    plain: { ffmpeg: '' },
    folder: {},
  })
  await mkdir(join(root, 'folder', 'ffmpeg'))
  for (const file of ['a/ffmpeg', 'b/ffmpeg', 'b/ffmpeg-7']) await chmod(join(root, file), 0o755)
  await chmod(join(root, 'plain/ffmpeg'), 0o644)
  return (...names: string[]) => names.map(name => join(root, name)).join(delimiter)
}

t.test('the option wins over FFMPEG_PATH, that over the package, and that over PATH', async t => {
  const at = await places(t)
  const env = { FFMPEG_PATH: at('b/ffmpeg'), PATH: at('b') }
  t.equal(await locateFfmpeg(at('a/ffmpeg'), env, packaged(at('b/ffmpeg'))), at('a/ffmpeg'))
  t.equal(await locateFfmpeg(undefined, env, packaged(at('a/ffmpeg'))), at('b/ffmpeg'))
  t.equal(await locateFfmpeg(undefined, { PATH: at('b') }, packaged(at('a/ffmpeg'))), at('a/ffmpeg'))
  t.equal(await locateFfmpeg(undefined, { PATH: at('b') }, notInstalled), at('b/ffmpeg'))
})

t.test(
  'the first ffmpeg on PATH that can be run is taken, and an empty entry is not the current folder',
  async t => {
    const at = await places(t)
    const PATH = ['', at('nowhere', 'plain', 'folder', 'a', 'b')].join(delimiter)
    t.equal(await locateFfmpeg(undefined, { PATH }, notInstalled), at('a/ffmpeg'))
    t.equal(
      await locateFfmpeg(undefined, { PATH, FFMPEG_PATH: '' }, notInstalled),
      at('a/ffmpeg'),
      'empty: not set',
    )
  },
)

t.test('a bare name is looked up on PATH, a relative path becomes absolute', async t => {
  const at = await places(t)
  const env = { PATH: at('a', 'b') }
  t.equal(await locateFfmpeg('ffmpeg-7', env, notInstalled), at('b/ffmpeg-7'))
  t.equal(await locateFfmpeg(undefined, { ...env, FFMPEG_PATH: 'ffmpeg-7' }, notInstalled), at('b/ffmpeg-7'))
  t.equal(await locateFfmpeg(relative(process.cwd(), at('a/ffmpeg')), env, notInstalled), at('a/ffmpeg'))
})

t.test(
  'a choice that is wrong is an error that names it, and no other ffmpeg is run in its place',
  async t => {
    const at = await places(t)
    const env = { PATH: at('a') }
    const choices: [string, RegExp][] = [
      [at('nowhere/ffmpeg'), /no such file/],
      [at('a/ffmpeg/x'), /no such file/],
      [at('folder'), /not a file/],
      ['ffmpeg-9', /none of the 1 folders of PATH/],
    ]
    // Root may execute nothing either that has no execute bit at all.
    choices.push([at('plain/ffmpeg'), /may not execute/])
    for (const [choice, why] of choices) {
      await t.rejects(locateFfmpeg(choice, env, notInstalled), { ...notFound(why), ffmpegPath: choice })
      await t.rejects(locateFfmpeg(choice, env, notInstalled), notFound(/The option "ffmpegPath"/))
      await t.rejects(
        locateFfmpeg(undefined, { ...env, FFMPEG_PATH: choice }, notInstalled),
        notFound(/FFMPEG_PATH names/),
      )
    }
  },
)

t.test('where there is none, the error tells all four places and what was found at each', async t => {
  const at = await places(t)
  const env = { PATH: at('plain', 'folder') }
  const cases: [() => Promise<object>, RegExp][] = [
    [notInstalled, /ffmpeg-static \(not installed\)/],
    [packaged(null), /ffmpeg-static \(has no binary for this platform\)/],
    [
      packaged(at('nowhere/ffmpeg')),
      /ffmpeg-static \(installed, but its binary ".*": there is no such file\)/,
    ],
  ]
  for (const [load, said] of cases) {
    await t.rejects(locateFfmpeg(undefined, env, load), notFound(said))
    await t.rejects(locateFfmpeg(undefined, env, load), notFound(/option "ffmpegPath" \(not given\)/))
    await t.rejects(locateFfmpeg(undefined, env, load), notFound(/FFMPEG_PATH \(not set\)/))
    await t.rejects(
      locateFfmpeg(undefined, env, load),
      notFound(/on PATH \(".*folder.ffmpeg": it is not a file\)/),
    )
  }
  await t.rejects(locateFfmpeg(undefined, {}, notInstalled), notFound(/none of the 0 folders/))
})

t.test('the real package is looked for where nothing else is said', async t => {
  const at = await places(t)
  await writeFile(at('a/ffmpeg'), '#!/bin/sh\n')
  const path = await locateFfmpeg(undefined, { PATH: at('a') })
  t.ok(path === at('a/ffmpeg') || path.includes('ffmpeg-static'), path)
})
