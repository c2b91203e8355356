import { spawn } from 'node:child_process'
import { getEventListeners, once } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { dieWithParent } from '../../../lib/ffmpeg/child/parent-death-signal.js'
import { HeadWalk } from '../../../lib/ffmpeg/input/metadata-walk.js'
import type { PreviewQuestion } from '../../../lib/ffmpeg/preview/run-preview.js'
import { previewArguments, previewBytes } from '../../../lib/ffmpeg/preview/stream-preview.js'
import { endProcess, isGone } from '../../support/child.js'
import { runCommand } from '../../support/command.js'
import { canLimitDescriptors, withDescriptors } from '../../support/descriptors.js'
import * as media from '../../support/media.js'
import { programOf } from '../../support/program.js'
import { associations, mapOf, mediaPackets, tablePackets } from '../../support/transport.js'
import { added, env, ffmpegPath, headOf, streamsOf } from '../../support/preview.js'

const tones = (...codecs: string[]) => [
  ...media.bothInputs(),
  ...['-map', '0', ...codecs.flatMap(() => ['-map', '1']), ...media.H264],
  ...codecs.flatMap((codec, index) => [`-c:a:${index}`, codec]),
]

t.test('unwraps only the AAC of an MPEG-TS copied with AC-3', async t => {
  const input = await media.ffmpegToPipe([...tones('ac3', 'aac', 'aac'), '-f', 'mpegts'])
  const args = ['-map', '0', '-c', 'copy']
  const list = await added(input, 'mp4', args)
  t.same(list, ['-bsf:2', 'aac_adtstoasc', '-bsf:3', 'aac_adtstoasc'])
  t.same(await streamsOf(t, { input, format: 'mp4', args, added: list }), ['h264', 'ac3', 'aac', 'aac'])

  const without = await runCommand({ input, format: 'mp4', args })
  t.match(without.log, /Malformed AAC bitstream/, 'fails without the filter')
})

t.test('recognizes every way to write "copy", and leaves encoded AAC alone', async t => {
  const input = await media.transportStream()
  const ways = [
    ['-c', 'copy'],
    ['-c:a', 'copy'],
    ['-codec:a:0', 'copy'],
    ['-acodec', 'copy'],
    ['-c:1', 'copy'],
  ]
  for (const way of ways) {
    const args = [...way, '-c:v', 'copy']
    const filter = way[0] === '-codec:a:0' || way[0] === '-c:1' ? '-bsf:1' : '-bsf:a'
    t.same(await added(input, 'mov', args), [filter, 'aac_adtstoasc'], way.join(' '))
  }
  const args = ['-c', 'copy', '-c:a', 'aac']
  t.same(await added(input, 'mp4', args), [])
  t.same(await streamsOf(t, { input, format: 'mp4', args }), ['h264', 'aac'])
  t.same(await added(input, 'mp4', ['-an', '-c', 'copy']), [])
})

t.test('applies the filter to the output stream, in any order of maps', async t => {
  const input = await media.ffmpegToPipe([...tones('ac3', 'aac'), '-f', 'mpegts'])
  const args = ['-map', '0:a:1', '-map', '0:v', '-map', '0:a:0', '-c', 'copy']
  const list = await added(input, 'mp4', args)
  t.same(list, ['-bsf:0', 'aac_adtstoasc'])
  t.same(await streamsOf(t, { input, format: 'mp4', args, added: list }), ['aac', 'h264', 'ac3'])
})

t.test("keeps the user's own bitstream filters, before ours", async t => {
  const input = await media.transportStream()
  t.same(await added(input, 'mp4', ['-c', 'copy', '-bsf:a', 'aac_adtstoasc']), [])
  t.same(await added(input, 'mp4', ['-c', 'copy', '-bsf:v', 'h264_mp4toannexb']), ['-bsf:a', 'aac_adtstoasc'])
  for (const option of ['-bsf:a', '-bsf:a:0', '-bsf:1']) {
    t.same(
      await added(input, 'mp4', ['-c', 'copy', option, 'null']),
      ['-bsf:1', 'null,aac_adtstoasc'],
      option,
    )
  }
})

t.test('unwraps raw AAC, with and without a tag before it, and leaves LATM alone', async t => {
  const tone = [...media.audioInput(), ...media.AAC]
  const adts = await media.ffmpegToPipe([...tone, '-f', 'adts'])
  const tagged = await media.ffmpegToPipe([
    ...tone,
    '-write_id3v2',
    '1',
    '-metadata',
    'title=x',
    '-f',
    'adts',
  ])
  t.equal(tagged.toString('latin1', 0, 3), 'ID3')
  const inputs = { adts, tagged, latm: await media.ffmpegToPipe([...tone, '-f', 'latm']) }
  for (const [name, input] of Object.entries(inputs)) {
    const list = await added(input, 'ipod', ['-c', 'copy'])
    t.same(list, name === 'latm' ? [] : ['-bsf:a', 'aac_adtstoasc'], name)
    if (name !== 'latm')
      t.same(await streamsOf(t, { input, format: 'ipod', args: ['-c', 'copy'], added: list }), ['aac'])
  }
})

t.test('asks nothing for containers of bare AAC, and for outputs that accept ADTS', async t => {
  const ts = await media.transportStream()
  for (const input of [await media.fastStartMp4(), await media.matroska()]) {
    t.equal(
      headOf(input, [{ format: 'mp4', args: ['-c', 'copy'] }]).length <= 1000,
      true,
      'waits for nothing',
    )
    t.same(await added(input, 'mp4', ['-c', 'copy']), [])
  }
  t.equal(previewBytes(ts, [{ format: 'mpegts', args: ['-c', 'copy'] }]), 0)
  t.equal(previewBytes(ts, [{ format: 'mp4', args: ['-c:v', 'libx264', '-c:a', 'aac'] }]), 0)
})

t.test('needs only the first table of a transport stream', async t => {
  const input = await media.transportStream()
  const [list] = await previewArguments({
    inputs: [{ spec: { url: 'pipe:0', args: [], protocols: ['pipe'] }, head: input.subarray(0, 600) }],
    outputs: [{ url: 'pipe:1', format: 'mp4', args: ['-c', 'copy', '-map', '0'] }],
    ffmpegPath,
    env,
  })
  t.same(list, ['-bsf:1', 'aac_adtstoasc'])
})

t.test('waits for media after the tables if there are other inputs or filters of the user', t => {
  const tables = [tablePackets(0x1ffe, Buffer.alloc(10), 4), tablePackets(0, associations([1, 0x100]))]
  const head = Buffer.concat([...tables, tablePackets(0x100, mapOf(1, [[0x0f, 0x101]]))])
  const begun = Buffer.concat([head, mediaPackets(0x101, 2)])
  const bytes = (bytes: Buffer, isAlone: boolean, ...args: string[]) =>
    previewBytes(bytes, [{ format: 'mp4', args: ['-c', 'copy', ...args] }], new HeadWalk(), isAlone)
  t.ok(bytes(head, true) <= head.length, 'the tables are enough for a single input')
  t.ok(bytes(head, false) > head.length, 'ffmpeg chooses among several inputs')
  t.ok(bytes(head, true, '-bsf:a:0', 'null') > head.length, 'ffmpeg chooses the stream of the filter')
  for (const isAlone of [true, false]) t.ok(bytes(begun, isAlone) <= begun.length)
  t.end()
})

t.test('asks about several outputs at once', async t => {
  const input = await media.transportStream()
  const lists = await previewArguments({
    inputs: [{ spec: { url: 'pipe:0', args: [], protocols: ['pipe'] }, head: input }],
    outputs: [
      { url: 'pipe:1', format: 'mp4', args: ['-c', 'copy'] },
      { url: 'pipe:4', format: 'mpegts', args: ['-c', 'copy'] },
      { url: 'pipe:5', format: 'ipod', args: ['-vn', '-c', 'copy'] },
    ],
    ffmpegPath,
    env,
  })
  t.same(lists, [['-bsf:a', 'aac_adtstoasc'], [], ['-bsf:a', 'aac_adtstoasc']])
  const [, mixed] = await previewArguments({
    inputs: [{ spec: { url: 'pipe:0', args: [], protocols: ['pipe'] }, head: input }],
    outputs: [
      { url: 'pipe:1', format: 'mp4', args: ['-c', 'copy'] },
      { url: 'pipe:4', format: 'mp4', args: ['-c:v', 'copy', '-c:a:0', 'copy'] },
    ],
    ffmpegPath,
    env,
  })
  t.same(mixed, ['-bsf:1', 'aac_adtstoasc'], 'an output that may copy only some audio')
})

t.test('adds nothing for garbage, an empty input, or a failing ffmpeg', async t => {
  const garbage = Buffer.alloc(2000, 0x5a)
  for (const input of [garbage, Buffer.alloc(0), Buffer.from('ID3')]) {
    t.same(await added(input, 'mp4', ['-c', 'copy']), [])
  }
  const question = {
    inputs: [{ spec: { url: 'pipe:0', args: [], protocols: ['pipe'] }, head: garbage }],
    outputs: [{ url: 'pipe:1', format: 'mp4', args: ['-c', 'copy'] }],
    env,
  }
  t.same(await previewArguments({ ...question, ffmpegPath: '/bin/false' }), [[]])
})

/** A shell script in place of ffmpeg, which writes its process id to a file before the last line. */
async function scripted(t: Test, lines: string, last: string) {
  const folder = t.testdir()
  const script = join(folder, 'ffmpeg')
  const pidFile = join(folder, 'pid')
  const text = `#!/bin/sh\n${lines}\necho $$ > ${pidFile}.new && mv ${pidFile}.new ${pidFile}\n${last}\n`
  await writeFile(script, text)
  await chmod(script, 0o755)
  const question = (head: Buffer): PreviewQuestion => ({
    inputs: [{ spec: { url: 'pipe:0', args: [], protocols: ['pipe'] }, head }],
    outputs: [{ url: 'pipe:1', format: 'mp4', args: ['-map', '0', '-c', 'copy'] }],
    ffmpegPath: script,
    env: { PATH: process.env['PATH'] ?? '' },
  })
  const pid = async () => {
    let text = ''
    while (text === '') text = await readFile(pidFile, 'utf8').catch(() => '')
    return Number(text)
  }
  return { script, question, pid }
}

t.test(
  'ends ffmpeg on an abort and rejects with its reason, even if another process holds its pipes',
  async t => {
    for (const lines of ['', 'setsid sleep 600 &', 'sleep 600 &']) {
      const { question, pid } = await scripted(t, lines, 'exec sleep 600')
      const controller = new AbortController()
      const preview = previewArguments({ ...question(Buffer.alloc(2000)), signal: controller.signal })
      const id = await pid()
      const reason = new Error('early-exit')
      controller.abort(reason)
      await t.rejects(preview, reason)
      t.throws(() => process.kill(id, 0), { code: 'ESRCH' }, 'ffmpeg is gone')
    }
  },
)

t.test('rejects if ffmpeg cannot start, or if another process ends it', async t => {
  const { question, pid } = await scripted(t, '', 'exec sleep 600')
  const head = Buffer.alloc(2000)
  await t.rejects(previewArguments({ ...question(head), ffmpegPath: '/nowhere/ffmpeg' }), {
    code: 'AVIO_ERR_FFMPEG_SPAWN',
    cause: { code: 'ENOENT' },
  })
  const preview = previewArguments(question(head))
  endProcess(await pid())
  await t.rejects(preview, { code: 'AVIO_ERR_FFMPEG_SIGNAL', signal: 'SIGKILL' })
  if (!canLimitDescriptors) return
  await withDescriptors(4, async () => {
    await t.rejects(previewArguments(question(head)), {
      code: 'AVIO_ERR_DESCRIPTORS',
      message: /ulimit -n/,
      cause: { code: 'EMFILE' },
    })
  })
})

t.test('waits for a slow preview without a timeout', async t => {
  const head = await media.transportStream()
  await dieWithParent()
  // A clock whose long timers fire at once.
  const { setTimeout: wait } = globalThis
  t.teardown(() => void (globalThis.setTimeout = wait))
  globalThis.setTimeout = ((run: () => void, delay: number) =>
    wait(run, delay > 1000 ? 0 : delay)) as typeof wait
  const { question } = await scripted(t, 'sleep 0.2', `exec ${ffmpegPath} "$@"`)
  const outputs = [{ url: 'pipe:1', format: 'mp4', args: ['-map', '0', '-c:v', 'copy', '-c:a:0', 'copy'] }]
  t.same(await previewArguments({ ...question(head), outputs }), [['-bsf:1', 'aac_adtstoasc']])
})

t.test('dies with a killed parent on Linux with setpriv', async t => {
  if ((await dieWithParent()).length === 0) return
  const { script, pid } = await scripted(t, '', 'exec sleep 600')
  const lib = programOf(new URL('../../../lib/ffmpeg/ffmpeg-transform.ts', import.meta.url))
  const code = `
    const { FfmpegTransform } = await import(${JSON.stringify(lib.path)})
    const output = { format: 'mp4', args: ['-c', 'copy'] }
    new FfmpegTransform({ ffmpegPath: ${JSON.stringify(script)}, output }).end(Buffer.alloc(2000))`
  const parent = spawn(process.execPath, [...lib.execArgv, '--input-type=module', '-e', code], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const id = await pid()
  t.teardown(() => endProcess(id))
  parent.kill('SIGKILL')
  await once(parent, 'close')
  while (!isGone(id)) await setImmediate()
})

t.test('leaves no listener on the signal', async t => {
  const { signal } = new AbortController()
  await previewArguments({
    inputs: [{ spec: { url: 'pipe:0', args: [], protocols: ['pipe'] }, head: Buffer.alloc(2000) }],
    outputs: [{ url: 'pipe:1', format: 'mp4', args: ['-c', 'copy'] }],
    ffmpegPath,
    env,
    signal,
  })
  t.equal(getEventListeners(signal, 'abort').length, 0)
})
