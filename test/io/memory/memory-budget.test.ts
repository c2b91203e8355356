import t from 'tap'
import {
  MemoryLedger,
  MemoryShare,
  memoryUse,
  openShare,
  setMemoryBudget,
} from '../../../lib/io/memory/memory-budget.js'
import { GiB, MiB } from '../../../lib/options.js'
import { avioWarnings } from '../../support/avio-warnings.js'

const reader = { min: MiB, max: 48 * MiB }
const writer = { min: 8 * MiB, max: 40 * MiB }
const nothing = () => undefined

/** A ledger with a budget, and what opens shares of it. */
function ledgerOf(budget: number) {
  const ledger = new MemoryLedger()
  ledger.setBudget(budget)
  const open = (claim: { min: number; max: number }, shrink: () => unknown = nothing) =>
    new MemoryShare(ledger, claim, () => void shrink())
  return { ledger, open }
}

t.test('limits nobody without a budget, and counts all the same', t => {
  const { ledger, open } = ledgerOf(Infinity)
  const share = open(reader)
  t.equal(share.limit, Infinity)
  share.hold(1000 * GiB)
  t.same(ledger.use, { budget: Infinity, held: 1000 * GiB, stages: 1 })
  share.close()
  t.same(ledger.use, { budget: Infinity, held: 0, stages: 0 })
  t.end()
})

t.test('gives each stage its fair share, and keeps room for a newcomer', t => {
  const { open } = ledgerOf(128 * MiB)
  const one = open(reader)
  t.equal(one.limit, 48 * MiB, 'all that its options allow')
  const two = open(writer)
  t.equal(two.limit, 40 * MiB)
  const three = open(reader)
  t.same([one.limit, two.limit, three.limit], [40 * MiB, 40 * MiB, 40 * MiB], '120 MiB by three')
  const four = open(reader)
  t.same([one.limit, two.limit, four.limit], [30 * MiB, 30 * MiB, 30 * MiB], '120 MiB by four')
  four.close()
  three.close()
  two.close()
  t.equal(one.limit, 48 * MiB)
  t.end()
})

t.test('lets a late one grow as the others shrink, and never exceeds the budget meanwhile', t => {
  const { ledger, open } = ledgerOf(64 * MiB)
  const early = open({ min: MiB, max: 64 * MiB })
  early.hold(early.limit)
  t.equal(early.held, 56 * MiB)
  const late = open(writer)
  t.equal(late.limit, 8 * MiB, 'its minimum at once')
  late.hold(late.limit)
  t.equal(ledger.use.held, 64 * MiB)
  t.ok(early.limit < early.held, 'the early one takes no more')
  // Each byte that the early one delivers is free for the late one, up to the fair share of both.
  for (let held = 55; held >= 1; held--) {
    early.hold(held * MiB)
    late.hold(Math.max(late.held, late.limit))
    t.ok(
      ledger.use.held <= (held <= 48 ? 56 : 64) * MiB,
      'with room for another newcomer as soon as there is',
    )
  }
  t.equal(late.held, 28 * MiB)
  t.equal(early.limit, 28 * MiB)
  t.end()
})

t.test('reserves the minimum of a stage that has not used it yet', t => {
  const { open } = ledgerOf(64 * MiB)
  const early = open({ min: MiB, max: 64 * MiB })
  const idle = open({ min: 20 * MiB, max: 20 * MiB })
  t.equal(early.limit, (64 - 16 - 20) * MiB, 'and a quarter of the budget for the newcomer')
  early.hold(30 * MiB)
  const third = open({ min: MiB, max: 64 * MiB })
  t.equal(third.limit, MiB, 'what is not held is not free either')
  third.close()
  t.equal(idle.limit, 20 * MiB)
  t.end()
})

t.test('always gives the minimum, and warns once if the minima exceed the budget', async t => {
  const warnings = avioWarnings(t)
  const { ledger, open } = ledgerOf(64 * MiB)
  const shares = Array.from({ length: 10 }, () => open(writer))
  for (const share of shares.slice(0, 8)) share.hold(share.limit)
  t.same(await warnings(), [], 'the budget to the byte')
  for (const share of shares) share.hold(share.limit)
  t.equal(ledger.use.held, 80 * MiB)
  const message =
    `10 readers, writers and caches hold ${72 * MiB} bytes, and the memory budget is ${64 * MiB}: each of them takes its ` +
    `minimum, ${80 * MiB} bytes in all. Raise setMemoryBudget(), lower "partSize", or run fewer at once.`
  const heard = await warnings()
  t.match(heard, [{ name: 'AvioWarning', code: 'AVIO_WARN_MEMORY_BUDGET' }])
  t.equal(heard[0]?.message, message)
  for (const share of shares) share.hold(0)
  for (const share of shares) share.hold(share.limit)
  t.same(await warnings(), [], 'only once')
  ledger.setBudget(70 * MiB)
  t.match(await warnings(), [{ code: 'AVIO_WARN_MEMORY_BUDGET' }], 'and again for another budget')
})

t.test('does not warn of what was held before the budget, and is given back', async t => {
  const warnings = avioWarnings(t)
  const { ledger, open } = ledgerOf(Infinity)
  const early = open(reader)
  early.hold(48 * MiB)
  ledger.setBudget(32 * MiB)
  for (let held = 47; held >= 24; held--) early.hold(held * MiB)
  t.same(await warnings(), [])
  const late = open(writer)
  late.hold(late.limit)
  t.same(await warnings(), [], 'nor of one that begins then')
  early.hold(25 * MiB)
  t.match(await warnings(), [{ code: 'AVIO_WARN_MEMORY_BUDGET' }])
})

t.test('tells stages to drop what they only keep, whenever shares are divided anew', t => {
  const { ledger, open } = ledgerOf(64 * MiB)
  let calls = 0
  const share = open(writer, () => calls++)
  const before = calls
  const other = open(reader)
  t.equal(calls, before + 1)
  other.reclaim(reader)
  t.equal(calls, before + 1, 'the same claim changes nothing')
  other.reclaim({ min: 8 * MiB, max: 48 * MiB })
  t.equal(calls, before + 2)
  other.close()
  ledger.setBudget(32 * MiB)
  t.equal(calls, before + 4)
  share.close()
  t.end()
})

t.test('a claim that grows reserves more, and a closed share counts no more', t => {
  const { ledger, open } = ledgerOf(128 * MiB)
  const one = open({ min: MiB, max: 128 * MiB })
  const two = open(writer)
  two.reclaim({ min: 64 * MiB, max: 128 * MiB })
  t.equal(one.limit, (128 - 32 - 64) * MiB)
  two.close()
  two.close()
  two.hold(5)
  two.reclaim(writer)
  t.same(ledger.use, { budget: 128 * MiB, held: 0, stages: 1 })
  t.equal(one.limit, (128 - 8) * MiB)
  t.end()
})

t.test('the budget of the process can be set, changed and removed', t => {
  t.teardown(() => setMemoryBudget(Infinity))
  t.same(memoryUse(), { budget: Infinity, held: 0, stages: 0 })
  setMemoryBudget(24 * MiB)
  const share = openShare(reader)
  t.equal(share.limit, 18 * MiB)
  share.hold(MiB)
  t.same(memoryUse(), { budget: 24 * MiB, held: MiB, stages: 1 })
  setMemoryBudget(GiB)
  t.equal(share.limit, 48 * MiB)
  setMemoryBudget(Infinity)
  t.equal(share.limit, Infinity)
  share.close()
  t.same(memoryUse(), { budget: Infinity, held: 0, stages: 0 })
  t.end()
})

t.test('rejects a budget that is no number of bytes, or too small for one pipeline', t => {
  for (const bytes of [0, 24 * MiB - 1, 1.5e9 + 0.5, '1 GiB', null, NaN, -Infinity]) {
    t.throws(() => setMemoryBudget(bytes as number), {
      code: 'AVIO_ERR_OPTION',
      option: 'memoryBudget',
      message: /^Option "memoryBudget" must be an integer from 25165824 to \d+ bytes, or Infinity, got /,
    })
  }
  t.equal(memoryUse().budget, Infinity)
  t.end()
})
