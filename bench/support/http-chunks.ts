/** Removes the framing of a chunked body (RFC 9112 §7.1), cut at any byte. Trailers are dropped. */
export class HttpChunks {
  #state: 'size' | 'data' | 'data-end' | 'trailer' | 'done' = 'size'
  #line = ''
  #left = 0

  /** Whether the last chunk and the trailers have arrived. */
  get isDone(): boolean {
    return this.#state === 'done'
  }

  /**
   * Decodes the next bytes. Throws on broken framing.
   *
   * @returns the bytes inside, as views; nothing may follow the end
   */
  write(bytes: Buffer): Buffer[] {
    const inside: Buffer[] = []
    for (let at = 0; at < bytes.length;) {
      if (this.#state === 'done') throw new Error('Bytes follow the last chunk')
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, at + this.#left)
        inside.push(bytes.subarray(at, end))
        this.#left -= end - at
        at = end
        if (this.#left === 0) this.#state = 'data-end'
        continue
      }
      const newline = bytes.indexOf('\n', at)
      const end = newline < 0 ? bytes.length : newline + 1
      this.#line += bytes.toString('latin1', at, end)
      if (this.#line.length > 8192) throw new Error('A line of the framing is too long')
      at = end
      if (newline >= 0) this.#endLine(this.#line.trimEnd())
    }
    return inside
  }

  #endLine(line: string): void {
    this.#line = ''
    if (this.#state === 'data-end') {
      if (line !== '') throw new Error('A chunk is longer than its size')
      this.#state = 'size'
    } else if (this.#state === 'trailer') {
      if (line === '') this.#state = 'done'
    } else {
      const size = /^[0-9a-f]{1,12}(?=$|\s*;)/i.exec(line)
      if (!size) throw new Error('A chunk has no size')
      this.#left = parseInt(size[0], 16)
      this.#state = this.#left === 0 ? 'trailer' : 'data'
    }
  }
}
