import t from 'tap'
import { type StepContext, withinTimeout } from '../../../lib/engines/steps/step-context.js'
import { sleep } from '../../../lib/io/async/sleep.js'

function contextOf(signal: AbortSignal): StepContext {
  return {
    ...{
      client: undefined,
      allow: undefined,
      trust: undefined,
      ffmpegPath: undefined,
      ffprobePath: undefined,
    },
    ...{ env: undefined, signal },
  }
}
const forever = ({ signal }: StepContext) => sleep(2 ** 30, signal)

t.test('stops a step after the time that its job allows', async t => {
  const { signal } = new AbortController()
  await t.rejects(withinTimeout(contextOf(signal), 1, forever), {
    code: 'AVIO_ERR_LIMIT_TIMEOUT',
    message: /took longer than 1 ms/,
  })
  t.equal(await withinTimeout(contextOf(signal), 60_000, async () => 7), 7)
  await t.rejects(
    withinTimeout(contextOf(signal), 60_000, () => Promise.reject(new Error('its own'))),
    { message: 'its own' },
  )
})

t.test('leaves a step that was stopped for another reason its reason', async t => {
  const over = new AbortController()
  const waits = withinTimeout(contextOf(over.signal), 60_000, forever)
  over.abort(new Error('another'))
  await t.rejects(waits, { name: 'AbortError' })
  t.equal(await withinTimeout(contextOf(over.signal), undefined, async ({ signal }) => signal.aborted), true)
})
