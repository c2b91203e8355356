import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { checkFingerprint, fingerprintOf, isSameEncoder } from '../../../lib/job/split/fingerprint.js'

t.test('tells the build of ffmpeg, and the version of the library of each encoder', async t => {
  const x264 = await fingerprintOf('libx264')
  t.match(x264, { build: /^[0-9a-f]{64}$/, encoder: /^core \d+/ })
  t.not(x264.ffmpeg, '')
  const x265 = await fingerprintOf('libx265')
  t.equal(x265.build, x264.build)
  t.match(x265.encoder, /^\d+\.\d/)
  t.match((await fingerprintOf('libvpx-vp9')).encoder, /^v1\./)
  t.equal(isSameEncoder(x264, await fingerprintOf('libx264')), true)
  t.equal(isSameEncoder(x264, x265), false)
})

t.test('gives the piece back if the build is another one, or lacks the encoder', async t => {
  const own = await fingerprintOf('libx264')
  t.same(await checkFingerprint(own, 'libx264', {}), own)
  const refused = { code: 'AVIO_ERR_PLAN_OTHER_FFMPEG', retryable: true }
  await t.rejects(checkFingerprint({ ...own, build: 'x' }, 'libx264', {}), refused)
  await t.rejects(checkFingerprint({ ...own, encoder: 'core 1' }, 'libx264', {}), refused)
  await t.rejects(fingerprintOf('unheard_of'), { ...refused, message: /can't encode with unheard_of/ })
})

t.test('asks a build once, until its file changes', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'avio-fingerprint-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'ffmpeg')
  const program = async (version: string) => {
    await writeFile(path, `#!/bin/sh\necho "ffmpeg version ${version} x264 - core 164 r3095 baee400"\n`)
    await chmod(path, 0o755)
  }
  await program('1.0')
  const [one, again] = await Promise.all([
    fingerprintOf('libx264', { ffmpegPath: path }),
    fingerprintOf('libx264', { ffmpegPath: path }),
  ])
  t.match(one, { ffmpeg: '1.0', encoder: 'core 164 r3095 baee400' })
  t.equal(one, again)
  await program('2.0.1')
  t.equal((await fingerprintOf('libx264', { ffmpegPath: path })).ffmpeg, '2.0.1')
})
