import t from 'tap'
import { runCli, storeWithClip } from '../../support/cli.js'
import { wordsOf } from '../../support/shell-words.js'

t.test('stores thumbnails, and replaces them only with -y', async t => {
  const { s3 } = await storeWithClip(t)
  const words = wordsOf('thumbnails s3://masters/a.mp4 s3://web/a --count 2 --width 64')
  const { code, stderr } = await runCli(words, { s3 })
  t.equal(code, 0, stderr)
  t.match(stderr, /s3:\/\/web\/a\/ {2}2 images/)
  t.same(s3.keys('web'), ['a/thumbnail-00001.jpg', 'a/thumbnail-00002.jpg'])
  t.equal((await runCli(words, { s3 })).code, 7)
  t.equal((await runCli([...words, '-y'], { s3 })).code, 0)
})

t.test('stores sheets and their map', async t => {
  const { s3 } = await storeWithClip(t)
  const line =
    'storyboard s3://masters/a.mp4 s3://web/a/ --times 0,1.5,3 --columns 2 --rows 1 --width 64 --format png'
  const { code, stderr } = await runCli(wordsOf(line), { s3 })
  t.equal(code, 0, stderr)
  t.same(s3.keys('web'), ['a/sheet-00001.png', 'a/sheet-00002.png', 'a/storyboard.vtt'])
})

t.test('makes a job of the words, or says what is missing', async t => {
  const printed = await runCli(
    wordsOf(
      'thumbnails --print-job a.mov s3://web/a --every 2.5 --exact --format webp --cache-control max-age=1',
    ),
    { cwd: '/' },
  )
  t.same(JSON.parse(printed.stdout.toString()), {
    version: 1,
    inputs: [{ url: '/a.mov' }],
    outputs: [
      {
        ...{ type: 'thumbnails', prefix: 's3://web/a/', every: 2.5, exact: true, format: 'webp' },
        ...{ cacheControl: 'max-age=1', ifNoneMatch: '*' },
      },
    ],
  })
  for (const [line, message] of [
    ['thumbnails s3://masters/a.mp4', /Name an input and a prefix/],
    ['thumbnails s3://masters/a.mp4 s3://web/', /one of --count 8, --every 10 and --times/],
    ['thumbnails s3://masters/a.mp4 s3://web/ --count 8 --every 1', /one of --count/],
    ['storyboard s3://masters/a.mp4 s3://web/ --count 0', /--count must be an integer from 1/],
    ['storyboard s3://masters/a.mp4 s3://web/ --count 1 --format gif', /--format must be jpeg/],
    ['thumbnails s3://masters/a.mp4 s3://web/ --count 1 --rows 1', /--rows is unknown/],
  ] as const) {
    t.match(await runCli(wordsOf(line)), { code: 2, stderr: message }, line)
  }
})
