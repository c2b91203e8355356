import t from 'tap'
import { limitMemory } from '../../../lib/cli/arguments/memory-budget.js'
import { memoryUse, setMemoryBudget } from '../../../lib/io/memory/memory-budget.js'
import { GiB, MiB } from '../../../lib/options.js'

t.teardown(() => setMemoryBudget(Infinity))

t.test('sets the budget of the process, and leaves it alone without the option', async t => {
  limitMemory({})
  t.equal(memoryUse().budget, Infinity)
  limitMemory({ 'memory-budget': '24MiB' })
  t.equal(memoryUse().budget, 24 * MiB, 'the smallest')
  limitMemory({ 'memory-budget': '2GiB' })
  t.equal(memoryUse().budget, 2 * GiB)
  limitMemory({})
  t.equal(memoryUse().budget, 2 * GiB)
})

t.test('refuses what is no budget in the words of the command', async t => {
  const { budget } = memoryUse()
  for (const word of ['23MiB', '1000000GiB', 'much'])
    t.throws(() => limitMemory({ 'memory-budget': word }), { code: 'AVIO_ERR_OPTION' }, word)
  t.throws(() => limitMemory({ 'memory-budget': '23MiB' }), {
    option: '--memory-budget',
    message: /at least 24MiB/,
  })
  t.equal(memoryUse().budget, budget)
})
