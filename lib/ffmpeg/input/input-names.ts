/** An input that may have a name. */
export interface NamedInput {
  /** The source that ffmpeg reads over HTTP. */
  readonly source?: { readonly name?: string | undefined } | undefined
  /** The name of the piped stream. */
  readonly name?: string | undefined
}

interface Addressed {
  readonly url: string
}

/** The name of an input in errors, if it has one: `s3://masters/talk.mov`. */
export function nameOf({ source, name }: NamedInput): string | undefined {
  return source?.name ?? name
}

/**
 * The name of an input in errors: its name, its index, or both if others share the name.
 *
 * @param alone - the name of an only input without a name
 */
export function nameAt(inputs: readonly NamedInput[], n: number, alone = 'the input'): string {
  const place = inputs.length > 1 ? `inputs[${n}]` : alone
  const name = nameOf(inputs[n]!)
  if (name === undefined) return place
  return inputs.filter(other => nameOf(other) === name).length === 1 ? name : `${place} (${name})`
}

/** Names of the inputs and outputs of a run in errors, by the URLs given to ffmpeg. */
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
