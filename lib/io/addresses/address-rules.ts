import { isIP } from 'node:net'
import { optionError, stringsOption } from '../../options.js'
import { type AddressList, addressList, plainAddress, specialRange } from './special-ranges.js'

/** The addresses to which connections are allowed: public ones, and those on a list. */
export class AddressRules {
  readonly #opened: AddressList

  /** @param opened - valid addresses and blocks */
  constructor(opened: readonly string[] = []) {
    this.#opened = addressList(opened)
  }

  /** Why an address is refused: `loopback`, `private` …; `undefined` if it is allowed. */
  fault(address: string): string | undefined {
    const reason = specialRange(address)
    return reason !== undefined && this.#opens(address) ? undefined : reason
  }

  #opens(address: string): boolean {
    const plain = plainAddress(address)
    return isIP(plain) !== 0 && (this.#opened.has(plain) || this.#opened.has(address.replace(/%.*$/s, '')))
  }
}

/** Checks and returns an option's entries: addresses (`10.1.2.3`, `::1`) and blocks (`10.1.0.0/16`, `fd00::/8`). */
export function addressRangesOption(options: object, option: string): string[] {
  const entries = stringsOption(options, option)
  const index = entries.findIndex(entry => !isRange(entry))
  if (index === -1) return entries
  const name = `${option}[${index}]`
  throw optionError(name, 'an IP address or a block such as 10.1.0.0/16', entries[index])
}

function isRange(entry: string): boolean {
  const [, address = '', bits = '0'] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? []
  return isIP(address) !== 0 && Number(bits) <= (isIP(address) === 4 ? 32 : 128)
}
