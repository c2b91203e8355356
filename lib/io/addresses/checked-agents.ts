import dns, { type LookupAddress } from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction, Socket } from 'node:net'
import type { AddressRules } from './address-rules.js'

/** A connection that was not made, since the address is none that may be connected to. */
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

/** As Node's own agents have it (`http.globalAgent`): an idle connection is closed after 5 s. */
const POOL: http.AgentOptions = { keepAlive: true, scheduling: 'lifo', timeout: 5000 }

/**
 * Agents that connect to addresses which follow the rules, and to no others.
 *
 * A name is looked up by the connection itself, and of the answer only the addresses that follow the rules are handed
 * on. Between a check and a connection no second lookup could say something else (DNS rebinding). Node looks up no IP
 * address, so a host that is one is checked before.
 *
 * Idle connections are kept in these agents' own pools, so that none is used that was made without the check. Proxies
 * named by the environment are not used: what a proxy connects to can't be checked here.
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

/** A connection that fails, so that the agent forgets it like any other that does. */
function failing(error: Error): Socket {
  const socket = new Socket()
  // Before the next turn, nobody listens.
  process.nextTick(() => socket.destroy(error))
  return socket
}

/** The system's lookup, with what follows the rules of its answer. */
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
