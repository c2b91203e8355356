import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { FileWriterLayout } from '../../../lib/io/file/file-writer-layout.js'
import { type ClaimedHeader, headerTooLarge } from '../../../lib/io/pipeline/header-claim.js'
import { AtomicFile } from '../../../lib/io/file/atomic-file.js'

const MEDIA = randomBytes(5000)
const ROOM = { headerHoldSize: 1000, headerReserve: 256 }

/** A header of `size` ones, with a padding of zeros if at least 8 are requested. */
function head(size: number): ClaimedHeader {
  return {
    bytes(length = size) {
      if (length < size || (length > size && length < size + 8)) throw headerTooLarge('head', size, length)
      return Buffer.concat([Buffer.alloc(size, 1), Buffer.alloc(length - size)])
    },
    release: () => undefined,
  }
}

/** The file’s contents after writing `media` in chunks of `size`. */
async function written(t: Test, media: Buffer, size: number, claimed?: ClaimedHeader): Promise<Buffer> {
  const path = join(t.testdir({}), 'a')
  const file = await AtomicFile.create({ path, overwrite: true, mode: 0o666 })
  try {
    const layout = new FileWriterLayout(file, claimed, ROOM)
    for (let from = 0; from < media.length; from += size)
      await layout.write([media.subarray(from, from + size)])
    const bytes = await layout.finish()
    await file.close()
    await file.commit(true)
    const stored = await readFile(path)
    t.equal(bytes, stored.length)
    return stored
  } catch (error) {
    await file.discard()
    throw error
  }
}

t.test('writes bytes in order without a deferred header', async t => {
  for (const size of [0, 1, 1000, 5000]) {
    const media = MEDIA.subarray(0, size)
    t.equal(Buffer.compare(await written(t, media, 300), media), 0, `${size} bytes`)
  }
})

t.test('writes data that fits into memory after its header, without padding', async t => {
  for (const size of [0, 1, 999, 1000]) {
    const media = MEDIA.subarray(0, size)
    const stored = await written(t, media, 300, head(100))
    t.equal(Buffer.compare(stored, Buffer.concat([Buffer.alloc(100, 1), media])), 0, `${size} bytes`)
  }
})

t.test('puts more data after a padded reserve, or directly after the header', async t => {
  for (const media of [MEDIA.subarray(0, 1001), MEDIA]) {
    for (const size of [1, 100, 247, 248, 249, 255, 256, 257, 263, 264, 1000, 9000]) {
      for (const chunk of [7, 1000, 5000]) {
        const stored = await written(t, media, chunk, head(size))
        const length = size <= 248 ? 256 : size
        const expected = Buffer.concat([head(size).bytes(length), media])
        t.equal(Buffer.compare(stored, expected), 0, `a header of ${size} bytes, chunks of ${chunk}`)
      }
    }
  }
})

t.test('passes other header errors on', async t => {
  const broken: ClaimedHeader = {
    bytes: () => {
      throw new RangeError('no')
    },
    release: () => undefined,
  }
  await t.rejects(written(t, MEDIA, 1000, broken), new RangeError('no'))
})
