import { mock } from 'node:test'
import t from 'tap'
import { DescriptorWatch } from '../../../lib/io/descriptors/descriptor-watch.js'

const used = Object.assign(new Error('open EMFILE'), { code: 'EMFILE' })

/** A watch on a mocked clock, which `tick()` advances. */
function watched() {
  mock.timers.enable({ apis: ['setInterval'] })
  const state = { progress: 0, isUsedUp: true, errors: [] as Error[], looks: 0 }
  const watch = new DescriptorWatch({
    progress: () => state.progress,
    onExhausted: error => state.errors.push(error),
    look: () => {
      state.looks++
      if (state.isUsedUp) throw used
    },
  })
  const tick = async (count: number) => {
    for (let n = 0; n < count; n++) {
      mock.timers.tick(500)
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  return { state, watch, tick }
}

t.afterEach(() => mock.timers.reset())

t.test('reports once after 10 s without a free descriptor', async t => {
  const { state, tick } = watched()
  await tick(19)
  t.same(state.errors, [])
  await tick(10)
  t.match(state.errors, [{ code: 'AVIO_ERR_DESCRIPTORS', cause: used }])
  t.equal(state.errors.length, 1)
})

t.test('starts over after a free descriptor or progress', async t => {
  const { state, watch, tick } = watched()
  await tick(19)
  state.isUsedUp = false
  await tick(1)
  state.isUsedUp = true
  await tick(19)
  state.progress++
  await tick(19)
  t.same(state.errors, [])
  watch.stop()
})

t.test('checks no more after stop()', async t => {
  const { state, watch, tick } = watched()
  await tick(5)
  watch.stop()
  await tick(50)
  t.equal(state.looks, 5)
  t.same(state.errors, [])
})

t.test('reports nothing while descriptors are free', async t => {
  mock.timers.enable({ apis: ['setInterval'] })
  const errors: Error[] = []
  const watch = new DescriptorWatch({ progress: () => 0, onExhausted: error => errors.push(error) })
  for (let n = 0; n < 25; n++) {
    mock.timers.tick(500)
    await new Promise(resolve => setImmediate(resolve))
  }
  watch.stop()
  t.same(errors, [])
})
