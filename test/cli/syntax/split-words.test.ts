import t from 'tap'
import { splitWords } from '../../../lib/cli/syntax/split-words.js'
import { wordsOf } from '../../support/shell-words.js'

t.test('gives options to the next file, and those of the program to none', async t => {
  const { inputs, outputs, globals } = splitWords(
    wordsOf('-y -ss 1 -i a -an -i b -c copy -v error c -t 2 -nostats d'),
  )
  const shown = (files: typeof inputs) =>
    files.map(({ name, args }) => [name, ...args.flatMap(({ tokens }) => tokens)].join(' '))
  t.same(shown(inputs), ['a -ss 1', 'b -an'])
  t.same(shown(outputs), ['c -c copy', 'd -t 2'])
  t.same(
    globals.map(({ tokens }) => tokens.join(' ')),
    ['-y', '-v error', '-nostats'],
  )
})

t.test('gives what the program takes anywhere to the last output, if nothing else follows', async t => {
  const { outputs } = splitWords(wordsOf('-i a b c -copyts -filter_threads 2'))
  t.same(
    outputs.map(({ args }) => args.flatMap(({ tokens }) => tokens)),
    [[], ['-copyts', '-filter_threads', '2']],
  )
})

t.test('takes a value that begins with a dash, as ffmpeg does', async t => {
  const { outputs } = splitWords(wordsOf('-i a -map -0:s -flags -global_header -movflags -faststart b.mp4'))
  t.same(
    outputs[0]!.args.map(({ value }) => value),
    ['-0:s', '-global_header', '-faststart'],
  )
})

t.test('cut after any word, a line is read or refused with a message', async t => {
  const words = wordsOf(
    `-y -ss 1 -i s3://a/b -filter_complex '[0]null[v]' -map '[v]' -c:v libx264 -an s3://c/d.mp4`,
  )
  for (let length = 0; length < words.length; length++) {
    try {
      splitWords(words.slice(0, length))
    } catch (error) {
      t.match(error, { code: 'AVIO_ERR_OPTION', message: /\.$/ }, words.slice(0, length).join(' '))
    }
  }
})
