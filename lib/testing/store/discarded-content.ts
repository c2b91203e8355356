import { type Content, type ContentStore, type ContentWriter, SyntheticContent } from './content.js'

/** Replaces bytes that were not kept. */
export function zeros(size: number): Content {
  return new SyntheticContent(size, (start, end) => Buffer.alloc(end - start))
}

class DiscardingWriter implements ContentWriter {
  #size = 0

  write(bytes: Buffer): undefined {
    this.#size += bytes.length
  }

  finish(): Content {
    return zeros(this.#size)
  }

  discard(): undefined {
    // Nothing was kept.
  }
}

/**
 * Keeps the sizes of contents but not their bytes, which read as zeros: for tests that write more than memory holds.
 */
export const discardedContents: ContentStore = { create: () => new DiscardingWriter() }
