import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../examples/audio.js'
import { avi, ffprobeJson } from '../support/media.js'

t.test('turns the audio into an MP3 with tags and a known length', async t => {
  const folder = t.testdir()
  const [from, to] = [join(folder, 'in.avi'), join(folder, 'out.mp3')]
  await writeFile(from, await avi())
  await main([from, to, '--title', 'A talk', '--artist', 'Somebody'])
  const file = await readFile(to)
  const { format } = await ffprobeJson<{ format: Record<string, unknown> }>(file, ['-show_format'])
  t.match(format, { format_name: 'mp3', tags: { title: 'A talk', artist: 'Somebody' } })
  t.ok(file.subarray(0, 2048).includes('Xing') || file.subarray(0, 2048).includes('Info'))
})

t.test('prints the usage for too few arguments', async t => {
  await t.rejects(main(['in.mp4']), { message: /^Usage/ })
})
