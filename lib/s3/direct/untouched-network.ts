import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'

/**
 * Whether `http`, `https`, `net` and `tls` are Node's own at this moment.
 *
 * Test doubles for the network (nock, msw), request tracing and proxies replace these functions with their own. A
 * connection that bypassed them would reach the real network. The replacement may be loaded before this library, so
 * remembering the original functions is not enough: this module recognises Node's own functions by the start of their
 * source. An unknown function, as in a later Node, counts as a replacement, which only costs CPU time.
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

/** Functions recognised as Node's. */
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

/** The functions that create requests and connections, and the start of the source of Node's own. */
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
