import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'

/**
 * Whether `http`, `https`, `net` and `tls` are Node's own at this moment.
 *
 * What stands in for the network in a test (nock, msw), traces requests, or sends them through a proxy puts functions
 * of its own in the place of these. A connection that goes round them would reach the real network. Such a thing may
 * have been loaded before this library, so that it does not do to remember what was there: Node's own functions are
 * known by how their source begins. One that is not known, as in some later Node, is taken for another's, which costs
 * CPU time and nothing else.
 */
export function isNetworkUntouched(): boolean {
  return OWN.every(([current, source]) => {
    const found = current()
    if (known.has(found)) return true
    const isOwn = source.test(Function.prototype.toString.call(found))
    if (isOwn) known.add(found)
    return isOwn
  })
}

type Callable = (...args: never[]) => unknown

/** Functions that were found to be Node's. */
const known = new WeakSet<Callable>()

interface Internals {
  readonly addRequest: Callable
  readonly createSocket: Callable
  readonly createConnection: Callable
}

const agent = http.Agent.prototype as unknown as Internals
const secureAgent = https.Agent.prototype as unknown as Internals
const socket = net.Socket.prototype as unknown as { readonly connect: Callable }
const CONNECT = /^function connect\(\.\.\.args\) \{\s+const normalized = normalizeArgs\(/

/** Where requests and connections are made, and how the source of Node's own begins there. */
const OWN: readonly (readonly [() => Callable, RegExp])[] = [
  [() => http.request, /^function request\(url, options, cb\) \{\s+return new ClientRequest\(/],
  [
    () => http.ClientRequest as unknown as Callable,
    /^function ClientRequest\(input, options, cb\) \{\s+OutgoingMessage\.call\(/,
  ],
  [() => https.request, /^function request\(\.\.\.args\) \{\s+let options = \{\};/],
  [() => net.connect, CONNECT],
  [() => net.createConnection, CONNECT],
  [() => socket.connect, /^function ?\(\.\.\.args\) \{\s+let normalized;/],
  [() => tls.connect, /^function connect\(\.\.\.args\) \{\s+args = normalizeConnectArgs\(/],
  [() => agent.addRequest, /^function addRequest\(req, options, port\/\* legacy \*\//],
  [() => agent.createSocket, /^function createSocket\(req, options, cb\) \{/],
  [() => agent.createConnection, /^function (connect|createConnection)\(\.\.\.args\) \{/],
  [() => secureAgent.createConnection, /^function createConnection\((port, host, options|\.\.\.args)\) \{/],
]
