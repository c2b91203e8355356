import t from 'tap'
import { meantName } from '../../../lib/ffmpeg/diagnosis/meant-name.js'

const NAMES = ['libx264', 'libx265', 'aac', 'libfdk_aac', 'h264']

t.test('knows codecs by their usual names, and without the prefix "lib"', t => {
  const cases: readonly [given: string, meant: string | undefined][] = [
    ['h265', 'libx265'],
    ['H.264', 'libx264'],
    ['x265', 'libx265'],
    ['FDK_aac', 'libfdk_aac'],
    ['libx256', 'libx265'],
    ['h264', undefined],
    ['', undefined],
    ['constructor', undefined],
  ]
  for (const [given, meant] of cases) t.equal(meantName(given, NAMES), meant, given)
  t.equal(meantName('h265', ['aac']), undefined, 'a build without it')
  t.end()
})
