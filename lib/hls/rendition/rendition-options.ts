import { booleanOption, knownOptions, optionError, optionsObject, stringOption } from '../../options.js'
import { nameOption } from '../storage/segment-storage.js'

/** Options of a rendition. What is not stated here is read from its bytes. */
export interface RenditionOptions {
  /** Its name, and that of its folder: letters, digits, `-`, `_` and `.`. Each rendition has its own. */
  name: string
  /**
   * What people are to see of an audio rendition; each of a group has one of its own.
   * @defaultValue its name
   */
  label?: string | undefined
  /**
   * The group of an audio rendition: those of one group are of one coding and differ in what is heard. Every video
   * rendition is offered with every group. Of video it means nothing.
   * @defaultValue `audio`
   */
  groupId?: string | undefined
  /**
   * BCP 47: `en`, `pt-BR`.
   * @defaultValue as its track says
   */
  language?: string | undefined
  /**
   * Whether players take it where the user has no wish; one of a group may be.
   * @defaultValue `true` for the first of a group in which none says so and that has `autoselect`
   */
  default?: boolean | undefined
  /**
   * Whether players may take it by what they know of the user.
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
    // What players may not take by themselves is not what they begin with.
    isDefault: options.default === undefined && autoselect ? undefined : isDefault,
    autoselect,
  }
}

/** A string that can stand between quotes in a playlist (RFC 8216bis §4.2). */
function quotable(options: object, option: string): string | undefined {
  const value = stringOption(options, option, { default: undefined })
  if (value === undefined || !/["\p{Cc}]/u.test(value)) return value
  throw optionError(option, 'without quotes, line breaks and control characters', value)
}

function languageOption(options: object): string | undefined {
  const value = stringOption(options, 'language', { default: undefined })
  if (value === undefined) return undefined
  const tag = languageTag(value)
  if (tag === undefined) throw optionError('language', 'a language tag of BCP 47', value)
  return tag
}

/** A language as BCP 47 wants it, the two letters of ISO 639-1 where there are some; `undefined` for what is none. */
export function languageTag(language: string): string | undefined {
  if (language === 'und') return undefined
  try {
    return Intl.getCanonicalLocales(language)[0]
  } catch {
    return undefined
  }
}
