import t from 'tap'
import { missing } from '../../support/cut.js'

function page(flags: number, bodies: readonly number[]): Buffer {
  const header = Buffer.alloc(27 + bodies.length)
  header.write('OggS', 'latin1')
  header[5] = flags
  header[26] = bodies.length
  for (const [n, length] of bodies.entries()) header[27 + n] = length
  return Buffer.concat([
    header,
    Buffer.alloc(
      bodies.reduce((sum, length) => sum + length, 0),
      7,
    ),
  ])
}

const [first, middle, last] = [page(2, [30]), page(0, [255, 255, 10]), page(4, [100])]

t.test('finds a page cut at any byte', async t => {
  const whole = Buffer.concat([first, middle, last])
  for (let length = 1; length < whole.length; length++) {
    const isBorder = [first.length, first.length + middle.length].includes(length)
    const found = length < 16 ? undefined : await missing(whole.subarray(0, length))
    if (length >= 16 && (found === undefined) !== isBorder) t.fail(`cut at ${length}: ${found}`)
  }
  t.equal(await missing(whole), undefined)
})

t.test('needs no last page, and continues after one', async t => {
  t.equal(await missing(Buffer.concat([first, middle])), undefined)
  t.equal(await missing(Buffer.concat([first, last, first, middle])), undefined)
  t.match(
    await missing(Buffer.concat([first, last, first, middle]).subarray(0, -1)),
    /Ogg: its last page states/,
  )
  t.equal(await missing(Buffer.concat([first, last, Buffer.from('TAG and such')])), undefined)
  t.equal(await missing(Buffer.concat([first, last, Buffer.alloc(300_000)])), undefined)
})
