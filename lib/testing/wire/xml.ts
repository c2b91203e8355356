import { ServiceError } from './service-error.js'

/**
 * S3's small subset of XML: elements containing text or elements, no mixed content. Reading skips attributes, since
 * S3's requests carry none that matter.
 */

/** The content of an element: text, elements by name (an array repeats the element), or nothing. */
export type XmlValue = string | number | boolean | undefined | XmlMap | readonly XmlValue[]
/** Elements by name, written in this order. */
export interface XmlMap {
  readonly [name: string]: XmlValue
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text as written in an element; control characters, which a key may contain, become character references. */
export function escapeXml(text: string): string {
  return text.replace(
    /[&<>"\u0000-\u001f]/g,
    char => ESCAPES[char] ?? `&#x${char.charCodeAt(0).toString(16)};`,
  )
}

function element(name: string, value: XmlValue, attributes = ''): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return (value as readonly XmlValue[]).map(item => element(name, item)).join('')
  const inner =
    typeof value === 'object'
      ? Object.entries(value as XmlMap)
          .map(([child, content]) => element(child, content))
          .join('')
      : escapeXml(String(value))
  return `<${name}${attributes}>${inner}</${name}>`
}

/** A whole document with `root` in S3's namespace. Errors have none. */
export function xmlDocument(root: string, value: XmlMap): string {
  const namespace = root === 'Error' ? '' : ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, value, namespace)}`
}

/** A parsed element. */
export class XmlElement {
  /** Its elements, in order. */
  readonly children: XmlElement[] = []
  /** Its own text, with references resolved. */
  text = ''

  constructor(
    /** Its name, without a namespace prefix. */
    readonly name: string,
  ) {}

  /** The text of the first element called `name`. */
  textOf(name: string): string | undefined {
    return this.children.find(child => child.name === name)?.text
  }

  /** All elements called `name`. */
  all(name: string): XmlElement[] {
    return this.children.filter(child => child.name === name)
  }
}

const REFERENCES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescapeXml(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return REFERENCES[name] ?? whole
    const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

const TOKEN = /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)(?:[\w.-]+:)?([\w.-]+)[^<>]*?(\/?)>|([^<]+)/gy

/** The root element of a document; `MalformedXML` for anything that is not one. */
export function parseXml(text: string): XmlElement {
  const document = new XmlElement('')
  const open = [document]
  TOKEN.lastIndex = 0
  for (let position = 0; position < text.length; position = TOKEN.lastIndex) {
    const token = TOKEN.exec(text)
    if (!token) throw new ServiceError('MalformedXML')
    const [, closing, name, empty, content] = token
    const parent = open.at(-1)!
    if (content !== undefined) parent.text += unescapeXml(content)
    if (name === undefined) continue
    if (closing === '/') {
      if (open.length === 1 || open.pop()!.name !== name) throw new ServiceError('MalformedXML')
      continue
    }
    const child = new XmlElement(name)
    parent.children.push(child)
    if (empty !== '/') open.push(child)
  }
  const root = document.children[0]
  if (open.length !== 1 || document.children.length !== 1 || !root) throw new ServiceError('MalformedXML')
  return root
}
