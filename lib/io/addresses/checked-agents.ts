import dns, { type LookupAddress } from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction, Socket } from 'node:net'
import type { AddressRules } from './address-rules.js'

/** A connection that was refused because of its address. */
export class RefusedAddress extends Error {
  override readonly name = 'RefusedAddress'
  readonly host: string
  readonly address: string
  /** `loopback`, `private` … */
  readonly reason: string

  constructor(host: string, address: string, reason: string) {
    const what = `not a public address (${reason})`
    super(host === address ? `${host} is ${what}` : `${host} resolves to ${address}, which is ${what}`)
    this.host = host
    this.address = address
    this.reason = reason
  }
}

/** The options of Node's own agents (`http.globalAgent`): an idle connection is closed after 5 s. */
const POOL: http.AgentOptions = { keepAlive: true, scheduling: 'lifo', timeout: 5000 }

/**
 * Agents that connect only to allowed addresses.
 *
 * The connection itself looks up the name, and this lookup returns only the allowed addresses of the answer. So there
 * is no second lookup after the check, which could return another address (DNS rebinding). Node does not look up IP
 * addresses, so a host that is one is checked before.
 *
 * Idle connections stay in these agents' own pools, so that no unchecked connection is reused. Proxies from the
 * environment are ignored: the addresses to which a proxy connects can't be checked here.
 */
export class CheckedAgents {
  readonly #http: http.Agent
  readonly #https: https.Agent

  constructor(rules: AddressRules) {
    this.#http = checked(new http.Agent(POOL), rules)
    this.#https = checked(new https.Agent(POOL), rules)
  }

  /** The agent for URLs of a scheme. */
  for(protocol: string): http.Agent {
    return protocol === 'https:' ? this.#https : this.#http
  }
}

function checked<A extends http.Agent>(agent: A, rules: AddressRules): A {
  const connect = agent.createConnection.bind(agent)
  const lookup = checkedLookup(rules)
  agent.createConnection = (options, callback) => {
    const host = options.host ?? ''
    const fault = isIP(host) === 0 ? undefined : rules.fault(host)
    return fault === undefined
      ? connect({ ...options, lookup }, callback)
      : failing(new RefusedAddress(host, host, fault))
  }
  return agent
}

/** A failing connection, which the agent drops like any other. */
function failing(error: Error): Socket {
  const socket = new Socket()
  // There are no listeners before the next turn.
  process.nextTick(() => socket.destroy(error))
  return socket
}

/** The system's lookup, reduced to the allowed addresses. */
function checkedLookup(rules: AddressRules): LookupFunction {
  return (host, options, callback) => {
    dns.lookup(host, { ...options, all: true }, (error, found) => {
      const allowed = error ? [] : found.filter(({ address }) => rules.fault(address) === undefined)
      const [first] = allowed
      if (error) callback(error, '')
      else if (first === undefined) callback(refusal(host, found, rules), '')
      else if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

function refusal(host: string, [found]: LookupAddress[], rules: AddressRules): Error {
  const address = found?.address ?? 'no address'
  return new RefusedAddress(host, address, rules.fault(address) ?? 'unknown')
}
