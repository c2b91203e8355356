import { BlockList, isIP, isIPv4 } from 'node:net'

/**
 * Addresses that are not on the public internet, with the reason.
 *
 * IPv4: every block that IANA's registry of special-purpose addresses doesn't call globally reachable, and
 * multicast (RFC 5771). 192.0.0.0/24 is refused as a whole: its two public addresses are anycast services, not file
 * servers.
 *
 * IPv6: whatever lies outside 2000::/3, the only block from which IANA assigns global unicast addresses, and the
 * special blocks within it. Teredo (2001::/32) and 6to4 (2002::/16) embed the IPv4 address of an unknown relay, and are
 * refused. Two blocks represent IPv4 addresses, which are checked instead: `::ffff:0:0/96`, which the system itself
 * treats as IPv4, and `64:ff9b::/96`, by which a network with DNS64 reaches every IPv4 server.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry/
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry/
 * @see https://www.iana.org/assignments/ipv6-address-space/
 */
export const SPECIAL_RANGES: readonly (readonly [reason: string, ...ranges: string[]])[] = [
  ['unspecified', '0.0.0.0/8', '::/128'],
  ['loopback', '127.0.0.0/8', '::1/128'],
  ['private', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10'],
  ['link-local', '169.254.0.0/16', 'fe80::/10'],
  ['carrier-grade NAT', '100.64.0.0/10'],
  ['protocol assignments', '192.0.0.0/24', '2001::/23', '5f00::/16'],
  ['documentation', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'],
  ['benchmarking', '198.18.0.0/15'],
  ['6to4', '192.88.99.0/24', '2002::/16'],
  ['multicast', '224.0.0.0/4', 'ff00::/8'],
  ['reserved', '240.0.0.0/4', '::/3', '4000::/2', '8000::/1'],
]

/** Blocks whose last 32 bits are an IPv4 address (RFC 4291 §2.5.5.2, RFC 6052 §2.1). */
const EMBEDDING = addressList(['::ffff:0:0/96', '64:ff9b::/96'])

const LISTS = SPECIAL_RANGES.map(([reason, ...ranges]) => [reason, addressList(ranges)] as const)

/** Ranges of both families. `BlockList` alone would match an IPv4 address against IPv6 ranges, as `::ffff:…`. */
export interface AddressList {
  /** Whether the address, without a zone, lies in one of the ranges. */
  has(address: string): boolean
}

/** A list of addresses and blocks (`address/bits`), which must be valid. */
export function addressList(ranges: readonly string[]): AddressList {
  // Built at the first question: a program that reads no address from its users never asks.
  let lists: ReturnType<typeof blockLists> | undefined
  return {
    has: address => {
      lists ??= blockLists(ranges)
      return isIPv4(address) ? lists.v4.check(address, 'ipv4') : lists.v6.check(address, 'ipv6')
    },
  }
}

function blockLists(ranges: readonly string[]): { readonly v4: BlockList; readonly v6: BlockList } {
  const [v4, v6] = [new BlockList(), new BlockList()]
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    if (isIPv4(address)) v4.addSubnet(address, Number(bits ?? 32), 'ipv4')
    else v6.addSubnet(address, Number(bits ?? 128), 'ipv6')
  }
  return { v4, v6 }
}

/** An address without its zone (`fe80::1%eth0`), converted to the IPv4 address it represents. */
export function plainAddress(given: string): string {
  const address = given.replace(/%.*$/s, '')
  return isIP(address) === 6 && EMBEDDING.has(address) ? lastFour(address) : address
}

/** Why an address is not public: `loopback`, `private` …; `undefined` if it is public. */
export function specialRange(address: string): string | undefined {
  const plain = plainAddress(address)
  if (isIP(plain) === 0) return 'not an IP address'
  return LISTS.find(([, list]) => list.has(plain))?.[0]
}

/** The last 32 bits of an IPv6 address, as IPv4. The URL parser writes every spelling the same way. */
function lastFour(address: string): string {
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':')
  const [high = 0, low = 0] = groups.slice(-2).map(group => parseInt(group || '0', 16))
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
