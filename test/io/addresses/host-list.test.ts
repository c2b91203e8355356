import t from 'tap'
import { entryFor, HostList } from '../../../lib/io/addresses/host-list.js'

function list(...hosts: string[]): HostList {
  return HostList.option({ hosts }, 'allow.hosts')
}

t.test('covers exactly what an entry names', async t => {
  for (const [entry, url, expected] of [
    ['media.example.com', 'https://media.example.com/x?y#z', true],
    ['media.example.com', 'https://MEDIA.Example.COM:443/', true],
    ['Media.Example.com', 'https://media.example.com/', true],
    ['media.example.com', 'http://media.example.com/', false],
    ['media.example.com', 'https://media.example.com:8443/', false],
    ['media.example.com', 'https://a.media.example.com/', false],
    ['media.example.com', 'https://media.example.com./', false],
    ['media.example.com', 'https://media.example.com.evil.com/', false],
    ['media.example.com', 'https://media.example.com@evil.com/', false],
    ['media.example.com', 'https://evil.com/media.example.com', false],
    ['media.example.com', 'https://evil.com\\@media.example.com/', false],
    ['media.example.com', 'https://evil.com?@media.example.com/', false],
    ['media.example.com', 'https://evil.com#@media.example.com/', false],
    ['media.example.com', 'https:\\\\media.example.com\\x', true],
    ['media.example.com', 'https://xmedia.example.com/', false],
    ['media.example.com', 'https://media%2eexample.com/', true],
    ['media.example.com', 'https://media。example.com/', true],
    ['media.example.com', 'https://mediа.example.com/', false], // a Cyrillic а
    ['media.example.com:8443', 'https://media.example.com:8443/', true],
    ['media.example.com:8443', 'https://media.example.com/', false],
    ['media.example.com:443', 'https://media.example.com/', true],
    ['https://media.example.com', 'https://media.example.com/', true],
    ['http://media.example.com', 'http://media.example.com/', true],
    ['http://media.example.com', 'https://media.example.com/', false],
    ['http://media.example.com:8080', 'http://media.example.com:8080/', true],
    ['http://media.example.com:8080', 'http://media.example.com/', false],
    ['HTTP://media.example.com', 'http://media.example.com/', true],
    ['*.example.com', 'https://a.example.com/', true],
    ['*.example.com', 'https://a.b.example.com/', true],
    ['*.example.com', 'https://example.com/', false],
    ['*.example.com', 'https://.example.com/', true], // an empty label: no name server has it
    ['*.example.com', 'https://aexample.com/', false],
    ['*.example.com', 'https://a.example.com.evil.com/', false],
    ['*.example.com', 'https://a.example.com:8443/', false],
    ['*.example.com:8443', 'https://a.example.com:8443/', true],
    ['http://*.example.com', 'http://a.example.com/', true],
    ['http://*.example.com', 'https://a.example.com/', false],
    ['*', 'https://anything.example/', true],
    ['*', 'https://127.0.0.1/', true],
    ['*', 'http://anything.example/', false],
    ['*', 'https://anything.example:8443/', false],
    ['*:8443', 'https://anything.example:8443/', true],
    ['http://*', 'http://anything.example/', true],
    ['http://*', 'https://anything.example/', false],
    ['bücher.example', 'https://xn--bcher-kva.example/', true],
    ['xn--bcher-kva.example', 'https://BÜCHER.example/', true],
    ['*.bücher.example', 'https://a.bücher.example/', true],
    ['127.0.0.1', 'https://127.0.0.1/', true],
    ['127.0.0.1', 'https://2130706433/', true],
    ['127.0.0.1', 'https://0x7f.1/', true],
    ['127.0.0.1', 'https://0177.0.0.01/', true],
    ['127.0.0.1', 'https://127.1/', true],
    ['127.0.0.1', 'https://[::ffff:127.0.0.1]/', false],
    ['[::1]', 'https://[0:0:0:0:0:0:0:1]/', true],
    ['[::1]:8443', 'https://[::1]:8443/', true],
    ['[::FFFF:127.0.0.1]', 'https://[::ffff:7f00:1]/', true],
    ['localhost', 'https://localhost/', true],
  ] as const) {
    t.equal(list(entry).allows(new URL(url)), expected, `${entry} and ${url}`)
  }
})

t.test('is open to all its entries, and closed without one', async t => {
  const two = list('a.example', '*.b.example')
  for (const [host, expected] of [
    ['a.example', true],
    ['x.b.example', true],
    ['b.example', false],
  ] as const) {
    t.equal(two.allows(new URL(`https://${host}/`)), expected, host)
  }
  t.equal(list().allows(new URL('https://a.example/')), false)
})

t.test('names the entry that opens a URL', async t => {
  for (const [url, entry] of [
    ['https://a.example/x?y', 'a.example'],
    ['https://u:p@a.example:8443/', 'a.example:8443'],
    ['http://a.example/', 'http://a.example'],
    ['http://[::1]:81/', 'http://[::1]:81'],
  ] as const) {
    t.equal(entryFor(new URL(url)), entry)
    t.equal(list(entry).allows(new URL(url)), true)
  }
})

t.test('refuses entries of any other form, and tells no secret in one', async t => {
  for (const entry of [
    '',
    ' ',
    'https://',
    'ftp://a.example',
    's3://bucket',
    '//a.example',
    'a.example/',
    'https://a.example/path',
    'https://a.example?X-Amz-Signature=sesame',
    'https://jo:sesame@a.example',
    'jo:sesame@a.example',
    'a.example:',
    'a.example:99999',
    'a.example:80:80',
    'a b.example',
    'a\n.example',
    'a%2eexample',
    'a*.example',
    '*a.example',
    'a.*.example',
    '*.*.example',
    '**',
    '*.',
    '*.1.2.3.4',
    '*.[::1]',
    '*.2130706433',
    '::1',
    '[::1',
    '[x]',
    '1.2.3.4.5',
    'a\\b',
    '..',
  ]) {
    t.throws(
      () => HostList.option({ hosts: ['a.example', entry] }, 'allow.hosts'),
      {
        code: 'AVIO_ERR_OPTION',
        option: 'allow.hosts[1]',
        message: /^(?!.*sesame)Option "allow\.hosts\[1\]" must/,
      },
      entry,
    )
  }
  t.throws(() => HostList.option({ hosts: 'a.example' }, 'allow.hosts'), { code: 'AVIO_ERR_OPTION' })
  t.throws(() => HostList.option({ hosts: [new URL('https://a.example')] }, 'allow.hosts'), {
    code: 'AVIO_ERR_OPTION',
  })
})
