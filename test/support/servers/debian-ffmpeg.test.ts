import t from 'tap'
import { type DebianFfmpeg, debianFfmpeg } from './debian-ffmpeg.js'
import { Unavailable } from './debian-tree.js'

const found = (suite: string): DebianFfmpeg => ({
  ...{ suite, version: '9.0', ffmpegPath: `/${suite}/ffmpeg`, ffprobePath: `/${suite}/ffprobe` },
})

/** A maker that can't have these suites; it lists what it was asked for. */
function lacking(...suites: string[]) {
  const asked: string[] = []
  const of = (suite: string) => {
    asked.push(suite)
    return suites.includes(suite)
      ? Promise.reject(new Unavailable(`no ${suite}`))
      : Promise.resolve(found(suite))
  }
  return { asked, of }
}

t.test(
  'the next release stands in for sid in the middle of a transition, and says that it is another',
  async t => {
    for (const [suite, without, expected] of [
      ['sid', [], ['sid']],
      ['sid', ['sid'], ['sid', 'forky']],
      ['unstable', ['unstable'], ['unstable', 'forky']],
    ] as const) {
      const { asked, of } = lacking(...without)
      t.equal((await debianFfmpeg(suite, of)).suite, expected.at(-1))
      t.same(asked, expected)
    }
  },
)

t.test('where neither can be had, it is the suite asked for that is told', async t => {
  await t.rejects(debianFfmpeg('sid', lacking('sid', 'forky').of), { message: 'no sid' })
  await t.rejects(
    debianFfmpeg('trixie', lacking('trixie').of),
    { message: 'no trixie' },
    'nothing stands in for it',
  )
  const broken = () => Promise.reject(new TypeError('a fault of ours'))
  await t.rejects(
    debianFfmpeg('sid', broken),
    { message: 'a fault of ours' },
    'what is not about Debian is no reason',
  )
})
