/**
 * Values that JSON can hold, without what is secret. What is no plain value (an option of any kind) is left to the
 * message.
 */
export function plain(value: unknown): unknown {
  if (typeof value === 'string') return discreet(value)
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return undefined
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]))
}

/** A text without the queries, fragments, users and passwords of its URLs. Keys in S3 may have any character. */
export function discreet(text: string): string {
  return text
    .replace(/\b(?!s3:)([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]*@/gi, '$1')
    .replace(/\b(?!s3:)([a-z][a-z0-9+.-]*:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi, '$1')
}
