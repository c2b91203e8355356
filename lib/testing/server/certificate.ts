import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/**
 * A self-signed certificate for 127.0.0.1 and localhost, for a TLS server in tests. Node can sign but not issue
 * certificates, so this module writes the certificate (X.509 v3, RFC 5280 §4.1) in DER: all tag, length and value.
 */

/** A key and its certificate, both PEM. */
export interface KeyAndCertificate {
  /** The private key. */
  readonly key: string
  /** The certificate; with its chain, if any. */
  readonly cert: string
}

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
  dnsName: 0x82,
  ipAddress: 0x87,
}

// Object identifiers, encoded.
const ECDSA_WITH_SHA256 = '2a8648ce3d040302'
const COMMON_NAME = '550403'
const SUBJECT_ALT_NAME = '551d11'
const BASIC_CONSTRAINTS = '551d13'

function der(tag: keyof typeof TAG, ...content: (Buffer | string)[]): Buffer {
  const value = Buffer.concat(content.map(part => (typeof part === 'string' ? Buffer.from(part) : part)))
  if (value.length < 0x80) return Buffer.concat([Buffer.of(TAG[tag], value.length), value])
  const length = Buffer.alloc(2)
  length.writeUInt16BE(value.length)
  return Buffer.concat([Buffer.of(TAG[tag], 0x82), length, value])
}

function oid(hex: string): Buffer {
  return der('oid', Buffer.from(hex, 'hex'))
}

/** `20240501120000Z` */
function time(ms: number): Buffer {
  return der('generalizedTime', new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, ''))
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [der('boolean', Buffer.of(0xff))] : []
  return der('sequence', oid(id), ...critical, der('octetString', value))
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/**
 * Generates a key and its certificate, valid from a day ago to a year from now.
 *
 * @param now - milliseconds since 1970
 */
export function selfSignedCertificate(now = Date.now()): KeyAndCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const day = 24 * 60 * 60 * 1000
  const algorithm = der('sequence', oid(ECDSA_WITH_SHA256))
  const name = der('sequence', der('set', der('sequence', oid(COMMON_NAME), der('utf8String', 'LocalS3'))))
  const altNames = [der('dnsName', 'localhost'), der('ipAddress', Buffer.of(127, 0, 0, 1))]
  const body = der(
    'sequence',
    der('version', der('integer', Buffer.of(2))),
    // The first byte keeps the number positive, without padding.
    der('integer', Buffer.of(1), randomBytes(8)),
    algorithm,
    name,
    der('sequence', time(now - day), time(now + 365 * day)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      'extensions',
      der(
        'sequence',
        extension(SUBJECT_ALT_NAME, false, der('sequence', ...altNames)),
        // It ends its own chain, so it has to be an authority.
        extension(BASIC_CONSTRAINTS, true, der('sequence', der('boolean', Buffer.of(0xff)))),
      ),
    ),
  )
  const signature = der('bitString', Buffer.of(0), sign('sha256', body, privateKey))
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: pem('CERTIFICATE', der('sequence', body, algorithm, signature)),
  }
}
