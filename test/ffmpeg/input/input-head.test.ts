import t from 'tap'
import { InputHead, type InputHeadRules } from '../../../lib/ffmpeg/input/input-head.js'
import { box } from '../../support/fmp4.js'

/** Feeds bytes as a stage does; returns how many are held once that is enough, or why it never is. */
function heldOf(
  bytes: Buffer,
  step: number,
  rules: Partial<InputHeadRules> = {},
): number | 'refused' | 'all' {
  const head = new InputHead({ window: 1000, sniff: true, wanted: () => 0, ...rules })
  for (let at = 0; at < bytes.length; at += step) {
    const chunk = bytes.subarray(at, at + step)
    if (!head.look(chunk)) return 'refused'
    head.hold(chunk)
    if (!head.isEnough()) continue
    const { length } = head
    t.same(head.bytes(), bytes.subarray(0, length))
    t.same(head.release(), bytes.subarray(0, length))
    t.equal(head.length, 0)
    return length
  }
  return 'all'
}

const ftyp = box('ftyp', Buffer.alloc(16))
const media = Buffer.alloc(5000)

t.test('holds no more than necessary to recognize the container', async t => {
  t.equal(heldOf(Buffer.from('some other container'), 1), 8)
  t.equal(heldOf(Buffer.concat([ftyp, box('moov', media)]), 1), 32)
  t.equal(heldOf(Buffer.concat([ftyp, box('moov', media)]), 3000), 3000, 'a chunk is not cut')
  t.equal(heldOf(Buffer.concat([ftyp, box('mdat', media)]), 1), 'refused')
})

t.test('holds an undecided input up to the window', async t => {
  t.equal(heldOf(Buffer.concat([ftyp, box('free', media), box('moov')]), 7), 1001)
  t.equal(heldOf(Buffer.concat([ftyp, box('free', media)]), 7, { window: 0 }), 7)
  t.equal(heldOf(ftyp, 1), 'all')
})

t.test('does not examine a raw input', async t => {
  t.equal(heldOf(Buffer.concat([ftyp, box('mdat', media)]), 1, { sniff: false }), 1)
})

t.test('holds more on request, and asks again as the head grows', async t => {
  const lengths: number[] = []
  const wanted = (head: Buffer) => {
    lengths.push(head.length)
    return head.length < 100 ? 100 : 250
  }
  t.equal(heldOf(Buffer.alloc(1000, 'x'), 10, { wanted }), 250)
  t.same(lengths, [10, 100, 250], 'no more often than necessary')
})

t.test('continues to examine the input after releasing the head', async t => {
  const head = new InputHead({ window: 100, sniff: true, wanted: () => 0 })
  const late = Buffer.concat([ftyp, box('uuid', media), box('mdat', media)])
  t.equal(head.look(late.subarray(0, 200)), true)
  head.hold(late.subarray(0, 200))
  t.equal(head.isEnough(), true)
  head.release()
  t.equal(head.look(late.subarray(200, 5000)), true)
  t.equal(head.look(late.subarray(5000, 6000)), false)
  t.match(head.mdat, { offset: 24 + 5008, size: 5008 })
})
