import { existsSync } from 'node:fs'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../examples/file-to-file.js'
import { avi, packetsOf } from '../support/media.js'

t.test('transcodes a file and checks the output', async t => {
  const folder = t.testdir()
  const from = join(folder, 'in.avi')
  const to = join(folder, 'out.mp4')
  await writeFile(from, await avi())
  const report = await main([from, to])
  const bytes = await readFile(to)
  t.equal(report.bytes, bytes.length)
  t.same([...new Set((await packetsOf(bytes)).map(packet => packet.codec_type))].sort(), ['audio', 'video'])
})

t.test('leaves no output file if the source is not media', async t => {
  const folder = t.testdir({ 'in.avi': 'nothing of the kind'.repeat(1000) })
  await t.rejects(main([join(folder, 'in.avi'), join(folder, 'out.mp4')]), { name: 'FfmpegError' })
  t.equal(existsSync(join(folder, 'out.mp4')), false)
  t.same(await readdir(folder), ['in.avi'])
})
