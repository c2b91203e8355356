import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { locateFfprobe } from '../../../lib/ffmpeg/binary/locate-ffprobe.js'

t.test(
  'tries the option first, then FFPROBE_PATH, PATH and the folder of ffmpeg, and reports the origin',
  async t => {
    const tools = () => ({ ffprobe: '', ffmpeg: '' })
    const root = t.testdir({ a: tools(), b: tools(), c: tools(), d: { ffmpeg: '' } })
    for (const file of ['a/ffprobe', 'b/ffprobe', 'c/ffprobe', 'c/ffmpeg', 'd/ffmpeg'])
      await chmod(join(root, file), 0o755)
    const at = (name: string) => join(root, name)
    const env = { FFPROBE_PATH: at('b/ffprobe'), PATH: at('c') }
    t.same(await locateFfprobe(at('a/ffprobe'), undefined, env), { path: at('a/ffprobe'), from: 'option' })
    t.same(await locateFfprobe(undefined, undefined, env), { path: at('b/ffprobe'), from: 'FFPROBE_PATH' })
    t.same(await locateFfprobe(undefined, undefined, { PATH: at('c') }), {
      path: at('c/ffprobe'),
      from: 'PATH',
    })
    t.same(await locateFfprobe(undefined, at('c/ffmpeg'), { PATH: '' }), {
      path: at('c/ffprobe'),
      from: 'ffmpeg',
    })
    t.equal(await locateFfprobe(undefined, at('d/ffmpeg'), { PATH: '' }), undefined, 'ffprobe is optional')
    await t.rejects(locateFfprobe(at('d/ffprobe'), undefined, env), {
      code: 'AVIO_ERR_FFMPEG_NOT_FOUND',
      message: /The option "ffprobePath" names/,
    })
    await t.rejects(locateFfprobe(undefined, undefined, { FFPROBE_PATH: at('d/ffprobe') }), {
      message: /The environment variable FFPROBE_PATH names/,
    })
  },
)
