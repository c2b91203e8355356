import type { InputSpec, OutputSpec } from './arguments.js'

/** What a look at the head of an input is asked for. */
export interface PreviewQuestion {
  /** The first bytes of the input, as many as are there (see {@link previewBytes}). */
  readonly head: Buffer
  readonly ffmpegPath: string
  readonly env: Record<string, string>
  readonly input: InputSpec
  readonly output: OutputSpec
  readonly signal?: AbortSignal | undefined
}

/**
 * How many bytes of the head a preview wants; 0 where none is needed. Asked again as the head grows: the answer may
 * rise (a header names its own size) up to `MAX_PREVIEW_BYTES`.
 */
export function previewBytes(_head: Buffer, _output: { format: string; args: readonly string[] }): number {
  return 0
}

/** The most that `previewBytes` ever asks for. */
export const MAX_PREVIEW_BYTES = 5_000_000

/**
 * Arguments to add to the output (`OutputSpec.added`), from what ffmpeg itself says of the head: `aac_adtstoasc` for
 * copied ADTS tracks, cover art dropped.
 */
export async function previewArguments(_question: PreviewQuestion): Promise<readonly string[]> {
  return Promise.resolve([])
}
