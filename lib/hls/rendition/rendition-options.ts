import { booleanOption, knownOptions, optionError, optionsObject, stringOption } from '../../options.js'
import { nameOption } from '../storage/segment-storage.js'

/** Options of a rendition. Anything not stated here is read from its bytes. */
export interface RenditionOptions {
  /** Its name, and that of its directory: letters, digits, `-`, `_` and `.`. Unique among the renditions. */
  name: string
  /**
   * The name of an audio rendition shown to people; unique within its group.
   * @defaultValue its name
   */
  label?: string | undefined
  /**
   * The group of an audio rendition: members of a group have one encoding and differ in content. Every video
   * rendition is offered with every group. Meaningless for video.
   * @defaultValue `audio`
   */
  groupId?: string | undefined
  /**
   * BCP 47: `en`, `pt-BR`.
   * @defaultValue from its track
   */
  language?: string | undefined
  /**
   * Whether players choose it if the user has no preference; at most one per group.
   * @defaultValue `true` for the first with `autoselect` in a group where none is stated
   */
  default?: boolean | undefined
  /**
   * Whether players may choose it based on the user's settings.
   * @defaultValue `true`
   */
  autoselect?: boolean | undefined
}

/** The options of a rendition, checked. */
export interface RenditionSettings {
  readonly name: string
  readonly label: string
  readonly groupId: string
  readonly language: string | undefined
  readonly isDefault: boolean | undefined
  readonly autoselect: boolean
}

/** Checks the options of a rendition. */
export function renditionSettings(options: RenditionOptions): RenditionSettings {
  optionsObject(options, 'rendition')
  knownOptions(options, 'rendition', ['name', 'label', 'groupId', 'language', 'default', 'autoselect'])
  const name = nameOption(options, 'name', { default: undefined })
  if (name === undefined) throw optionError('name', 'a string', name)
  const isDefault = booleanOption(options, 'default', { default: false })
  const autoselect = booleanOption(options, 'autoselect', { default: true })
  if (isDefault && !autoselect) throw optionError('autoselect', 'true where default is', autoselect)
  return {
    name,
    label: quotable(options, 'label') ?? name,
    groupId: quotable(options, 'groupId') ?? 'audio',
    language: languageOption(options),
    // A rendition that players may not choose themselves can't be the default.
    isDefault: options.default === undefined && autoselect ? undefined : isDefault,
    autoselect,
  }
}

/** A string that can stand between quotes in a playlist (RFC 8216bis §4.2). */
function quotable(options: object, option: string): string | undefined {
  const value = stringOption(options, option, { default: undefined })
  if (value === undefined || !/["\p{Cc}]/u.test(value)) return value
  throw optionError(option, 'a string without quotes, line breaks and control characters', value)
}

function languageOption(options: object): string | undefined {
  const value = stringOption(options, 'language', { default: undefined })
  if (value === undefined) return undefined
  const tag = languageTag(value)
  if (tag === undefined) throw optionError('language', 'a language tag of BCP 47', value)
  return tag
}

/** A language in BCP 47, with the two letters of ISO 639-1 if there are some; `undefined` if invalid. */
export function languageTag(language: string): string | undefined {
  if (language === 'und') return undefined
  try {
    return Intl.getCanonicalLocales(language)[0]
  } catch {
    return undefined
  }
}
