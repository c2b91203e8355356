import { execFile } from 'node:child_process'
import dns, { type LookupAddress } from 'node:dns'
import { once } from 'node:events'
import http, { createServer, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { type AddressInfo, setDefaultAutoSelectFamily, getDefaultAutoSelectFamily } from 'node:net'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { AddressRules } from '../../../lib/io/addresses/address-rules.js'
import { CheckedAgents } from '../../../lib/io/addresses/checked-agents.js'
import { programArgs } from '../../support/program.js'

const run = promisify(execFile)
const PROGRAM = programArgs(new URL('../../fixtures/asks-checked.ts', import.meta.url))

/** A server on every IPv4 address; `log` has the address and connection of each request. */
async function server(t: Test, body = 'hello') {
  const log: string[] = []
  const connections = new Set<unknown>()
  const one = createServer((request, response) => {
    connections.add(request.socket)
    log.push(request.socket.localAddress ?? '')
    response.end(body)
  }).listen(0, '0.0.0.0')
  t.teardown(async () => {
    one.closeAllConnections()
    one.close()
    await once(one, 'close')
  })
  await once(one, 'listening')
  return { log, connections, port: (one.address() as AddressInfo).port }
}

/** Names answers of DNS in the order in which they are asked for. */
function resolver(t: Test, ...answers: string[][]): string[] {
  const asked: string[] = []
  t.intercept(dns, 'lookup', {
    value: (
      host: string,
      options: dns.LookupAllOptions,
      callback: (error: Error | null, found?: LookupAddress[]) => void,
    ) => {
      t.equal(options.all, true)
      asked.push(host)
      const addresses = answers.shift()
      const found = addresses?.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
      const error = found ? null : Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
      setImmediate(callback, error, found)
    },
  })
  return asked
}

/** Asks once; gives the body, or the error. */
async function ask(agents: CheckedAgents, url: string): Promise<unknown> {
  const { protocol } = new URL(url)
  return new Promise(resolve => {
    const client = protocol === 'https:' ? https : http
    const got = (response: IncomingMessage) => {
      let body = ''
      response.on('data', chunk => (body += String(chunk)))
      response.on('end', () => setImmediate(resolve, body))
    }
    client.get(url, { agent: agents.for(protocol) }, got).on('error', resolve)
  })
}

function agents(...opened: string[]): CheckedAgents {
  return new CheckedAgents(new AddressRules(opened))
}

function counted(one: CheckedAgents): number[] {
  return ['http:', 'https:'].flatMap(protocol => {
    const agent = one.for(protocol)
    return [agent.sockets, agent.freeSockets, agent.requests].map(map => Object.keys(map).length)
  })
}

t.test('connects to no address that is not public, by name or by number', async t => {
  const { port, log } = await server(t)
  resolver(
    t,
    ['127.0.0.1'],
    ['127.0.0.1'],
    ['10.0.0.1', '192.168.0.1'],
    ['::ffff:127.0.0.1'],
    ['64:ff9b::7f00:1'],
    [],
  )
  for (const [url, host, address, reason] of [
    [`http://one.example:${port}/`, 'one.example', '127.0.0.1', 'loopback'],
    [`https://one.example:${port}/`, 'one.example', '127.0.0.1', 'loopback'],
    [`http://one.example:${port}/`, 'one.example', '10.0.0.1', 'private'],
    [`http://one.example:${port}/`, 'one.example', '::ffff:127.0.0.1', 'loopback'],
    [`http://one.example:${port}/`, 'one.example', '64:ff9b::7f00:1', 'loopback'],
    [`http://one.example:${port}/`, 'one.example', 'no address', 'not an IP address'],
    [`http://127.0.0.1:${port}/`, '127.0.0.1', '127.0.0.1', 'loopback'],
    [`https://127.0.0.1:${port}/`, '127.0.0.1', '127.0.0.1', 'loopback'],
    [`http://2130706433:${port}/`, '127.0.0.1', '127.0.0.1', 'loopback'],
    [`http://0x7f000001:${port}/`, '127.0.0.1', '127.0.0.1', 'loopback'],
    [`http://017700000001:${port}/`, '127.0.0.1', '127.0.0.1', 'loopback'],
    [`http://127.1:${port}/`, '127.0.0.1', '127.0.0.1', 'loopback'],
    [`http://0:${port}/`, '0.0.0.0', '0.0.0.0', 'unspecified'],
    [`http://[::]:${port}/`, '::', '::', 'unspecified'],
    [`http://[::1]:${port}/`, '::1', '::1', 'loopback'],
    [`http://[::ffff:127.0.0.1]:${port}/`, '::ffff:7f00:1', '::ffff:7f00:1', 'loopback'],
    [`https://[::ffff:a9fe:a9fe]:${port}/`, '::ffff:a9fe:a9fe', '::ffff:a9fe:a9fe', 'link-local'],
    ['http://169.254.169.254/latest/meta-data/', '169.254.169.254', '169.254.169.254', 'link-local'],
  ] as const) {
    const one = agents()
    t.match(await ask(one, url), { name: 'RefusedAddress', host, address, reason }, url)
    await new Promise(setImmediate)
    t.same(counted(one), [0, 0, 0, 0, 0, 0], 'and nothing is left')
  }
  t.same(log, [])
})

t.test('says which host, address and reason', async t => {
  resolver(t, ['10.0.0.1'])
  t.match(await ask(agents(), 'http://one.example/'), {
    message: 'one.example resolves to 10.0.0.1, which is not a public address (private)',
  })
  t.match(await ask(agents(), 'http://[::1]/'), { message: '::1 is not a public address (loopback)' })
})

t.test('connects to addresses that are opened', async t => {
  const { port, log } = await server(t)
  resolver(t, ['127.0.0.1'], ['::ffff:127.0.0.1'])
  t.equal(await ask(agents('127.0.0.0/8'), `http://one.example:${port}/`), 'hello')
  t.equal(await ask(agents('127.0.0.0/8'), `http://one.example:${port}/`), 'hello')
  t.equal(await ask(agents('127.0.0.1'), `http://127.0.0.1:${port}/`), 'hello')
  t.same(log, ['127.0.0.1', '127.0.0.1', '127.0.0.1'])
})

t.test('uses of an answer only the addresses that follow the rules', async t => {
  const { port, log } = await server(t)
  const usual = getDefaultAutoSelectFamily()
  t.teardown(() => setDefaultAutoSelectFamily(usual))
  for (const isAuto of [true, false]) {
    setDefaultAutoSelectFamily(isAuto)
    resolver(t, ['127.0.0.2', '10.0.0.1', '::1', '127.0.0.1'])
    t.equal(await ask(agents('127.0.0.1'), `http://one.example:${port}/`), 'hello')
    t.same(log.splice(0), ['127.0.0.1'], `autoSelectFamily: ${isAuto}`)
  }
})

t.test('looks a name up once for each connection, and uses that answer (DNS rebinding)', async t => {
  const { port, log } = await server(t)
  const one = agents('127.0.0.1')
  const asked = resolver(t, ['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1'])
  const url = `http://one.example:${port}/`
  t.equal(await ask(one, url), 'hello')
  t.equal(await ask(one, url), 'hello', 'by the same connection')
  t.same(asked, ['one.example'])
  one.for('http:').destroy()
  await new Promise(setImmediate)
  t.match(await ask(one, url), { name: 'RefusedAddress', address: '127.0.0.2' })
  t.equal(await ask(one, url), 'hello')
  t.same(asked, ['one.example', 'one.example', 'one.example'])
  t.same(log, ['127.0.0.1', '127.0.0.1', '127.0.0.1'])
})

t.test('passes on what the lookup fails with', async t => {
  resolver(t)
  t.match(await ask(agents(), 'http://one.example/'), { code: 'ENOTFOUND' })
})

t.test('shares no connection with other agents', async t => {
  const { port, connections } = await server(t)
  const url = `http://127.0.0.1:${port}/`
  const plain = new http.Agent({ keepAlive: true })
  t.teardown(() => plain.destroy())
  const others = [agents('127.0.0.0/8'), agents('127.0.0.1')]
  for (const agent of [plain, plain]) {
    const response = await new Promise<IncomingMessage>(resolve => http.get(url, { agent }, resolve))
    response.resume()
    await once(response, 'end')
    await new Promise(setImmediate)
  }
  t.equal(connections.size, 1)
  for (const one of [...others, ...others]) await ask(one, url)
  t.equal(connections.size, 3)
  t.match(await ask(agents(), url), { name: 'RefusedAddress' }, 'however many connections there are')
})

t.test('uses no proxy that the environment names', async t => {
  const goal = await server(t)
  const proxy = await server(t, 'from the proxy')
  const env = {
    ...process.env,
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
    NO_PROXY: '',
  }
  const url = `http://127.0.0.1:${goal.port}/`
  const { stdout } = await run(process.execPath, [...PROGRAM, url], { env })
  const said = JSON.parse(stdout) as { checked: string; own: string }
  t.equal(said.checked, 'hello')
  // Node 20 knows no such variable.
  t.equal(proxy.log.length, said.own === 'from the proxy' ? 1 : 0)
})

t.test('keeps idle connections for 5 s, as Node does, without keeping the process alive', async t => {
  const { port } = await server(t)
  const one = agents('127.0.0.1')
  await ask(one, `http://127.0.0.1:${port}/`)
  const [free] = Object.values(one.for('http:').freeSockets).flat()
  // A server's `Keep-Alive: timeout=…` may shorten it.
  t.ok(free!.timeout! > 0 && free!.timeout! <= 5000, String(free?.timeout))
  t.equal((free as unknown as { _handle: { hasRef(): boolean } })._handle.hasRef(), false)
  const gone = once(free!, 'close')
  free!.emit('timeout')
  await gone
  t.same(counted(one), [0, 0, 0, 0, 0, 0])
})
