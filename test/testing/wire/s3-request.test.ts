import t from 'tap'
import {
  headerOf,
  numberFromQuery,
  parseRequest,
  unreadableRequest,
} from '../../../lib/testing/wire/s3-request.js'

const read = (url: string) => parseRequest({ method: 'GET', url, headers: {} })

t.test('takes bucket and key from the path, decoded once', async t => {
  const expected: Record<string, [string | undefined, string | undefined]> = {
    '/': [undefined, undefined],
    '/box': ['box', undefined],
    '/box/': ['box', undefined],
    '/box/a/b': ['box', 'a/b'],
    '/box//a': ['box', '/a'],
    '/box/a/': ['box', 'a/'],
    '/box/%C3%BC%20%2B%25.bin': ['box', 'ü +%.bin'],
    '/box/a+b': ['box', 'a+b'],
    '/box/..%2Fa%3Fb%23': ['box', '../a?b#'],
    '/box/%252F': ['box', '%2F'],
  }
  for (const [url, [bucket, key]] of Object.entries(expected)) t.match(read(url), { bucket, key }, url)
})

t.test('reads a query in order, and the first of two values with the same name', async t => {
  const { query, queryPairs } = read('/box?prefix=a%2Bb+c&delete&x=1=2&x=3&&')
  t.same(queryPairs, [
    ['prefix', 'a+b c'],
    ['delete', ''],
    ['x', '1=2'],
    ['x', '3'],
  ])
  t.equal(query.get('x'), '1=2')
  t.equal(query.get('delete'), '')
})

t.test('rejects malformed escapes, and leaves something to log', async t => {
  for (const url of ['/box/%', '/box/%zz', '/box/%ff', '/box?a=%']) {
    t.throws(() => read(url), { code: 'InvalidURI' }, url)
  }
  t.match(unreadableRequest({ method: 'PUT', headers: {} }), { method: 'PUT', operation: undefined })
})

t.test('joins repeated headers', async t => {
  t.equal(headerOf({ headers: { 'set-cookie': ['a', 'b'] } }, 'set-cookie'), 'a,b')
  t.equal(headerOf({ headers: { host: 'x' } }, 'host'), 'x')
  t.equal(headerOf({ headers: {} }, 'host'), undefined)
})

t.test('limits numbers in a query', async t => {
  const rule = { min: 1, max: 10, fallback: undefined }
  t.equal(numberFromQuery(read('/b?n=10'), 'n', rule), 10)
  t.equal(numberFromQuery(read('/b'), 'n', rule), undefined)
  t.equal(numberFromQuery(read('/b?n='), 'n', { ...rule, fallback: 5 }), 5)
  for (const value of ['0', '11', '-1', '1.5', 'x', '1e1']) {
    t.throws(() => numberFromQuery(read(`/b?n=${value}`), 'n', rule), { code: 'InvalidArgument' }, value)
  }
})
