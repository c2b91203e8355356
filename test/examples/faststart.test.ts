import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../examples/faststart.js'
import { avi, indexLastMp4, packetsOf } from '../support/media.js'

const boxes = (file: Buffer) => {
  const types: string[] = []
  for (let at = 0; at < file.length; at += file.readUInt32BE(at))
    types.push(file.toString('latin1', at + 4, at + 8))
  return types
}

t.test('turns an AVI into an ordinary MP4 with its index first', async t => {
  const folder = t.testdir()
  const [from, to] = [join(folder, 'in.avi'), join(folder, 'out.mp4')]
  await writeFile(from, await avi())
  const { bytes } = await main([from, to])
  const file = await readFile(to)
  t.equal(file.length, bytes)
  t.same(boxes(file), ['ftyp', 'moov', 'mdat'])
})

t.test('copies the packets of the source', async t => {
  const folder = t.testdir()
  const [from, to] = [join(folder, 'in.mp4'), join(folder, 'out.mp4')]
  const source = await indexLastMp4({ seconds: 2 })
  await writeFile(from, source)
  await main([from, to, '--copy'])
  const hashes = async (file: Buffer) => (await packetsOf(file)).map(({ data_hash }) => data_hash).sort()
  t.same(await hashes(await readFile(to)), await hashes(source))
})

t.test('prints the usage for too few arguments', async t => {
  await t.rejects(main(['in.mp4']), { message: /^Usage/ })
})
