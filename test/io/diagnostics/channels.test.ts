import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import t from 'tap'
import * as channels from '../../../lib/io/diagnostics/channels.js'
import { CHANNELS } from '../../support/diagnostics.js'

t.test('has the documented names, one channel for each', async t => {
  const names = CHANNELS.map(name => channel(`avio-streams:${name}`))
  t.strictSame(new Set(Object.values(channels)), new Set(names))
})

t.test('sees a subscriber that comes later', async t => {
  const { REQUESTS } = channels
  t.equal(REQUESTS.hasSubscribers, false)
  const take = () => undefined
  subscribe('avio-streams:request', take)
  t.equal(REQUESTS.hasSubscribers, true)
  unsubscribe('avio-streams:request', take)
  t.equal(REQUESTS.hasSubscribers, false)
})
