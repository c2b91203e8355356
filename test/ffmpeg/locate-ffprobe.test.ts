import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { locateFfprobe } from '../../lib/ffmpeg/locate-ffprobe.js'

t.test('the option wins over FFPROBE_PATH, that over PATH, and that over the folder of ffmpeg', async t => {
  const tools = () => ({ ffprobe: '', ffmpeg: '' })
  const root = t.testdir({ a: tools(), b: tools(), c: tools(), d: { ffmpeg: '' } })
  for (const file of ['a/ffprobe', 'b/ffprobe', 'c/ffprobe', 'c/ffmpeg', 'd/ffmpeg'])
    await chmod(join(root, file), 0o755)
  const at = (name: string) => join(root, name)
  const env = { FFPROBE_PATH: at('b/ffprobe'), PATH: at('c') }
  t.equal(await locateFfprobe(at('a/ffprobe'), undefined, env), at('a/ffprobe'))
  t.equal(await locateFfprobe(undefined, undefined, env), at('b/ffprobe'))
  t.equal(await locateFfprobe(undefined, undefined, { PATH: at('c') }), at('c/ffprobe'))
  t.equal(await locateFfprobe(undefined, at('c/ffmpeg'), { PATH: '' }), at('c/ffprobe'))
  t.equal(await locateFfprobe(undefined, at('d/ffmpeg'), { PATH: '' }), undefined, 'there need not be one')
  await t.rejects(locateFfprobe(at('d/ffprobe'), undefined, env), {
    code: 'AVIO_ERR_FFMPEG_NOT_FOUND',
    message: /The option "ffprobePath" names/,
  })
  await t.rejects(locateFfprobe(undefined, undefined, { FFPROBE_PATH: at('d/ffprobe') }), {
    message: /The environment variable FFPROBE_PATH names/,
  })
})
