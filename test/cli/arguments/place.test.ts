import t from 'tap'
import { endingOf, inputPlace, outputPlace, prefixPlace } from '../../../lib/cli/arguments/place.js'

t.test('makes paths absolute, and leaves the keys of S3 as they are', async t => {
  for (const [word, place] of [
    ['a.mov', '/films/a.mov'],
    ['../a.mov', '/a.mov'],
    ['/x/a.mov', '/x/a.mov'],
    ['file:a.mov', '/films/a.mov'],
    ['file:///x/a%20b.mov', 'file:///x/a%20b.mov'],
    ['s3://in/a%20b/../ü.mov', 's3://in/a%20b/../ü.mov'],
    ['https://x/a.mov?sig=1', 'https://x/a.mov?sig=1'],
    ['-', '-'],
    ['pipe:', '-'],
    ['pipe:0', '-'],
  ] as const) {
    t.equal(inputPlace(word, '/films'), place, word)
  }
  t.equal(outputPlace('out/a.mp4', '/films'), '/films/out/a.mp4')
  t.equal(outputPlace('pipe:1', '/films'), '-')
})

t.test('adds the slash to a prefix, and takes buckets and directories', async t => {
  for (const [word, place] of [
    ['s3://web', 's3://web/'],
    ['s3://web/a', 's3://web/a/'],
    ['s3://web/a/', 's3://web/a/'],
    ['out', '/films/out/'],
    ['.', '/films/'],
    ['file:///x', 'file:///x/'],
  ] as const) {
    t.equal(prefixPlace(word, '/films'), place, word)
  }
  for (const word of ['https://x/a/', '-', 's3:///a/', 'rtmp://x'])
    t.throws(() => prefixPlace(word, '/films'), { code: 'AVIO_ERR_OPTION' }, word)
})

t.test('tells no query of a URL', async t => {
  for (const read of [inputPlace, outputPlace, prefixPlace]) {
    for (const word of [
      'https://x/a/?sig=SECRET',
      'https://x/%03d.png?sig=SECRET',
      'https://u:SECRET@x/a.mp4',
    ]) {
      try {
        read(word, '/films')
      } catch (error) {
        t.notMatch((error as Error).message, /SECRET/, word)
      }
    }
  }
})

t.test('tells the ending of a key, a path and a URL', async t => {
  t.equal(endingOf('s3://b/a.b/C.MP4'), '.mp4')
  t.equal(endingOf('s3://b/a.b/c'), '')
  t.equal(endingOf('https://x/a.mov?b=c.mkv'), '.mov')
  t.equal(endingOf('/x/a.mkv'), '.mkv')
  t.equal(endingOf('-'), '')
})
