import { createWriteStream, rmSync, type WriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import type { Content, ContentWriter } from './content.js'

const READ_BYTES = 256 * 1024

/** Content in its own file, which is deleted once the content is released and nobody holds it any more. */
export class FileContent implements Content {
  readonly path: string
  readonly size: number
  #holders = 0
  #isReleased = false

  constructor(path: string, size: number) {
    this.path = path
    this.size = size
  }

  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    const file = await open(this.path)
    try {
      for (let position = start; position < end;) {
        const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, end - position))
        const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
        if (bytesRead === 0) throw new RangeError(`${this.path} ends at ${position}, not at ${this.size}`)
        yield buffer.subarray(0, bytesRead)
        position += bytesRead
      }
    } finally {
      await file.close()
    }
  }

  hold(): () => void {
    this.#holders++
    return () => {
      this.#holders--
      this.#removeIfUnused()
    }
  }

  release(): void {
    this.#isReleased = true
    this.#removeIfUnused()
  }

  #removeIfUnused(): void {
    if (this.#isReleased && this.#holders === 0) rmSync(this.path, { force: true })
  }
}

/** Writes one content into a file. */
export class FileWriter implements ContentWriter {
  readonly #path: string
  readonly #stream: WriteStream
  #size = 0
  #error: Error | undefined
  #wake: (() => void) | undefined

  constructor(path: string) {
    this.#path = path
    this.#stream = createWriteStream(path, { flags: 'wx', highWaterMark: 1024 * 1024 })
    this.#stream.on('drain', () => this.#wake?.())
    this.#stream.on('error', error => {
      this.#error = error
      this.#wake?.()
    })
  }

  write(bytes: Buffer): Promise<void> | undefined {
    if (this.#error) throw this.#error
    this.#size += bytes.length
    if (this.#stream.write(bytes)) return undefined
    return new Promise(resolve => (this.#wake = resolve))
  }

  async finish(): Promise<Content> {
    if (this.#error) throw this.#error
    this.#stream.end()
    await finished(this.#stream)
    return new FileContent(this.#path, this.#size)
  }

  async discard(): Promise<void> {
    this.#stream.destroy()
    await finished(this.#stream).catch(() => undefined)
    rmSync(this.#path, { force: true })
  }
}
