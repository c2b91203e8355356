import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../examples/probe.js'
import { httpSource } from '../support/http-origin.js'
import { matroska } from '../support/media.js'

t.test('prints the content of a file', async t => {
  const media = await matroska()
  const file = join(t.testdir(), 'media.mkv')
  await writeFile(file, media)
  const { bytesFetched, ...info } = await main([file])
  t.match(info, {
    by: 'ffprobe',
    format: { size: media.length },
    streams: [{ codec: 'h264' }, { codec: 'aac' }],
  })
  t.ok(bytesFetched > 0)
})

t.test('prints the content of a URL', async t => {
  const media = await matroska()
  const { url } = await httpSource(t, media)
  t.match(await main([url]), {
    format: { size: media.length },
    streams: [{ codec: 'h264' }, { codec: 'aac' }],
  })
})

t.test('prints its usage without a source', async t => {
  await t.rejects(main([]), { message: /^Usage/ })
})
