import t from 'tap'
import { S3Allow } from '../../../lib/job/allow/s3-allow.js'

const access = 'arn:aws:s3:eu-central-1:123456789012:accesspoint/films'

t.test('allows every bucket without a list, otherwise only the listed ones', async t => {
  for (const [allow, bucket, key, expected] of [
    [{}, 'any', 'k', true],
    [{ buckets: undefined, prefixes: undefined }, 'any', 'k', true],
    [{ buckets: [] }, 'any', 'k', false],
    [{ prefixes: [] }, 'any', 'k', false],
    [{ buckets: ['a'] }, 'a', 'x/y', true],
    [{ buckets: ['a'] }, 'A', 'x/y', false],
    [{ buckets: ['a'] }, 'ab', 'x', false],
    [{ buckets: ['ab'] }, 'a', 'b/x', false],
    [{ buckets: ['a'] }, 'a ', 'x', false],
    [{ buckets: ['a', 'b'] }, 'b', 'x', true],
    [{ buckets: [access] }, access, 'x', true],
    [{ buckets: ['a'], prefixes: ['s3://b/p/'] }, 'a', 'x', true],
    [{ buckets: ['a'], prefixes: ['s3://b/p/'] }, 'b', 'p/x', true],
    [{ buckets: ['a'], prefixes: ['s3://b/p/'] }, 'b', 'x', false],
    [{ prefixes: ['s3://b/p/'] }, 'b', 'p/', true],
    [{ prefixes: ['s3://b/p/'] }, 'b', 'p', false],
    [{ prefixes: ['s3://b/p/'] }, 'b', 'p2/x', false],
    [{ prefixes: ['s3://b/p/'] }, 'b', 'P/x', false],
    [{ prefixes: ['s3://b/p/'] }, 'b', '/p/x', false],
    [{ prefixes: ['s3://b/p/'] }, 'b', './p/x', false],
    [{ prefixes: ['s3://b/p/'] }, 'b', 'q/../p/x', false],
    [{ prefixes: ['s3://b/p/'] }, 'b', 'p/../q', true], // a key of its own: S3 resolves nothing
    [{ prefixes: ['s3://b/p/'] }, 'b', 'p%2fx', false],
    [{ prefixes: ['s3://b/p%2f/'] }, 'b', 'p//x', false],
    [{ prefixes: ['s3://b/p/'] }, 'b', 'p\\x', false],
    [{ prefixes: ['s3://b/p/'] }, 'B', 'p/x', false],
    [{ prefixes: ['s3://b/'] }, 'b', 'anything', true],
    [{ prefixes: ['s3://b/'] }, 'bb', 'anything', false],
    [{ prefixes: ['s3://b/\u00e9/'] }, 'b', '\u00e9/x', true],
    [{ prefixes: ['s3://b/\u00e9/'] }, 'b', 'e\u0301/x', false], // the same letter, other bytes
    [{ prefixes: ['s3://b/p//'] }, 'b', 'p/x', false],
    [{ prefixes: ['s3://b/p//'] }, 'b', 'p//x', true],
    [{ prefixes: ['s3://b/p/*/'] }, 'b', 'p/q/x', false],
  ] as [{ buckets?: string[]; prefixes?: string[] }, string, string, boolean][]) {
    const name = `${JSON.stringify(allow)}: ${bucket} ${key}`
    t.equal(S3Allow.option(allow).allows({ bucket, key }), expected, name)
  }
})

t.test('refuses entries of another form', async t => {
  for (const [option, allow] of [
    ['allow.buckets', { buckets: 'a' }],
    ['allow.buckets', { buckets: null }],
    ['allow.buckets[0]', { buckets: [''] }],
    ['allow.buckets[1]', { buckets: ['a', 's3://b'] }],
    ['allow.buckets[0]', { buckets: ['b/p'] }],
    ['allow.buckets[0]', { buckets: ['*'] }],
    ['allow.buckets[0]', { buckets: ['films-*'] }],
    ['allow.prefixes', { prefixes: 's3://b/p/' }],
    ['allow.prefixes[0]', { prefixes: ['s3://b/p'] }],
    ['allow.prefixes[0]', { prefixes: ['s3://b'] }],
    ['allow.prefixes[0]', { prefixes: ['b/p/'] }],
    ['allow.prefixes[0]', { prefixes: ['/srv/media/'] }],
    ['allow.prefixes[0]', { prefixes: ['https://b.example/p/'] }],
    ['allow.prefixes[0]', { prefixes: [''] }],
  ] as [string, object][]) {
    const expected = { code: 'AVIO_ERR_OPTION', option }
    t.throws(() => S3Allow.option(allow), expected, JSON.stringify(allow))
  }
})
