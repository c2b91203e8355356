import { chmod, mkdir } from 'node:fs/promises'
import { delimiter, join, relative } from 'node:path'
import t, { type Test } from 'tap'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'

const notInstalled = () => Promise.reject(new Error('Cannot find package'))
const packaged = (path: unknown) => () => Promise.resolve({ default: path })
const notFound = (message: RegExp | string) => ({ code: 'AVIO_ERR_FFMPEG_NOT_FOUND', message })

/** Makes folders: `a` and `b` have an executable `ffmpeg`, `plain` has one that is not, `folder` a directory. */
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

t.test('tries the option first, then FFMPEG_PATH, PATH and the package, and reports the origin', async t => {
  const at = await places(t)
  const load = packaged(at('b/ffmpeg-7'))
  const env = { FFMPEG_PATH: at('b/ffmpeg'), PATH: at('a') }
  t.same(await locateFfmpeg(at('a/ffmpeg'), env, load), { path: at('a/ffmpeg'), from: 'option' })
  t.same(await locateFfmpeg(undefined, env, load), { path: at('b/ffmpeg'), from: 'FFMPEG_PATH' })
  t.same(await locateFfmpeg(undefined, { PATH: at('a') }, load), { path: at('a/ffmpeg'), from: 'PATH' })
  const found = { path: at('b/ffmpeg-7'), from: 'ffmpeg-static' }
  t.same(await locateFfmpeg(undefined, { PATH: at('nowhere') }, load), found)
  t.same(
    await locateFfmpeg(undefined, { PATH: at('plain', 'folder') }, load),
    found,
    'PATH has no executable one',
  )
})

t.test('loads the package only if PATH has no ffmpeg', async t => {
  const at = await places(t)
  const load = () => t.fail('loaded') as never
  await locateFfmpeg(undefined, { PATH: at('b') }, load)
})

t.test('takes the first executable ffmpeg on PATH, and ignores empty entries', async t => {
  const at = await places(t)
  const PATH = ['', at('nowhere', 'plain', 'folder', 'a', 'b')].join(delimiter)
  t.equal((await locateFfmpeg(undefined, { PATH }, notInstalled)).path, at('a/ffmpeg'))
  t.equal(
    (await locateFfmpeg(undefined, { PATH, FFMPEG_PATH: '' }, notInstalled)).path,
    at('a/ffmpeg'),
    'an empty variable counts as not set',
  )
})

t.test('looks a bare name up on PATH, and makes a relative path absolute', async t => {
  const at = await places(t)
  const env = { PATH: at('a', 'b') }
  t.equal((await locateFfmpeg('ffmpeg-7', env, notInstalled)).path, at('b/ffmpeg-7'))
  t.equal(
    (await locateFfmpeg(undefined, { ...env, FFMPEG_PATH: 'ffmpeg-7' }, notInstalled)).path,
    at('b/ffmpeg-7'),
  )
  t.equal(
    (await locateFfmpeg(relative(process.cwd(), at('a/ffmpeg')), env, notInstalled)).path,
    at('a/ffmpeg'),
  )
})

t.test('names a choice that does not work, and runs no other ffmpeg instead', async t => {
  const at = await places(t)
  const env = { PATH: at('a') }
  const choices: [string, RegExp][] = [
    [at('nowhere/ffmpeg'), /no such file/],
    [at('a/ffmpeg/x'), /no such file/],
    [at('folder'), /not a file/],
    ['ffmpeg-9', /in no folder of PATH/],
  ]
  // Even root can't execute a file without any execute bit.
  choices.push([at('plain/ffmpeg'), /may not execute/])
  for (const [choice, why] of choices) {
    await t.rejects(locateFfmpeg(choice, env, notInstalled), { ...notFound(why), ffmpegPath: choice })
    await t.rejects(locateFfmpeg(choice, env, notInstalled), notFound(/The option "ffmpegPath"/))
    await t.rejects(
      locateFfmpeg(undefined, { ...env, FFMPEG_PATH: choice }, notInstalled),
      notFound(/FFMPEG_PATH names/),
    )
  }
})

t.test('lists all four places and their problems if there is no ffmpeg', async t => {
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
  for (const [load, message] of cases) {
    await t.rejects(locateFfmpeg(undefined, env, load), notFound(message))
    await t.rejects(locateFfmpeg(undefined, env, load), notFound(/option "ffmpegPath" \(not given\)/))
    await t.rejects(locateFfmpeg(undefined, env, load), notFound(/FFMPEG_PATH \(not set\)/))
    await t.rejects(
      locateFfmpeg(undefined, env, load),
      notFound(/on PATH \(".*folder.ffmpeg": it is not a file\)/),
    )
  }
  await t.rejects(locateFfmpeg(undefined, {}, notInstalled), notFound(/in no folder of PATH/))
})

t.test('looks for the real package if PATH has no ffmpeg', async t => {
  const at = await places(t)
  const found = await locateFfmpeg(undefined, { PATH: at('plain') }).catch((error: unknown) => error)
  t.match(found, found instanceof Error ? notFound(/ffmpeg-static \(/) : { from: 'ffmpeg-static' })
})
