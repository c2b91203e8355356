import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../examples/clip.js'
import { indexLastMp4, packetsOf } from '../support/media.js'

t.test('cuts a clip out of a file', async t => {
  const folder = t.testdir()
  const [from, to] = [join(folder, 'in.mp4'), join(folder, 'out.mp4')]
  await writeFile(from, await indexLastMp4({ seconds: 10 }))
  const { duration } = await main([from, '4', '6', to, '--exact'])
  t.ok(Math.abs(duration - 2) < 0.1, `${duration} s`)
  t.equal((await packetsOf(await readFile(to))).filter(({ codec_type }) => codec_type === 'video').length, 50)
})

t.test('prints the usage for too few arguments', async t => {
  await t.rejects(main(['in.mp4', '1']), { message: /^Usage/ })
})
