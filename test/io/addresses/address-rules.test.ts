import t from 'tap'
import { AddressRules, addressRangesOption } from '../../../lib/io/addresses/address-rules.js'

function rules(...addresses: string[]): AddressRules {
  return new AddressRules(addressRangesOption({ addresses }, 'addresses'))
}

t.test('lets public addresses through, and no others', async t => {
  const none = new AddressRules()
  t.equal(none.fault('8.8.8.8'), undefined)
  t.equal(none.fault('10.0.0.1'), 'private')
  t.equal(none.fault('::1'), 'loopback')
  t.equal(none.fault('nonsense'), 'not an IP address')
})

t.test('opens the listed addresses and blocks, to their last address', async t => {
  for (const [listed, address, fault] of [
    ['10.1.2.3', '10.1.2.3', undefined],
    ['10.1.2.3', '10.1.2.4', 'private'],
    ['10.1.2.3', '::ffff:10.1.2.3', undefined],
    ['10.1.2.3', '64:ff9b::a01:203', undefined],
    ['10.1.0.0/16', '10.1.0.0', undefined],
    ['10.1.0.0/16', '10.1.255.255', undefined],
    ['10.1.0.0/16', '10.0.255.255', 'private'],
    ['10.1.0.0/16', '10.2.0.0', 'private'],
    ['10.1.77.1/16', '10.1.2.3', undefined],
    ['0.0.0.0/0', '127.0.0.1', undefined],
    ['0.0.0.0/0', '::1', 'loopback'],
    ['::/0', '::1', undefined],
    ['::/0', '127.0.0.1', 'loopback'],
    ['::/0', 'fe80::1%eth0', undefined],
    ['::1', '::1', undefined],
    ['::1', '0:0:0:0:0:0:0:1', undefined],
    ['::1', '::2', 'reserved'],
    ['fd00:1::/32', 'fd00:1:ffff::', undefined],
    ['fd00:1::/32', 'fd00:2::', 'private'],
    ['64:ff9b::/96', '64:ff9b::a00:1', undefined],
    ['64:ff9b::/96', '10.0.0.1', 'private'],
    ['::/0', 'nonsense', 'not an IP address'],
  ] as const) {
    t.equal(rules(listed).fault(address), fault, `${listed} and ${address}`)
  }
  const two = rules('127.0.0.0/8', '::1')
  t.same(
    ['127.9.9.9', '::1', '10.0.0.1'].map(address => two.fault(address)),
    [undefined, undefined, 'private'],
  )
})

t.test('takes an omitted list for an empty one', async t => {
  t.same(addressRangesOption({}, 'allow.addresses'), [])
  t.same(addressRangesOption({ addresses: ['10.0.0.1', '::1', 'fd00::/8'] }, 'allow.addresses'), [
    '10.0.0.1',
    '::1',
    'fd00::/8',
  ])
})

t.test('refuses entries that are no address and no block', async t => {
  for (const entry of [
    '',
    'localhost',
    '10.0.0',
    '10.0.0.1/33',
    '10.0.0.1/',
    '10.0.0.1/-1',
    '10.0.0.1/8/8',
    '10.0.0.1/1e1',
    '10.0.0.1 ',
    '10.0.0.0/255.0.0.0',
    '::1/129',
    '[::1]',
    'fe80::1%eth0',
    'fe80::1%eth0/64',
    '0x7f000001',
    '*',
  ]) {
    t.throws(
      () => addressRangesOption({ addresses: ['10.0.0.1', entry] }, 'allow.addresses'),
      {
        code: 'AVIO_ERR_OPTION',
        option: 'allow.addresses[1]',
        message:
          /^Option "allow\.addresses\[1\]" must be an IP address or a block such as 10\.1\.0\.0\/16, got "/,
      },
      entry,
    )
  }
  t.throws(() => addressRangesOption({ addresses: '10.0.0.1' }, 'allow.addresses'), {
    code: 'AVIO_ERR_OPTION',
  })
})
