import t from 'tap'
import { nameAt, nameOf, namesByUrl } from '../../../lib/ffmpeg/input/input-names.js'

const film = { source: { name: 's3://masters/a.mov' } }
const piped = { name: 's3://masters/b.mov' }
const unnamed = { source: {} }

t.test('names an input by its source or its stream', async t => {
  t.equal(nameOf(film), 's3://masters/a.mov')
  t.equal(nameOf(piped), 's3://masters/b.mov')
  t.equal(nameOf({ ...film, ...piped }), 's3://masters/a.mov')
  t.equal(nameOf(unnamed), undefined)
})

t.test('names an unnamed input, or one of several with the same name, by its index', async t => {
  t.equal(nameAt([unnamed], 0), 'the input')
  t.equal(nameAt([unnamed], 0, 'The input'), 'The input')
  t.equal(nameAt([film], 0, 'The input'), 's3://masters/a.mov')
  t.equal(nameAt([film, unnamed], 1, 'The input'), 'inputs[1]')
  const twice = [film, piped, film]
  t.same(
    twice.map((_, n) => nameAt(twice, n)),
    ['inputs[0] (s3://masters/a.mov)', 's3://masters/b.mov', 'inputs[2] (s3://masters/a.mov)'],
  )
})

t.test("maps ffmpeg's URLs to the names", async t => {
  const at = (...urls: string[]) => urls.map(url => ({ url }))
  t.same(
    [...namesByUrl([film, unnamed], at('http://a', 'pipe:0'), at('pipe:1'))],
    [
      ['http://a', 's3://masters/a.mov'],
      ['pipe:0', 'inputs[1]'],
      ['pipe:1', 'the output'],
    ],
  )
  t.same([...namesByUrl([film], at('pipe:0'), at('pipe:1', 'pipe:4')).values()].slice(1), [
    'outputs[0]',
    'outputs[1]',
  ])
})
