import t from 'tap'
import { parseLocation, parsePrefix, shownLocation } from '../../../lib/job/schema/location.js'

t.test('distinguishes objects, URLs, files and standard streams', async t => {
  for (const [text, expected] of [
    ['s3://b/k', { kind: 's3', bucket: 'b', key: 'k' }],
    ['s3://b/a%20b/../c?x#y', { kind: 's3', bucket: 'b', key: 'a%20b/../c?x#y' }],
    ['S3://b/k/', { kind: 's3', bucket: 'b', key: 'k/' }],
    [
      's3://arn:aws:s3:eu-west-1:1:accesspoint/ap/k',
      { kind: 's3', bucket: 'arn:aws:s3:eu-west-1:1:accesspoint/ap', key: 'k' },
    ],
    ['file:///a%20b/c', { kind: 'file', path: '/a b/c' }],
    ['/a/b', { kind: 'file', path: '/a/b' }],
    ['a b.mp4', { kind: 'file', path: 'a b.mp4' }],
    ['./a:b.mp4', { kind: 'file', path: './a:b.mp4' }],
    ['c:\\films\\a.mp4', { kind: 'file', path: 'c:\\films\\a.mp4' }],
    ['-', { kind: 'stdio' }],
  ] as const) {
    t.same(parseLocation(text), expected, text)
  }
  const http = parseLocation('https://u:p@x/a?q')
  t.equal(http?.kind === 'http' && http.url.href, 'https://u:p@x/a?q')
  for (const text of [
    ...['', 's3://', 's3://b', 's3://b/', 's3:b/k', 'https://', 'http:', 'ftp://x/y', 'concat:a|b', 'pipe:0'],
    ...['file://host/x', 'file:///a%2Fb', 'file:///a%00', 'data:,x', 'a\0b', 's3://b/k\0'],
  ]) {
    t.equal(parseLocation(text), undefined, JSON.stringify(text))
  }
})

t.test('reads a prefix, which ends with a slash', async t => {
  t.same(parsePrefix('s3://b/'), { kind: 's3', bucket: 'b', key: '' })
  t.same(parsePrefix('s3://b/a/b/'), { kind: 's3', bucket: 'b', key: 'a/b/' })
  t.same(parsePrefix('out/'), { kind: 'file', path: 'out/' })
  t.same(parsePrefix('file:///out/'), { kind: 'file', path: '/out/' })
  for (const text of ['s3://b/a', 'out', '', '-', 'https://x/y/', 's3:///'])
    t.equal(parsePrefix(text), undefined, text)
})

t.test('shows a URL without its query, user and password', async t => {
  t.equal(shownLocation('https://u:secret@x:8/a?X-Amz-Signature=secret#secret'), 'https://x:8/a')
  t.equal(shownLocation('s3://b/a?b#c'), 's3://b/a?b#c', 'a key is shown whole')
  t.equal(shownLocation('a?b'), 'a?b')
})
