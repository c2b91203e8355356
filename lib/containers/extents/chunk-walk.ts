import type { Claim, Need, Piece } from './walk.js'

/** How the chunks of one family of containers are written. */
export interface ChunkRules {
  /** Bytes of a chunk's header. */
  readonly headerLength: number
  /** The chunk that holds the media, by its id. */
  readonly isMedia: (header: Buffer) => boolean
  /** Size of a chunk's content, as its header states it. */
  readonly sizeOf: (header: Buffer) => number
  /** Whether the size of the media is none. */
  readonly isUnknown: (size: number) => boolean
  /** Chunks begin at multiples of it. */
  readonly align: number
  /** The chunk of the media, for messages. */
  readonly by: string
}

/** Chunks before the media; more are not looked at. */
const MAX_CHUNKS = 100_000

/** Goes from chunk to chunk, from byte `at` on, to the one with the media: they reach to its end. */
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
