import { isIP } from 'node:net'
import { OptionError } from '../../errors.js'
import { show, stringsOption } from '../../options.js'

/** Scheme, `*.`, host and port of an entry; other parts of a URL (user, path, query) are not allowed. */
const ENTRY = /^(https?:\/\/)?(\*\.)?((?!.*\.\.|\.)[^\s/?#@\\:%*[\]]+|\[[\da-f:.]+\])(:\d{1,5})?$/i
const ANY = /^(https?:\/\/)?\*(:\d{1,5})?$/

/** The allowed hosts of URLs. */
export class HostList {
  readonly #entries: readonly Entry[]

  private constructor(entries: readonly Entry[]) {
    this.#entries = entries
  }

  /**
   * Reads an option; throws an {@link OptionError} for an entry of another form.
   *
   * - `media.example.com`: this host, by `https:` and its port 443; `media.example.com:8443`: by that port only;
   * - `*.example.com`: the hosts below it, at any depth, and not `example.com` itself;
   * - `*`: every host;
   * - `http://media.example.com`: by `http:`, which no other entry opens.
   *
   * Names are compared in the form of the URL parser: in lower case, other scripts in Punycode, IP addresses in
   * canonical form.
   */
  static option(options: object, option: string): HostList {
    return new HostList(
      stringsOption(options, option).map((text, index) => {
        const entry = entryOf(text)
        if (entry !== undefined) return entry
        const name = `${option}[${index}]`
        throw new OptionError(
          name,
          `Option "${name}" must be a host such as media.example.com, media.example.com:8443, *.example.com, ` +
            `http://media.example.com, or *, got ${show(text.replace(/^.*@|[?#].*$/gs, ''))}`,
          // A URL in place of a host may contain a signature.
          undefined,
        )
      }),
    )
  }

  /** Whether an entry covers scheme, host and port of the URL. */
  allows({ protocol, hostname, port }: URL): boolean {
    return this.#entries.some(
      entry => entry.protocol === protocol && entry.port === port && entry.covers(hostname),
    )
  }
}

/** The entry that would allow a URL, for messages. */
export function entryFor({ protocol, host }: URL): string {
  return protocol === 'https:' ? host : `${protocol}//${host}`
}

interface Entry {
  readonly protocol: string
  /** As in `URL`: empty for the scheme's default port. */
  readonly port: string
  readonly covers: (hostname: string) => boolean
}

function entryOf(text: string): Entry | undefined {
  const any = ANY.exec(text)
  if (any) {
    const [, scheme = 'https://', port = ''] = any
    return parsed(`${scheme}any.invalid${port}`, () => () => true)
  }
  const match = ENTRY.exec(text)
  if (!match) return undefined
  const [, scheme = 'https://', wildcard, host = '', port = ''] = match
  return parsed(`${scheme.toLowerCase()}${host}${port}`, named => {
    if (wildcard === undefined) return hostname => hostname === named
    // "*.1.2.3.4" would never match anything, so it must be a mistake.
    return isIP(named.replace(/^\[|\]$/g, '')) === 0 ? hostname => hostname.endsWith(`.${named}`) : undefined
  })
}

function parsed(
  href: string,
  coversOf: (hostname: string) => Entry['covers'] | undefined,
): Entry | undefined {
  if (!URL.canParse(href)) return undefined
  const { protocol, hostname, port } = new URL(href)
  const covers = coversOf(hostname)
  return covers && { protocol, port, covers }
}
