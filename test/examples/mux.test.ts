import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../examples/mux.js'
import { AAC, bothInputs, ffmpegToFile, indexLastMp4, packetsOf } from '../support/media.js'

t.test('joins the video of one file and the audio of another', async t => {
  const folder = t.testdir()
  const at = (name: string) => join(folder, name)
  const video = await indexLastMp4({ seconds: 2 })
  const audio = await ffmpegToFile([...bothInputs({ seconds: 2 }), '-vn', ...AAC, '-b:a', '48k'], 'dub.m4a')
  await writeFile(at('film.mp4'), video)
  await writeFile(at('dub.m4a'), audio)
  await main([at('film.mp4'), at('dub.m4a'), at('out.mp4')])
  const hashes = async (file: Buffer, type: string) =>
    (await packetsOf(file)).filter(p => p.codec_type === type).map(({ data_hash }) => data_hash)
  const output = await readFile(at('out.mp4'))
  t.same(await hashes(output, 'video'), await hashes(video, 'video'))
  t.same(
    await hashes(output, 'audio'),
    (await hashes(audio, 'audio')).slice(0, (await hashes(output, 'audio')).length),
  )
})

t.test('prints the usage for too few arguments', async t => {
  await t.rejects(main(['in.mp4', 'a.m4a']), { message: /^Usage/ })
})
