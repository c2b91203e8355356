import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../examples/contact-sheet.js'
import { ffprobeJson, indexLastMp4 } from '../support/media.js'

t.test('writes a sheet of twenty thumbnails and its WebVTT map', async t => {
  const folder = t.testdir()
  const [from, to] = [join(folder, 'in.mp4'), join(folder, 'sheet.png')]
  await writeFile(from, await indexLastMp4({ seconds: 5 }))
  await main([from, to])
  const entries = ['-show_entries', 'stream=codec_name,width,height']
  const { streams } = await ffprobeJson<{ streams: unknown[] }>(await readFile(to), entries)
  t.match(streams[0], { codec_name: 'png', width: 960, height: 432 })
  const map = await readFile(`${to}.vtt`, 'utf8')
  t.equal(map.match(/sheet\.png#xywh=/g)?.length, 20)
})

t.test('prints the usage for too few arguments', async t => {
  await t.rejects(main(['in.mp4']), { message: /^Usage/ })
})
