import { SourceError, type SourceErrorFields } from '../../errors.js'
import { knownOptions, objectOption, optionError } from '../../options.js'
import { AddressRules, addressRangesOption } from '../addresses/address-rules.js'
import { CheckedAgents, type RefusedAddress } from '../addresses/checked-agents.js'
import { entryFor, HostList } from '../addresses/host-list.js'

/** Where an untrusted URL may lead: the option `allow` of {@link HttpSource}. */
export interface HttpAllow {
  /**
   * The hosts that the URL and every redirect may name:
   *
   * - `media.example.com`: this host, by `https:`, port 443; `media.example.com:8443`: by that port only;
   * - `*.example.com`: the hosts below it, at any depth, and not `example.com` itself;
   * - `*`: every host, if only the addresses matter;
   * - `http://media.example.com`: by `http:`, which no other entry opens.
   */
  hosts: readonly string[]
  /**
   * Addresses (`10.1.2.3`, `::1`) and blocks of them (`10.1.0.0/16`) that may be connected to although they are not on
   * the public internet: those of your own servers.
   *
   * @defaultValue none
   */
  addresses?: readonly string[] | undefined
}

/** {@link HttpAllow}, checked. */
export class HttpPolicy {
  readonly #hosts: HostList
  readonly agents: CheckedAgents

  /** Reads the option `allow`, if it is there. */
  static option(options: object): HttpPolicy | undefined {
    const allow = objectOption<HttpAllow>(options, 'allow')
    return allow && new HttpPolicy(allow)
  }

  private constructor(allow: HttpAllow) {
    knownOptions(allow, 'allow', ['hosts', 'addresses'])
    if ((allow.hosts as unknown) === undefined) {
      throw optionError('allow.hosts', 'an array of strings', undefined)
    }
    this.#hosts = HostList.option(allow, 'allow.hosts')
    this.agents = new CheckedAgents(new AddressRules(addressRangesOption(allow, 'allow.addresses')))
  }

  /**
   * Refuses a URL whose host is not in the list, or that has a user or password. Its addresses are for `agents`.
   *
   * @param source - the name of the source in errors
   * @param isRedirect - whether a server named the URL
   * @throws {@link SourceError} AVIO_ERR_SOURCE_REFUSED
   */
  check(url: URL, source: string, isRedirect: boolean): void {
    const entry = entryFor(url)
    if (!this.#hosts.allows(url)) {
      throw refused(
        { source },
        isRedirect
          ? `it is redirected to ${url.origin}, which is not in allow.hosts`
          : `${url.origin} is not in allow.hosts`,
        `Add "${entry}" if it may be read.`,
      )
    }
    if (url.username === '' && url.password === '') return
    throw refused(
      { source },
      `${isRedirect ? 'it is redirected to a URL' : 'its URL is one'} with a user or password, which allow rules out`,
      isRedirect ? 'Use the URL behind the redirect.' : 'Remove them, or use the option "headers".',
    )
  }
}

/** The error of a connection that was not made. */
export function addressRefused({ message, address }: RefusedAddress, fields: SourceErrorFields): SourceError {
  return refused(fields, message, `Add "${address}" to allow.addresses if it may be read.`)
}

function refused(fields: SourceErrorFields, why: string, remedy: string): SourceError {
  return new SourceError(
    'AVIO_ERR_SOURCE_REFUSED',
    `Cannot read ${fields.source ?? 'the URL'}: ${why}. ${remedy}`,
    fields,
  )
}
