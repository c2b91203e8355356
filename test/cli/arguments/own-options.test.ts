import t from 'tap'
import {
  OF_JOBS,
  namedValues,
  numberValue,
  readLeading,
  readWords,
} from '../../../lib/cli/arguments/own-options.js'

const TABLE = { ...OF_JOBS, count: { type: 'string' }, overwrite: { type: 'boolean', short: 'y' } } as const

t.test('reads options and words in any order', async t => {
  const { values, words } = readWords(
    ['a', '--count', '8', '-y', 'b', '--allow-host=x', '--allow-host', 'y'],
    TABLE,
  )
  t.same({ ...values }, { count: '8', overwrite: true, 'allow-host': ['x', 'y'] })
  t.same(words, ['a', 'b'])
})

t.test('refuses unknown options, missing and empty values, and values of switches', async t => {
  for (const [words, message] of [
    [['--cuont', '8'], /--cuont is unknown\. Did you mean --count\?/],
    [['--xyzzy'], /--xyzzy is unknown\. The options are: --help, --json/],
    [['-z'], /-z is unknown/],
    [['--count'], /--count needs a value/],
    [['--count', '--json'], /--count needs a value/],
    [['--count='], /--count must not be empty/],
    [['--json=yes'], /--json takes no value/],
  ] as [string[], RegExp][]) {
    t.throws(() => readWords(words, TABLE), { code: 'AVIO_ERR_OPTION', message }, words.join(' '))
    if (words[0] !== '-z') t.throws(() => readLeading(words, TABLE), { message }, words.join(' '))
  }
})

t.test('reads the options in front of the syntax of ffmpeg, and leaves the rest', async t => {
  const { values, words } = readLeading(
    ['--json', '--region', 'x', '--endpoint=http://y', '-i', 'a', '--z'],
    TABLE,
  )
  t.same({ ...values }, { json: true, region: 'x', endpoint: 'http://y' })
  t.same(words, ['-i', 'a', '--z'])
  t.same(readLeading(['-i', 'a'], TABLE).words, ['-i', 'a'])
})

t.test('reads pairs and numbers', async t => {
  t.same(namedValues(['a=b', 'c=d=e'], '--tag'), { a: 'b', c: 'd=e' })
  t.equal(namedValues(undefined, '--tag'), undefined)
  for (const word of ['a', '=b']) t.throws(() => namedValues([word], '--tag'), { code: 'AVIO_ERR_OPTION' })
  const bounds = { min: 1, max: 10 }
  t.equal(numberValue('7', '--count', bounds), 7)
  t.equal(numberValue('0.5', '--every', { min: 0.1, max: 1, isInteger: false }), 0.5)
  t.equal(numberValue(undefined, '--count', bounds), undefined)
  for (const word of ['0', '11', '1.5', 'x', '-1', '1e1', '0x1'])
    t.throws(() => numberValue(word, '--count', bounds), { message: /an integer from 1 to 10/ }, word)
})
