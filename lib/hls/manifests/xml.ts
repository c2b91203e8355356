/** Attribute values; `undefined` omits one. */
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

/** Characters XML 1.0 can't represent (https://www.w3.org/TR/xml/#charsets), including lone surrogates. */
const UNSPEAKABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu

/** Escapes a text for an attribute or an element. Characters XML can't represent become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(UNSPEAKABLE, '\ufffd')
    .replace(/[&<>"']/g, character => ENTITIES.get(character)!)
    .replace(/[\t\n\r]/g, character => `&#${character.charCodeAt(0)};`)
}
