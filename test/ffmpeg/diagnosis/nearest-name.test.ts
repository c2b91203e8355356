import t from 'tap'
import { nearest } from '../../../lib/ffmpeg/diagnosis/nearest-name.js'

const NAMES = ['libx264', 'libx265', 'aac', 'ac3', 'libfdk_aac', 'Scale', 'scale2ref', 'mp2', 'mp3']

t.test('finds a name that differs by a typo', async t => {
  const cases: [string, string][] = [
    ['libx256', 'libx265'],
    ['libx26', 'libx264'],
    ['libxx265', 'libx265'],
    ['LIBX265', 'libx265'],
    ['x265', 'libx265'],
    ['h265', 'libx265'],
    ['fdk_aac', 'libfdk_aac'],
    ['acc', 'aac'],
    ['scael', 'Scale'],
  ]
  for (const [name, meant] of cases) t.equal(nearest(name, NAMES), meant, name)
})

t.test('finds none if no name is close, or the name exists', async t => {
  for (const name of ['', 'vp9', 'something', 'libx265', 'x'.repeat(65), 'constructor']) {
    t.equal(nearest(name, NAMES), undefined, name)
  }
  t.equal(nearest('libx256', []), undefined)
})
