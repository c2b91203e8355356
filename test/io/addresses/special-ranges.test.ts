import { isIP } from 'node:net'
import t from 'tap'
import {
  addressList,
  plainAddress,
  SPECIAL_RANGES,
  specialRange,
} from '../../../lib/io/addresses/special-ranges.js'

/** Each block with its first and last address, and what is before and behind it. */
const BLOCKS: [range: string, reason: string, first: string, last: string, before: Near, behind: Near][] = [
  ['0.0.0.0/8', 'unspecified', '0.0.0.0', '0.255.255.255', undefined, '1.0.0.0'],
  ['10.0.0.0/8', 'private', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
  ['100.64.0.0/10', 'carrier-grade NAT', '100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
  ['127.0.0.0/8', 'loopback', '127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
  ['169.254.0.0/16', 'link-local', '169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
  ['172.16.0.0/12', 'private', '172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
  ['192.0.0.0/24', 'protocol assignments', '192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
  ['192.0.2.0/24', 'documentation', '192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'],
  ['192.88.99.0/24', '6to4', '192.88.99.0', '192.88.99.255', '192.88.98.255', '192.88.100.0'],
  ['192.168.0.0/16', 'private', '192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
  ['198.18.0.0/15', 'benchmarking', '198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'],
  ['198.51.100.0/24', 'documentation', '198.51.100.0', '198.51.100.255', '198.51.99.255', '198.51.101.0'],
  ['203.0.113.0/24', 'documentation', '203.0.113.0', '203.0.113.255', '203.0.112.255', '203.0.114.0'],
  ['224.0.0.0/4', 'multicast', '224.0.0.0', '239.255.255.255', '223.255.255.255', ['240.0.0.0', 'reserved']],
  ['240.0.0.0/4', 'reserved', '240.0.0.0', '255.255.255.255', ['239.255.255.255', 'multicast'], undefined],

  ['::/128', 'unspecified', '::', '0:0:0:0:0:0:0:0', undefined, ['::1', 'loopback']],
  ['::1/128', 'loopback', '::1', '::0:1', ['::', 'unspecified'], ['::2', 'reserved']],
  ['::/3', 'reserved', '::2', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', ['::1', 'loopback'], '2000::'],
  [
    '2001::/23',
    'protocol assignments',
    '2001::',
    '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff',
    '2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:200::',
  ],
  [
    '2001:db8::/32',
    'documentation',
    '2001:db8::',
    '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:db9::',
  ],
  [
    '2002::/16',
    '6to4',
    '2002::',
    '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '2003::',
  ],
  [
    '3fff::/20',
    'documentation',
    '3fff::',
    '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff',
    '3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '3fff:1000::',
  ],
  [
    '4000::/2',
    'reserved',
    '4000::',
    '7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ['8000::', 'reserved'],
  ],
  [
    '5f00::/16',
    'protocol assignments',
    '5f00::',
    '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ['5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'reserved'],
    ['5f01::', 'reserved'],
  ],
  [
    '8000::/1',
    'reserved',
    '8000::',
    'fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ['7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'reserved'],
    ['fc00::', 'private'],
  ],
  [
    'fc00::/7',
    'private',
    'fc00::',
    'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ['fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'reserved'],
    ['fe00::', 'reserved'],
  ],
  [
    'fe80::/10',
    'link-local',
    'fe80::',
    'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ['fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'reserved'],
    ['fec0::', 'private'],
  ],
  [
    'fec0::/10',
    'private',
    'fec0::',
    'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ['febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'link-local'],
    ['ff00::', 'multicast'],
  ],
  [
    'ff00::/8',
    'multicast',
    'ff00::',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ['feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'private'],
    undefined,
  ],
]

/** A public address, one of another block, or the end of all addresses. */
type Near = string | [address: string, reason: string] | undefined

t.test('finds each block from its first to its last address, and not beside it', async t => {
  for (const [range, reason, first, last, before, behind] of BLOCKS) {
    t.equal(specialRange(first), reason, `${first}, the first of ${range}`)
    t.equal(specialRange(last), reason, `${last}, the last of ${range}`)
    for (const near of [before, behind]) {
      if (near === undefined) continue
      const [address, expected] = typeof near === 'string' ? [near, undefined] : near
      t.equal(specialRange(address), expected, `${address}, beside ${range}`)
    }
  }
  t.same(
    BLOCKS.map(([range]) => range).sort(),
    SPECIAL_RANGES.flatMap(([, ...ranges]) => ranges).sort(),
    'the table has every block',
  )
})

t.test('refuses addresses that attacks are known by', async t => {
  for (const [address, reason] of [
    ['169.254.169.254', 'link-local'], // metadata of EC2, GCP, Azure
    ['169.254.170.2', 'link-local'], // credentials of ECS
    ['fd00:ec2::254', 'private'], // metadata of EC2 over IPv6
    ['100.100.100.200', 'carrier-grade NAT'], // metadata of Alibaba
    ['192.0.0.192', 'protocol assignments'], // metadata of Oracle
    ['192.0.0.9', 'protocol assignments'],
    ['255.255.255.255', 'reserved'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'protocol assignments'], // Teredo
    ['2001:20::1', 'protocol assignments'], // ORCHIDv2
    ['2002:7f00:1::', '6to4'],
    ['2002:808:808::1', '6to4'],
    ['::127.0.0.1', 'reserved'], // IPv4-compatible
    ['::ffff:0:127.0.0.1', 'reserved'], // IPv4-translated
    ['64:ff9b:1::7f00:1', 'reserved'], // NAT64 of a local network
    ['100::1', 'reserved'], // discarded
    ['fe80::1%eth0', 'link-local'],
  ] as const) {
    t.equal(specialRange(address), reason, address)
  }
})

t.test('takes public addresses for public', async t => {
  for (const address of [
    '1.1.1.1',
    '8.8.8.8',
    '52.95.110.1',
    '192.31.196.1', // AS112 and AMT are globally reachable by the registry
    '192.52.193.1',
    '192.175.48.1',
    '2606:4700:4700::1111',
    '2001:4860:4860::8888',
    '2620:4f:8000::1',
    '2a05:d014::1',
  ]) {
    t.equal(specialRange(address), undefined, address)
  }
})

t.test('judges an embedded IPv4 address by itself, in every spelling', async t => {
  for (const [given, plain, reason] of [
    ['::ffff:127.0.0.1', '127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', '127.0.0.1', 'loopback'],
    ['0:0:0:0:0:FFFF:7F00:0001', '127.0.0.1', 'loopback'],
    ['::ffff:0:0', '0.0.0.0', 'unspecified'],
    ['::ffff:a9fe:a9fe', '169.254.169.254', 'link-local'],
    ['::ffff:8.8.8.8', '8.8.8.8', undefined],
    ['::ffff:ffff:ffff', '255.255.255.255', 'reserved'],
    ['64:ff9b::', '0.0.0.0', 'unspecified'],
    ['64:ff9b::1', '0.0.0.1', 'unspecified'],
    ['64:ff9b::10.0.0.1', '10.0.0.1', 'private'],
    ['64:ff9b::a00:0', '10.0.0.0', 'private'],
    ['64:ff9b::808:808', '8.8.8.8', undefined],
    ['64:ff9b::ffff:ffff', '255.255.255.255', 'reserved'],
    ['64:ff9b::1:0:0', '64:ff9b::1:0:0', 'reserved'],
    ['::fffe:ffff:ffff', '::fffe:ffff:ffff', 'reserved'],
    ['::1:0:0:0', '::1:0:0:0', 'reserved'],
  ] as const) {
    t.equal(plainAddress(given), plain, given)
    t.equal(specialRange(given), reason, given)
  }
})

t.test('refuses what is no address', async t => {
  for (const text of ['', 'localhost', '127.1', '0x7f000001', '127.0.0.1 ', '[::1]', ':::', '1.2.3.4.5']) {
    t.equal(isIP(text), 0)
    t.equal(specialRange(text), 'not an IP address', text)
  }
})

t.test('keeps the families of a list apart', async t => {
  const v6 = addressList(['::/0'])
  t.equal(v6.has('8.8.8.8'), false)
  t.equal(v6.has('2606::1'), true)
  const v4 = addressList(['0.0.0.0/0'])
  t.equal(v4.has('8.8.8.8'), true)
  t.equal(v4.has('2606::1'), false)
  t.equal(addressList([]).has('8.8.8.8'), false)
})
