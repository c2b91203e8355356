import type { Claim, Need, Piece } from './walk.js'

/** The chunk format of one family of containers. */
export interface ChunkRules {
  /** Size of a chunk's header in bytes. */
  readonly headerLength: number
  /** Id of the media chunk. */
  readonly isMedia: (header: Buffer) => boolean
  /** Size of a chunk's content, from its header. */
  readonly sizeOf: (header: Buffer) => number
  /** Whether the media size is a placeholder. */
  readonly isUnknown: (size: number) => boolean
  /** Alignment of chunks in bytes. */
  readonly align: number
  /** Name of the media chunk in messages. */
  readonly by: string
}

/** Limit of chunks before the media. */
const MAX_CHUNKS = 100_000

/** Walks the chunks from byte `at` to the media chunk, and returns its end. */
export function* mediaChunk(at: number, rules: ChunkRules): Generator<Need, Claim | undefined, Piece> {
  const { headerLength, align } = rules
  for (let chunk = 0, next = at; chunk < MAX_CHUNKS; chunk++) {
    const { bytes } = yield { at: next, length: headerLength }
    if (bytes.length < headerLength) return undefined
    const size = rules.sizeOf(bytes)
    const start = next + headerLength
    if (rules.isMedia(bytes)) {
      return rules.isUnknown(size) || size < 0 ? undefined : { end: start + size, by: rules.by }
    }
    if (size < 0 || !Number.isSafeInteger(size)) return undefined
    next = start + Math.ceil(size / align) * align
  }
  return undefined
}
