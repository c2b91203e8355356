import { jobJsonSchema } from '../../lib/job/schema/json-schema.js'

/** A part of a JSON Schema, as far as the reference shows it. */
interface Part {
  readonly description?: string
  readonly $ref?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly items?: Part
  readonly anyOf?: readonly Part[]
  readonly oneOf?: readonly Part[]
  readonly properties?: Readonly<Record<string, Part>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Part | boolean
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly $defs?: Readonly<Record<string, Part>>
}

const INSIDE = /^#\/\$defs\//

/** The fields of a job as Markdown, a table for each part, from the schema that checks them. */
export function jobReference(): string {
  const schema = jobJsonSchema() as Part
  const parts = [
    ['job', { ...schema, description: 'The job itself.' }] as const,
    ...Object.entries(schema.$defs ?? {}),
  ]
  return parts
    .map(([name, part]) => {
      const rows = Object.entries(part.properties ?? {}).map(([field, of]) => {
        const needed = part.required?.includes(field) === true ? 'required' : ''
        return `| \`${field}\` | ${needed} | ${escaped(shape(of))} | ${escaped(of.description ?? described(of))} |`
      })
      const head = ['| field |  | value |  |', '| --- | --- | --- | --- |']
      return [`### ${name}`, part.description ?? '', [...head, ...rows].join('\n')].join('\n\n')
    })
    .join('\n\n')
}

function described({ const: only, $ref, items }: Part): string {
  if (only !== undefined) return 'Always this value.'
  return $ref !== undefined || items !== undefined ? '' : 'See below.'
}

/** What a value looks like: `an integer from 1`, `"stream"` or `"file"`, an array of `rendition`. */
function shape(part: Part): string {
  if (part.$ref !== undefined)
    return `[\`${part.$ref.replace(INSIDE, '')}\`](#${part.$ref.replace(INSIDE, '').toLowerCase()})`
  if (part.const !== undefined) return `\`${JSON.stringify(part.const)}\``
  if (part.enum !== undefined) return part.enum.map(value => `\`${JSON.stringify(value)}\``).join(', ')
  const choices = part.anyOf ?? part.oneOf
  if (choices !== undefined) return choices.map(shape).join(' or ')
  if (part.type === 'array') return `array of ${shape(part.items ?? {})}`
  if (part.type === 'object') return 'object of strings'
  if (part.type === 'integer' || part.type === 'number') return `${part.type}${bounds(part)}`
  return part.type ?? 'anything'
}

function bounds({ minimum, exclusiveMinimum, maximum }: Part): string {
  const least = exclusiveMinimum === undefined ? minimum : `above ${exclusiveMinimum}`
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum
  if (least === undefined) return most === undefined ? '' : ` up to ${most}`
  const from = typeof least === 'string' ? ` ${least}` : ` from ${least}`
  return most === undefined ? from : `${from}${typeof least === 'string' ? ' up' : ''} to ${most}`
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|')
}
