import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import t from 'tap'
import { isNetworkUntouched } from '../../../lib/s3/direct/untouched-network.js'

t.test('recognises the functions of this Node', async t => {
  t.equal(isNetworkUntouched(), true)
})

t.test('detects each replaced function, and its restoration', async t => {
  const places: [object, string][] = [
    [http, 'request'],
    [http, 'ClientRequest'],
    [https, 'request'],
    [net, 'connect'],
    [net, 'createConnection'],
    [net.Socket.prototype, 'connect'],
    [tls, 'connect'],
    [http.Agent.prototype, 'addRequest'],
    [http.Agent.prototype, 'createSocket'],
    [http.Agent.prototype, 'createConnection'],
    [https.Agent.prototype, 'createConnection'],
  ]
  for (const [owner, name] of places) {
    const own = Object.getOwnPropertyDescriptor(owner, name)!
    const call = own.value as (...args: unknown[]) => unknown
    const stand = [(...args: unknown[]) => call(...args), new Proxy(call, {}), call.bind(undefined)]
    for (const value of stand) {
      Object.defineProperty(owner, name, { ...own, value })
      t.equal(isNetworkUntouched(), false, name)
      Object.defineProperty(owner, name, own)
      t.equal(isNetworkUntouched(), true, name)
    }
  }
})
