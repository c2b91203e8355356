import t from 'tap'
import { chunk, missing } from '../../support/cut.js'

const form = (kind: string, ...chunks: Buffer[]) =>
  Buffer.concat([Buffer.from(`FORM\0\0\0\0${kind}`, 'latin1'), ...chunks])
const COMM = chunk('COMM', Buffer.alloc(18), 18, 'be')

t.test('counts the audio, and ignores an invalid size', async t => {
  const sound = chunk('SSND', Buffer.alloc(500), 500, 'be')
  for (const kind of ['AIFF', 'AIFC']) {
    t.equal(await missing(form(kind, COMM, sound)), undefined)
    t.equal(
      await missing(form(kind, sound, COMM).subarray(0, -5)),
      undefined,
      'a truncated chunk after the audio',
    )
    t.match(await missing(form(kind, COMM, sound).subarray(0, -5)), /AIFF: its chunk "SSND"/)
    for (const size of [0, 0x7fff0000, 0xffffffff]) {
      t.equal(await missing(form(kind, COMM, chunk('SSND', Buffer.alloc(500), size, 'be'))), undefined)
    }
  }
})
