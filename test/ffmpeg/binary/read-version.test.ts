import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import {
  BytesSource,
  type FfmpegLogEntry,
  FfmpegReadable,
  FfmpegTransform,
  probe,
} from '../../../lib/index.js'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { askAhead, versionOf } from '../../../lib/ffmpeg/binary/read-version.js'
import { fixture, isGone, resources, resourcesSince } from '../../support/child.js'
import { transportStream } from '../../support/media.js'

const PATH = { PATH: process.env['PATH'] ?? '' }
const never = () => new AbortController().signal

/** A program that records each start and then runs the shell command `answer`. */
async function program(t: Test, answer: string) {
  const folder = t.testdir()
  const path = join(folder, 'program')
  const write = async (text: string) => {
    await writeFile(`${path}.new`, `#!/bin/sh\necho $$ "$@" >>'${folder}/starts'\n${text}\n`)
    await chmod(`${path}.new`, 0o755)
    await rename(`${path}.new`, path)
  }
  await write(answer)
  const starts = async () =>
    (await readFile(join(folder, 'starts'), 'utf8').catch(() => '')).split('\n').slice(0, -1)
  return { path, write, starts }
}

const says = (libavformat: string) =>
  `echo 'ffmpeg version x Copyright'; echo 'libavformat    ${libavformat}'`
const OLD = says('58. 45.100 / 58. 45.100')
const COPY = { format: 'mpegts', args: ['-c', 'copy'] }

t.test('asks a binary once for all callers, until the file changes', async t => {
  const { path, write, starts } = await program(t, says('60.  3.100 / 60.  3.100'))
  const ask = () => versionOf(path, PATH, never())
  const answers = await Promise.all([ask(), ask(), ask()])
  t.same(answers, Array(3).fill({ name: 'x', libavformat: [60, 3] }))
  await ask()
  t.equal((await starts()).length, 1)
  await write(says('61.  3.100 / 61.  3.100'))
  t.same((await ask())?.libavformat, [61, 3])
  t.equal((await starts()).length, 2)
})

t.test('ends the program when the last caller gives up', async t => {
  const { path, starts } = await program(t, 'exec sleep 1000')
  const before = resources()
  const [first, last] = [new AbortController(), new AbortController()]
  const asked = [first, last].map(({ signal }) => versionOf(path, PATH, signal))
  while ((await starts()).length === 0) await setTimeout(5)
  const pid = Number((await starts())[0]!.split(' ')[0])
  first.abort(new Error('first'))
  await t.rejects(asked[0]!, { message: 'first' })
  t.notOk(isGone(pid), 'the other caller still waits')
  last.abort(new Error('last'))
  await t.rejects(asked[1]!, { message: 'last' })
  t.ok(isGone(pid))
  t.same(await resourcesSince(before), {})
  await t.rejects(versionOf(path, PATH, AbortSignal.abort(new Error('over'))), { message: 'over' })
})

t.test(
  'returns undefined for a program that fails, names no version, floods its output or never exits',
  async t => {
    for (const answer of ['exit 1', 'echo hello', 'exec yes', 'exec sleep 1000']) {
      const { path, starts } = await program(t, answer)
      t.equal(await versionOf(path, PATH, never()), undefined, answer)
      t.equal(await versionOf(path, PATH, never()), undefined, `${answer}, again`)
      const pids = (await starts()).map(line => Number(line.split(' ')[0]))
      t.equal(pids.length, 1)
      t.ok(isGone(pids[0]!))
    }
  },
)

t.test('ignores errors when asking in advance', async () => {
  await askAhead(() => Promise.reject(new Error('none')), PATH, never())
  await askAhead(async () => undefined, PATH, never())
  await askAhead(async () => ({ path: '/nowhere/ffmpeg' }), PATH, never())
})

t.test('finds the command that starts every program while it locates this one', async t => {
  const asked: string[] = []
  const ask = (name: string) => async () => {
    asked.push(name)
    return undefined
  }
  await askAhead(ask('program'), PATH, never(), ask('prefix'))
  t.same(asked, ['prefix', 'program'])
})

t.test('refuses an ffmpeg that is too old before any media reach it', async t => {
  const { path, starts } = await program(t, OLD)
  const bytes = await transportStream({ seconds: 1 })
  const old = { code: 'AVIO_ERR_FFMPEG_TOO_OLD', ffmpegPath: path }
  await t.rejects(
    pipeline(Readable.from([bytes]), new FfmpegTransform({ ffmpegPath: path, output: COPY }), buffer),
    old,
  )
  const input = { source: new BytesSource({ bytes }) }
  await t.rejects(buffer(new FfmpegReadable({ ffmpegPath: path, input, output: COPY })), old)
  await t.rejects(probe(new BytesSource({ bytes }), { ffprobePath: path }), old)
  await t.rejects(probe(Readable.from([bytes]), { ffprobePath: path }), old)
  t.same(
    (await starts()).map(line => line.split(' ').slice(1).join(' ')),
    ['-version'],
  )
})

t.test('logs a remark on a newer or unknown binary, and runs it', async t => {
  const { path: real } = await locateFfmpeg()
  const bytes = await transportStream({ seconds: 1 })
  const logOf = async (ffmpegPath: string) => {
    const log: FfmpegLogEntry[] = []
    const ffmpeg = new FfmpegTransform({ ffmpegPath, output: COPY })
    ffmpeg.on('log', entry => log.push(entry))
    t.ok((await pipeline(Readable.from([bytes]), ffmpeg, buffer)).length > 0)
    return log.filter(({ component }) => component === 'avio-streams')
  }
  const wrapper = (answer: string) => `[ "$1" = -version ] && { ${answer}; exit; }\nexec '${real}' "$@"`
  const newer = await program(t, wrapper(says('99.  1.100 / 99.  1.100')))
  const [remark, ...more] = await logOf(newer.path)
  t.match(remark, { level: 'warning', message: /newer than 9\.0/ })
  t.same(more, [])
  const silent = await program(t, wrapper('true'))
  t.match(await logOf(silent.path), [{ level: 'warning', message: /does not say which ffmpeg/ }])
  t.same(await logOf(real), [], 'a tested version causes no remark')
})

t.test('asks while the source sends its first bytes, and leaves nothing behind if it fails', async t => {
  const { path, starts } = await program(t, 'exec sleep 1000')
  const before = resources()
  const ffmpeg = new FfmpegTransform({ ffmpegPath: path, output: COPY })
  const silent = new Readable({ read: () => undefined })
  const done = pipeline(silent, ffmpeg, buffer)
  while ((await starts()).length === 0) await setTimeout(5)
  const pid = Number((await starts())[0]!.split(' ')[0])
  silent.destroy(new Error('gone'))
  await t.rejects(done, { message: 'gone' })
  await ffmpegClosed(ffmpeg)
  t.ok(isGone(pid))
  t.same(await resourcesSince(before), {})
})

async function ffmpegClosed(ffmpeg: FfmpegTransform): Promise<void> {
  if (!ffmpeg.closed) await new Promise(resolve => ffmpeg.once('close', resolve))
}

t.test('runs a program that does not support -version', async t => {
  const out = await pipeline(
    Readable.from(['some media']),
    new FfmpegTransform({ ffmpegPath: fixture('copies'), output: COPY }),
    buffer,
  )
  t.equal(String(out), 'some media')
})
