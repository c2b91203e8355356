import t from 'tap'
import { type DebianFfmpeg, debianFfmpeg } from './debian-ffmpeg.js'
import { Unavailable } from './debian-tree.js'

const found = (suite: string): DebianFfmpeg => ({
  ...{ suite, version: '9.0', ffmpegPath: `/${suite}/ffmpeg`, ffprobePath: `/${suite}/ffprobe` },
})

/** A maker for which these suites are unavailable; it records the requests. */
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

t.test('falls back to the next release for sid in the middle of a transition, and reports it', async t => {
  for (const [suite, without, expected] of [
    ['sid', [], ['sid']],
    ['sid', ['sid'], ['sid', 'forky']],
    ['unstable', ['unstable'], ['unstable', 'forky']],
  ] as const) {
    const { asked, of } = lacking(...without)
    t.equal((await debianFfmpeg(suite, of)).suite, expected.at(-1))
    t.same(asked, expected)
  }
})

t.test('names the requested suite if neither is available', async t => {
  await t.rejects(debianFfmpeg('sid', lacking('sid', 'forky').of), { message: 'no sid' })
  await t.rejects(
    debianFfmpeg('trixie', lacking('trixie').of),
    { message: 'no trixie' },
    'it has no fallback',
  )
  const broken = () => Promise.reject(new TypeError('a bug'))
  await t.rejects(debianFfmpeg('sid', broken), { message: 'a bug' }, 'other errors cause no fallback')
})
