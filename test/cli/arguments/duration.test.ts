import t from 'tap'
import { durationOption } from '../../../lib/cli/arguments/duration.js'

t.test('reads seconds, minutes, hours and days', async t => {
  const spans = { '90s': 90_000, '30m': 1_800_000, '24h': 86_400_000, '7d': 604_800_000, '0s': 0 }
  for (const [word, milliseconds] of Object.entries(spans))
    t.equal(durationOption(word, '--older-than'), milliseconds, word)
})

t.test('refuses a number without a unit, and anything else', async t => {
  for (const word of ['', '7', 'd', '1.5h', '-1d', '1 d', '1w', '9999999d'])
    t.throws(() => durationOption(word, '--older-than'), {
      option: '--older-than',
      message: /such as 90s, 30m/,
    })
})
