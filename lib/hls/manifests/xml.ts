/** What attributes are given as; `undefined` leaves one out. */
export type XmlAttributes = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * An element as lines, its children indented.
 *
 * @param children - the lines of its children, or one text
 */
export function element(
  name: string,
  attributes: XmlAttributes = {},
  children: readonly string[] | string = [],
): string[] {
  const list = Object.entries(attributes)
    .flatMap(([key, value]) => (value === undefined ? [] : [` ${key}="${escapeXml(String(value))}"`]))
    .join('')
  if (typeof children === 'string') return [`<${name}${list}>${escapeXml(children)}</${name}>`]
  if (children.length === 0) return [`<${name}${list}/>`]
  return [`<${name}${list}>`, ...children.map(line => `  ${line}`), `</${name}>`]
}

const ENTITIES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&apos;'],
])

/** What XML 1.0 has no way to say (https://www.w3.org/TR/xml/#charsets), lone surrogates among it. */
const UNSPEAKABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu

/** A text for an attribute or for between tags. What XML can't say becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(UNSPEAKABLE, '\ufffd')
    .replace(/[&<>"']/g, character => ENTITIES.get(character)!)
    .replace(/[\t\n\r]/g, character => `&#${character.charCodeAt(0)};`)
}
