import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, get } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { selfSignedCertificate } from '../../../lib/testing/server/certificate.js'

t.test('issues a certificate for the loopback address, signed by its own key', async t => {
  const now = Date.parse('2026-03-04T05:06:07Z')
  const { key, cert } = selfSignedCertificate(now)
  const x509 = new X509Certificate(cert)
  t.equal(x509.subject, 'CN=LocalS3')
  t.equal(x509.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1')
  t.ok(x509.verify(x509.publicKey))
  t.equal(x509.ca, true)
  t.equal(Date.parse(x509.validFrom), now - 86_400_000)
  t.equal(Date.parse(x509.validTo), now + 365 * 86_400_000)
  t.match(key, /^-----BEGIN PRIVATE KEY-----\n/)
  t.not(selfSignedCertificate(now).cert, cert, 'each certificate is different')
})

t.test('accepts a client that trusts the certificate, and no other', async t => {
  const { key, cert } = selfSignedCertificate()
  const server = createServer({ key, cert }, (_request, response) => response.end('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const ask = async (options: { ca?: string }) => {
    const [answer] = (await once(get({ port, host: '127.0.0.1', agent: false, ...options }), 'response')) as [
      IncomingMessage,
    ]
    answer.resume()
    return answer.statusCode
  }
  t.equal(await ask({ ca: cert }), 200)
  await t.rejects(ask({}), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
})
