import t from 'tap'
import { nearest } from '../../lib/options/nearest-name.js'

const NAMES = ['libx264', 'libx265', 'aac', 'ac3', 'Scale', 'scale2ref', 'partSize', 'maxAttempts', 'key']

t.test('finds a name that differs by a typo', async t => {
  const cases: readonly (readonly [given: string, meant: string])[] = [
    ['libx256', 'libx265'],
    ['libx26', 'libx264'],
    ['libxx265', 'libx265'],
    ['LIBX265', 'libx265'],
    ['acc', 'aac'],
    ['scael', 'Scale'],
    ['partsize', 'partSize'],
    ['part-size', 'partSize'],
    ['partSizes', 'partSize'],
    ['maxAtempts', 'maxAttempts'],
    ['kye', 'key'],
  ]
  for (const [name, meant] of cases) t.equal(nearest(name, NAMES), meant, name)
})

t.test('finds none if no name is close, or the name exists', async t => {
  for (const name of ['', 'vp9', 'something', 'libx265', 'x'.repeat(65), 'constructor', 'toString', 'yek']) {
    t.equal(nearest(name, NAMES), undefined, name)
  }
  t.equal(nearest('libx256', []), undefined)
})
