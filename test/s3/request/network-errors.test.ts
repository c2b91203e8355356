import t from 'tap'
import { networkFailure, schemeMismatch } from '../../../lib/s3/request/network-errors.js'

const system = (code: string, more: object = {}) =>
  Object.assign(new Error(`said ${code}`), { code, ...more })
const connect = (code: string, address = '10.0.0.1') =>
  Object.assign(new Error(`connect ${code} ${address}:443`), { code, syscall: 'connect' })

t.test(
  'separates temporary from permanent failures, and requests never sent from possibly sent ones',
  async t => {
    const table: [Error, boolean, boolean, boolean][] = [
      // error, retryable, unsent, unreachable
      [connect('ECONNREFUSED'), true, true, true],
      [connect('EHOSTUNREACH'), true, true, true],
      [connect('ENETUNREACH'), true, true, true],
      [connect('EMFILE'), true, true, true],
      [connect('EADDRNOTAVAIL'), true, true, true],
      [connect('ETIMEDOUT'), true, true, true],
      [connect('ECONNRESET'), true, true, true],
      [connect('EPROTO'), false, true, true],
      [system('EHOSTUNREACH'), true, true, true],
      [system('EMFILE'), true, true, true],
      [system('EPROTO'), false, true, true],
      [system('ENOTFOUND', { syscall: 'getaddrinfo' }), false, true, true],
      [system('EAI_AGAIN', { syscall: 'getaddrinfo' }), true, true, true],
      [system('CERT_HAS_EXPIRED'), false, true, true],
      [system('ERR_SSL_WRONG_VERSION_NUMBER'), true, false, true],
      [system('ERR_SSL_PACKET_LENGTH_TOO_LONG'), true, false, true],
      [system('ERR_SSL_ENCRYPTED_LENGTH_TOO_LONG'), true, false, false],
      [system('ERR_SSL_CIPHER_OPERATION_FAILED'), true, false, false],
      [system('ERR_SSL_BAD_RECORD_TYPE'), true, false, false],
      [system('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), false, true, true],
      [
        system('EPROTO', { message: 'write EPROTO SSL routines::cipher operation failed' }),
        true,
        false,
        false,
      ],
      [system('EPROTO', { message: 'SSL routines::encrypted length too long' }), true, false, false],
      [system('ERR_INVALID_CHAR'), false, true, false],
      [system('ECONNRESET'), true, false, false],
      [system('ETIMEDOUT'), true, false, false],
      [system('EPIPE'), true, false, false],
      [system('ENOENT'), false, false, false],
      [system('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'), true, false, false],
      [
        system('EPROTO', {
          message: 'write EPROTO 80:error:0A000119:SSL routines::decryption failed or bad record mac',
        }),
        true,
        false,
        false,
      ],
      [
        system('ECONNRESET', {
          message: 'Client network socket disconnected before secure TLS connection was established',
        }),
        true,
        true,
        true,
      ],
    ]
    for (const [error, retryable, unsent, unreachable] of table) {
      t.match(networkFailure(error), { retryable, unsent, unreachable }, error.message)
    }
    const silent = Object.assign(
      new Error(
        'the request socket did not establish a connection with the server within the configured timeout of 9 ms.',
      ),
      { name: 'TimeoutError' },
    )
    t.match(networkFailure(silent), { code: 'ETIMEDOUT', retryable: true, unsent: true })
  },
)

t.test('treats garbage on a TLS connection as corruption if the port has spoken TLS before', async t => {
  const error = system('EPROTO', {
    message: 'write EPROTO 80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number',
  })
  t.match(networkFailure(error, false), { retryable: false, unsent: true, unreachable: true })
  t.match(networkFailure(error, true), { retryable: true, unsent: false, unreachable: false })
  t.match(networkFailure(connect('EPROTO'), true), { retryable: false, unsent: true })
})

t.test('reads a wrapper like its parts', async t => {
  const two = new AggregateError([connect('ECONNREFUSED', '10.0.0.1'), connect('ECONNREFUSED', '10.0.0.2')])
  t.match(networkFailure(two), {
    code: 'ECONNREFUSED',
    message: 'connect ECONNREFUSED 10.0.0.1:443; connect ECONNREFUSED 10.0.0.2:443',
    retryable: true,
    unsent: true,
    unreachable: true,
  })
  const mixed = new AggregateError([connect('EPROTO'), connect('ETIMEDOUT')])
  t.match(networkFailure(mixed), { code: 'ETIMEDOUT', retryable: true, unsent: true })
  t.match(networkFailure(new AggregateError([connect('ECONNREFUSED'), system('ECONNRESET')])), {
    unsent: false,
  })
  t.match(networkFailure(new TypeError('fetch failed', { cause: two })), {
    code: 'ECONNREFUSED',
    retryable: true,
  })
  t.match(networkFailure(new AggregateError([two, two])), { code: 'ECONNREFUSED' }, 'within another')
  t.match(networkFailure(Object.assign(new AggregateError([]), { code: 'ENETUNREACH' })), { retryable: true })
})

t.test('returns nothing without a code, and stops at a circular cause', async t => {
  const circle = new Error('a')
  circle.cause = circle
  for (const error of [undefined, null, 'text', new Error('x'), new AggregateError([]), circle]) {
    t.equal(networkFailure(error), undefined)
  }
})

t.test('detects a port of the other scheme', async t => {
  t.equal(
    schemeMismatch(
      system('EPROTO', { message: 'error:0A00010B:SSL routines:ssl3_get_record:wrong version number' }),
    ),
    'is-http',
  )
  t.equal(schemeMismatch(system('ERR_SSL_WRONG_VERSION_NUMBER')), 'is-http')
  t.equal(schemeMismatch(system('ERR_SSL_PACKET_LENGTH_TOO_LONG')), 'is-http')
  t.equal(
    schemeMismatch(system('HPE_INVALID_CONSTANT', { rawPacket: Buffer.from([0x15, 3, 1, 0, 2]) })),
    'is-https',
  )
  t.equal(schemeMismatch(system('HPE_INVALID_CONSTANT', { rawPacket: Buffer.from('garbage') })), undefined)
  t.equal(schemeMismatch(system('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC')), undefined)
  t.equal(schemeMismatch(system('ECONNRESET')), undefined)
})
