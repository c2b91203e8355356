import { OptionError } from '../../errors.js'
import { show, stringsOption } from '../../options.js'
import { parsePrefix } from '../schema/location.js'

/** An object, or with a prefix as `key` several. */
interface Place {
  readonly bucket: string
  readonly key: string
}

/**
 * The buckets and prefixes a job may use; without a list of either, every bucket. Names and keys are compared byte for
 * byte: S3 decodes nothing, is case-sensitive, and does not resolve `..` in a key.
 */
export class S3Allow {
  readonly #buckets: readonly string[]
  readonly #prefixes: readonly Place[]
  /** Whether there is no list, not even an empty one. */
  readonly #isOpen: boolean

  private constructor(buckets: readonly string[], prefixes: readonly Place[], isOpen: boolean) {
    this.#buckets = buckets
    this.#prefixes = prefixes
    this.#isOpen = isOpen
  }

  /** Reads the options `buckets` and `prefixes` of `allow`. */
  static option(allow: { buckets?: unknown; prefixes?: unknown }): S3Allow {
    const buckets = stringsOption(allow, 'allow.buckets')
    for (const [index, bucket] of buckets.entries()) {
      if (bucket === '' || /[/*]/.test(bucket.replace(/^arn:.*$/s, ''))) {
        throw wrong(`allow.buckets[${index}]`, "a bucket's name", bucket)
      }
    }
    const prefixes = stringsOption(allow, 'allow.prefixes').map((text, index) => {
      const place = parsePrefix(text)
      if (place?.kind === 's3') return place
      throw wrong(`allow.prefixes[${index}]`, 's3://bucket/prefix/, with "/" at its end', text)
    })
    return new S3Allow(buckets, prefixes, allow.buckets === undefined && allow.prefixes === undefined)
  }

  /** Whether an object, or every object below a prefix, may be used. */
  allows({ bucket, key }: Place): boolean {
    if (this.#isOpen || this.#buckets.includes(bucket)) return true
    return this.#prefixes.some(prefix => prefix.bucket === bucket && key.startsWith(prefix.key))
  }
}

function wrong(option: string, rule: string, value: string): OptionError {
  return new OptionError(option, `Option "${option}" must be ${rule}, got ${show(value)}`, value)
}
