import t from 'tap'
import * as fields from '../../../lib/job/schema/fields.js'

/** Valid and invalid values of each field. */
const TABLE: [keyof typeof fields, unknown[], unknown[]][] = [
  [
    'inputUrl',
    ['s3://b/k', 'https://x', 'http://x', 'a', '-', 'file:///a'],
    ['s3://b', 'https:', 'data:,x', '', 7],
  ],
  ['outputUrl', ['s3://b/k', 'a', '-', 'file:///a'], ['https://x/y', 'http://x/y', 'ftp://x/y', '']],
  ['prefix', ['s3://b/', 's3://b/a/', 'a/', 'file:///a/'], ['s3://b/a', 'a', '-', 'https://x/', '/\0/']],
  ['args', [[], ['-an'], ['x'.repeat(65_536)]], ['-an', [1], ['x'.repeat(65_537)], Array(1001).fill('a')]],
  ['formatName', ['mp4', '3gp', 'h264', 's16le', 'image2pipe'], ['', '-an', 'mp4,mov', 'a b']],
  ['plainName', ['a', '720p', '_x.y-z'], ['', '.a', 'a/b', 'a b', '..']],
  ['headerValue', ['a', 'x'.repeat(2048)], ['', 'x'.repeat(2049), 7]],
  ['strings', [{}, { a: 'b' }], [{ a: 1 }, { '': 'a' }, ['a'], null]],
  ['seconds', [0, 0.5, 1e9], [-1, 1e9 + 1, Infinity, NaN, '1']],
]

t.test('accepts only values that follow the rule', async t => {
  for (const [name, good, bad] of TABLE) {
    for (const value of good)
      t.ok(fields[name].safeParse(value).success, `${name} ${JSON.stringify(value).slice(0, 40)}`)
    for (const value of bad)
      t.notOk(fields[name].safeParse(value).success, `${name} ${String(value).slice(0, 40)}`)
  }
  t.same(TABLE.map(([name]) => name).sort(), Object.keys(fields).sort(), 'each field is in the table')
})
