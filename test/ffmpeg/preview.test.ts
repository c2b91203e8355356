import { getEventListeners } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { previewArguments, previewBytes } from '../../lib/ffmpeg/preview.js'
import { runCommand } from '../support/command.js'
import * as media from '../support/media.js'
import { added, env, ffmpegPath, headOf, streamsOf } from '../support/preview.js'

const tones = (...codecs: string[]) => [
  ...media.bothInputs(),
  ...['-map', '0', ...codecs.flatMap(() => ['-map', '1']), ...media.H264],
  ...codecs.flatMap((codec, index) => [`-c:a:${index}`, codec]),
]

t.test('MPEG-TS with AAC and AC-3, copied: the AAC alone is unwrapped', async t => {
  const input = await media.ffmpegToPipe([...tones('ac3', 'aac', 'aac'), '-f', 'mpegts'])
  const args = ['-map', '0', '-c', 'copy']
  const list = await added(input, 'mp4', args)
  t.same(list, ['-bsf:2', 'aac_adtstoasc', '-bsf:3', 'aac_adtstoasc'])
  t.same(await streamsOf(t, { input, format: 'mp4', args, added: list }), ['h264', 'ac3', 'aac', 'aac'])

  const without = await runCommand({ input, format: 'mp4', args })
  t.match(without.log, /Malformed AAC bitstream/, 'what it is for')
})

t.test('every way to say "copy" is seen, and AAC that is encoded is left alone', async t => {
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
    t.same(await added(input, 'mov', args), ['-bsf:1', 'aac_adtstoasc'], way.join(' '))
  }
  const args = ['-c', 'copy', '-c:a', 'aac']
  t.same(await added(input, 'mp4', args), [])
  t.same(await streamsOf(t, { input, format: 'mp4', args }), ['h264', 'aac'])
  t.same(await added(input, 'mp4', ['-an', '-c', 'copy']), [])
})

t.test('the filter goes with the output stream, in whatever order the user maps', async t => {
  const input = await media.ffmpegToPipe([...tones('ac3', 'aac'), '-f', 'mpegts'])
  const args = ['-map', '0:a:1', '-map', '0:v', '-map', '0:a:0', '-c', 'copy']
  const list = await added(input, 'mp4', args)
  t.same(list, ['-bsf:0', 'aac_adtstoasc'])
  t.same(await streamsOf(t, { input, format: 'mp4', args, added: list }), ['aac', 'h264', 'ac3'])
})

t.test("the user's own bitstream filters stay, before ours", async t => {
  const input = await media.transportStream()
  t.same(await added(input, 'mp4', ['-c', 'copy', '-bsf:a', 'aac_adtstoasc']), [])
  t.same(await added(input, 'mp4', ['-c', 'copy', '-bsf:v', 'h264_mp4toannexb']), ['-bsf:1', 'aac_adtstoasc'])
  for (const option of ['-bsf:a', '-bsf:a:0', '-bsf:1']) {
    t.same(
      await added(input, 'mp4', ['-c', 'copy', option, 'null']),
      ['-bsf:1', 'null,aac_adtstoasc'],
      option,
    )
  }
})

t.test('raw AAC is unwrapped, with and without a tag before it, and LATM is left alone', async t => {
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
    t.same(list, name === 'latm' ? [] : ['-bsf:0', 'aac_adtstoasc'], name)
    if (name !== 'latm')
      t.same(await streamsOf(t, { input, format: 'ipod', args: ['-c', 'copy'], added: list }), ['aac'])
  }
})

t.test('containers that hold bare AAC, and outputs that take ADTS, ask nothing', async t => {
  const ts = await media.transportStream()
  for (const input of [await media.fastStartMp4(), await media.matroska()]) {
    t.equal(
      headOf(input, [{ format: 'mp4', args: ['-c', 'copy'] }]).length <= 1000,
      true,
      'nothing is waited for',
    )
    t.same(await added(input, 'mp4', ['-c', 'copy']), [])
  }
  t.equal(previewBytes(ts, [{ format: 'mpegts', args: ['-c', 'copy'] }]), 0)
  t.equal(previewBytes(ts, [{ format: 'mp4', args: ['-c:v', 'libx264', '-c:a', 'aac'] }]), 0)
})

t.test('the first table of a transport stream is enough', async t => {
  const input = await media.transportStream()
  const [list] = await previewArguments({
    inputs: [{ spec: { url: 'pipe:0', args: [], protocols: ['pipe'] }, head: input.subarray(0, 600) }],
    outputs: [{ url: 'pipe:1', format: 'mp4', args: ['-c', 'copy', '-map', '0'] }],
    ffmpegPath,
    env,
  })
  t.same(list, ['-bsf:1', 'aac_adtstoasc'])
})

t.test('several outputs are asked about at once', async t => {
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
  t.same(lists, [['-bsf:1', 'aac_adtstoasc'], [], ['-bsf:0', 'aac_adtstoasc']])
})

t.test('garbage, an empty input, and an ffmpeg that fails or is not there, add nothing', async t => {
  const garbage = Buffer.alloc(2000, 0x5a)
  for (const input of [garbage, Buffer.alloc(0), Buffer.from('ID3')]) {
    t.same(await added(input, 'mp4', ['-c', 'copy']), [])
  }
  const question = {
    inputs: [{ spec: { url: 'pipe:0', args: [], protocols: ['pipe'] }, head: garbage }],
    outputs: [{ url: 'pipe:1', format: 'mp4', args: ['-c', 'copy'] }],
    env,
  }
  t.same(await previewArguments({ ...question, ffmpegPath: '/nowhere/ffmpeg' }), [[]])
  t.same(await previewArguments({ ...question, ffmpegPath: '/bin/false' }), [[]])
})

// Less than the preview's own limit, which would end ffmpeg as well.
t.test('an abort ends ffmpeg and rejects with its reason', { timeout: 9000 }, async t => {
  const folder = t.testdir()
  const script = join(folder, 'ffmpeg')
  const pidFile = join(folder, 'pid')
  await writeFile(
    script,
    `#!/bin/sh\necho $$ > ${pidFile}.new && mv ${pidFile}.new ${pidFile}\nexec sleep 600\n`,
  )
  await chmod(script, 0o755)
  const controller = new AbortController()
  const asked = previewArguments({
    inputs: [{ spec: { url: 'pipe:0', args: [], protocols: ['pipe'] }, head: Buffer.alloc(2000) }],
    outputs: [{ url: 'pipe:1', format: 'mp4', args: ['-c', 'copy'] }],
    ffmpegPath: script,
    env: { PATH: process.env['PATH'] ?? '' },
    signal: controller.signal,
  })
  let pid = ''
  while (pid === '') pid = await readFile(pidFile, 'utf8').catch(() => '')
  const reason = new Error('enough')
  controller.abort(reason)
  await t.rejects(asked, reason)
  t.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' }, 'it is gone')
})

t.test('no listener is left on the signal', async t => {
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
