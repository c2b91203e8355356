import t from 'tap'
import { fairShares } from '../../../lib/io/memory/fair-shares.js'

const [reader, writer] = [
  { min: 1, max: 48 },
  { min: 8, max: 40 },
]

t.test('divides a budget equally between the claims that can use it', t => {
  for (const [name, budget, claims, shares] of [
    ['nobody', 100, [], []],
    ['a single one gets all of it', 30, [reader], [30]],
    ['and no more than it can use', 100, [reader], [48]],
    ['two that both want more', 40, [reader, writer], [20, 20]],
    ['what one cannot use goes to the other', 86, [reader, writer], [46, 40]],
    ['enough for all', 88, [reader, writer], [48, 40]],
    ['more than enough', 1000, [reader, writer], [48, 40]],
    ['a minimum above the equal share', 12, [reader, writer], [4, 8]],
    ['minima that take all', 9, [reader, writer], [1, 8]],
    ['minima that exceed the budget', 5, [reader, writer], [1, 8]],
    ['no budget', 0, [reader, writer], [1, 8]],
    ['less than nothing', -5, [reader, writer], [1, 8]],
    ['remainders stay free', 50, [reader, reader, reader], [16, 16, 16]],
    ['a small claim leaves its rest to two others', 31, [{ min: 1, max: 1 }, reader, writer], [1, 15, 15]],
    ['a large minimum takes from two others', 100, [{ min: 64, max: 320 }, reader, writer], [64, 18, 18]],
    [
      'claims of one size',
      64,
      [
        { min: 8, max: 8 },
        { min: 8, max: 8 },
      ],
      [8, 8],
    ],
    ['nothing claimed', 10, [{ min: 0, max: 0 }, reader], [0, 10]],
  ] as const) {
    t.same(fairShares(budget, claims), shares, name)
  }
  t.end()
})

t.test('wastes nothing, exceeds nothing, and favours nobody', t => {
  for (let budget = 0; budget <= 400; budget++) {
    for (const count of [1, 2, 3, 5]) {
      const claims = Array.from({ length: count }, (_, n) => ({
        min: 1 + 3 * n,
        max: 20 + 20 * ((n * 3) % count),
      }))
      const shares = fairShares(budget, claims)
      const sum = shares.reduce((a, b) => a + b, 0)
      const minima = claims.reduce((a, { min }) => a + min, 0)
      const maxima = claims.reduce((a, { max }) => a + max, 0)
      const isWithin = sum <= Math.max(budget, minima)
      const isUsed = sum > Math.min(budget, maxima) - count
      // Whoever has less than another has all it can use, or the other has only its minimum.
      const isFair = shares.every((share, a) =>
        shares.every((other, b) => share >= other || share === claims[a]!.max || other === claims[b]!.min),
      )
      if (!isWithin || !isUsed || !isFair) t.fail(`${budget} for ${JSON.stringify(claims)}: ${shares.join()}`)
    }
  }
  t.end()
})
