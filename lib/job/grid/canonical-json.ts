import { createHash } from 'node:crypto'

/**
 * JSON with exactly one spelling for each value, so that its hash is the same on every machine: the names in an object
 * sorted by their UTF-16 code units, no white space, `undefined` members omitted (RFC 8785, the JSON Canonicalization
 * Scheme, of which this supports only integers).
 *
 * @throws TypeError for a value that JSON cannot hold, and for a number that is not a safe integer
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is not a safe integer`)
    return String(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object') throw new TypeError(`JSON has no ${typeof value}`)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}

/** A value whose numbers with fractions are spelled `{ number: '2.5' }`: the shortest way, which ECMAScript fixes. */
export function spelledFractions(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return { number: String(value) }
  if (Array.isArray(value)) return value.map(spelledFractions)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, spelledFractions(one)]))
}

/** The SHA-256 of a value's canonical JSON, as 64 hexadecimal digits. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}
