/** What is known of an input that may tell its name. */
export interface NamedInput {
  /** What it is read from by address. */
  readonly source?: { readonly name?: string | undefined } | undefined
  /** The name of what is piped in. */
  readonly name?: string | undefined
}

interface Addressed {
  readonly url: string
}

/** What errors call an input, where it has a name: `s3://masters/talk.mov`. */
export function nameOf({ source, name }: NamedInput): string | undefined {
  return source?.name ?? name
}

/**
 * What errors call the input with that number: by its name, by its place, or by both where others share the name.
 *
 * @param alone - what the only input is called that has no name
 */
export function nameAt(inputs: readonly NamedInput[], n: number, alone = 'the input'): string {
  const place = inputs.length > 1 ? `inputs[${n}]` : alone
  const name = nameOf(inputs[n]!)
  if (name === undefined) return place
  return inputs.filter(other => nameOf(other) === name).length === 1 ? name : `${place} (${name})`
}

/** What errors call the inputs and outputs of a job, by the addresses that ffmpeg is given. */
export function namesByUrl(
  inputs: readonly NamedInput[],
  inputSpecs: readonly Addressed[],
  outputSpecs: readonly Addressed[],
): Map<string, string> {
  const output = (n: number) => (outputSpecs.length > 1 ? `outputs[${n}]` : 'the output')
  return new Map([
    ...inputSpecs.map(({ url }, n) => [url, nameAt(inputs, n)] as const),
    ...outputSpecs.map(({ url }, n) => [url, output(n)] as const),
  ])
}
