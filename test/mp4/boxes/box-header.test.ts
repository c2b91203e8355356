import t from 'tap'
import { Mp4Error } from '../../../lib/errors.js'
import {
  checkBoxSize,
  fourCC,
  headerLength,
  isBoxType,
  mp4Error,
  pathStep,
  statedSize,
  uint32,
} from '../../../lib/mp4/boxes/box-header.js'
import { box, endlessBox, longBox } from '../../support/fmp4.js'

t.test('takes 8 bytes, 16 with a 64-bit size, and 16 more for a uuid', async t => {
  t.equal(headerLength(box('free'), 0), 8)
  t.equal(headerLength(longBox('mdat'), 0), 16)
  t.equal(headerLength(box('uuid', Buffer.alloc(16)), 0), 24)
  t.equal(headerLength(longBox('uuid', Buffer.alloc(16)), 0), 32)
})

t.test('reads a size from 32 or 64 bits; 0 means to the end of the file', async t => {
  t.equal(statedSize(box('mdat', Buffer.alloc(5)), 0), 13)
  t.equal(statedSize(longBox('mdat', Buffer.alloc(5)), 0), 21)
  t.equal(statedSize(endlessBox('mdat'), 0), Infinity)
  t.equal(statedSize(Buffer.from('000000016d64617400000005ffffffff', 'hex'), 0), 5 * 2 ** 32 + 2 ** 32 - 1)
})

t.test('reads unsigned numbers, and types with one character per byte', async t => {
  t.equal(uint32(Buffer.from('ffffffff', 'hex'), 0), 2 ** 32 - 1)
  t.equal(fourCC(Buffer.from('xa9nam', 'latin1'), 1), 'a9na')
  t.equal(fourCC(Buffer.from([0xa9, 0x6e, 0x61, 0x6d]), 0), '\u00a9nam')
})

t.test('requires a type to be printable, or to start with the copyright sign', async t => {
  for (const type of ['moof', 'url ', '\u00a9nam', '----']) t.ok(isBoxType(type), type)
  for (const type of ['\0\0\0\0', 'mo\nf', 'abc\u00ff', 'abc', 'abcde']) t.notOk(isBoxType(type), type)
})

t.test('numbers repeated boxes in a path, and single ones only once they repeat', async t => {
  t.equal(pathStep('moof', 0), 'moof[0]')
  t.equal(pathStep('moov', 0), 'moov')
  t.equal(pathStep('moov', 1), 'moov[1]')
})

t.test('has the position in the message and the fields of an error', async t => {
  const error = mp4Error('AVIO_ERR_MP4_BOX_SIZE', { path: 'moof[3]/traf[0]', offset: 99 }, 'no', 2)
  t.ok(error instanceof Mp4Error)
  t.match(error, { code: 'AVIO_ERR_MP4_BOX_SIZE', boxPath: 'moof[3]/traf[0]', byteOffset: 99, trackId: 2 })
  t.equal(error.message, 'moof[3]/traf[0] at byte 99 (track 2): no')
  t.notOk('trackId' in mp4Error('AVIO_ERR_MP4_BOX_SIZE', { path: 'free[0]', offset: 0 }, 'no'))
})

t.test('rejects a size that no box can have', async t => {
  const place = { path: 'moov', offset: 100 }
  for (const [size, headerSize] of [
    [8, 8],
    [16, 16],
    [Infinity, 8],
    [2 ** 40, 32],
    [Number.MAX_SAFE_INTEGER - 100, 16],
  ] as const) {
    t.doesNotThrow(() => checkBoxSize(size, headerSize, place), `${size}`)
  }
  for (const [size, headerSize, message] of [
    [7, 8, /less than its header of 8 bytes/],
    [15, 16, /less than its header of 16 bytes/],
    [2 ** 60, 16, /more than any file has/],
    [Number.MAX_SAFE_INTEGER - 99, 16, /more than any file has/],
  ] as const) {
    t.throws(() => checkBoxSize(size, headerSize, place), {
      code: 'AVIO_ERR_MP4_BOX_SIZE',
      byteOffset: 100,
      message,
    })
  }
})
